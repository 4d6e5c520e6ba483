/* Stores a compile with its object file, finds it again and serves it.
 *
 *     cc -std=c11 main.c $(pkg-config --cflags --libs zccache) -o main && ./main */
#include <stdio.h>
#include <stdlib.h>
#include <zccache/zccache.h>

static void check(zccache_status status) {
  if (status == ZCCACHE_OK) return;
  fprintf(stderr, "%s: %s\n", zccache_status_name(status), zccache_last_message());
  exit(3);
}

static void store_object(zccache_store* store, const char* key, const char* object) {
  static const char kWarning[] = "foo.c:1: warning: something\n";
  zccache_artifact* artifact;
  check(zccache_artifact_new(&artifact));
  check(zccache_artifact_add_output(artifact, "foo.o", 0)); /* zccache_put finds the size out */
  check(zccache_artifact_set_stderr(artifact, kWarning, sizeof kWarning - 1));
  check(zccache_put(store, key, artifact, &object, 1));
  zccache_artifact_free(artifact);
}

static int serve(zccache_store* store, const char* key, const char* destination) {
  static const char* const kName = "foo.o";
  zccache_entry* entry;
  zccache_bytes said;
  int found;
  check(zccache_find(store, key, &entry));
  if (entry == NULL) return ZCCACHE_MISS;
  check(zccache_restore(store, entry, &kName, &destination, 1, 0, &found));
  said = zccache_entry_stderr(entry);
  printf("%zu output of %llu bytes; the compiler said: %.*s", zccache_entry_output_count(entry),
         (unsigned long long)zccache_entry_output_size(entry, 0), (int)said.size, said.data);
  zccache_entry_free(entry);
  return found;
}

int main(int argc, char** argv) {
  zccache_store* store;
  int found;
  if (argc != 4) {
    fprintf(stderr, "usage: %s CACHE OBJECT DESTINATION\n", argv[0]);
    return 2;
  }
  check(zccache_open(argv[1], NULL, &store));
  store_object(store, "8f3a0c", argv[2]);
  found = serve(store, "8f3a0c", argv[3]);
  zccache_close(store);
  return found == ZCCACHE_HIT ? 0 : 1;
}
