/* The artifact index of a compiler cache for C, and for every language that can call C. Start here.
 *
 *     zccache_store *store;
 *     zccache_entry *hit;
 *     if (zccache_open(NULL, NULL, &store) != ZCCACHE_OK) return complain(zccache_last_message());
 *     if (zccache_find(store, key, &hit) == ZCCACHE_OK && hit != NULL) serve(hit);
 *     zccache_entry_free(hit);
 *     zccache_close(store);
 *
 * Rules for all calls
 * - A call returns a zccache_status. ZCCACHE_OK is 0. What a call hands out it writes through its last pointer, and on failure it writes NULL
 * or 0 there. Absence is no error: it is NULL or 0 with ZCCACHE_OK. NULL for a handle, a key or a place for the answer is
 *   ZCCACHE_INVALID_ARGUMENT.
 * - Handles are opaque. What `_new`, `_open` or `_find` handed out, its `_free` or `_close` takes back; both take NULL.
 * - Strings that go in are copied, and end in a zero byte. Bytes that come out stay where they are until the handle they came from goes.
 * - A store may be used by several threads at once, an entry read by several. A zccache_artifact or zccache_options belongs to one thread at a
 *   time. A thread must not be cancelled inside a call.
 * - No C++ exception, and no exit or abort, comes out of a call. Nothing is printed.
 *
 * Stable: a program built against one release of libzccache.so.1 runs with every later one. Calls and constants are added, never changed.
 * C++ has <zccache/artifact_store.hpp>, which says more about what the index guarantees. */
#ifndef ZCCACHE_ZCCACHE_H
#define ZCCACHE_ZCCACHE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ZCCACHE_API __attribute__((visibility("default")))
#else
#define ZCCACHE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct zccache_options zccache_options;   /* how a store is opened */
typedef struct zccache_store zccache_store;       /* an open cache directory */
typedef struct zccache_entry zccache_entry;       /* an entry that was found */
typedef struct zccache_artifact zccache_artifact; /* an entry that is to be stored */

/* Bytes that lie elsewhere. They do not end in a zero byte; size 0 has data that must not be read. */
typedef struct zccache_bytes {
  const char* data;
  size_t size;
} zccache_bytes;

/* XXH3-128 of a payload. Both 0: not known. */
typedef struct zccache_digest {
  uint64_t low;
  uint64_t high;
} zccache_digest;

/* --- Status ------------------------------------------------------------------------------------------------------------------------------- */

typedef int32_t zccache_status;
enum {
  ZCCACHE_OK = 0,
  ZCCACHE_INVALID_KEY = 1,            /* empty, over 4096 bytes, or with a control byte or '/'; with payloads: not 2 to 200 hex digits */
  ZCCACHE_INVALID_ARTIFACT = 2,       /* an unusable output name, an output that is no regular file */
  ZCCACHE_RECORD_TOO_LARGE = 3,       /* an entry over 64 MiB */
  ZCCACHE_DIRECTORY_UNUSABLE = 4,     /* missing, not a directory, a symlink, or not writable */
  ZCCACHE_DIRECTORY_UNTRUSTED = 5,    /* owned by somebody else, or writable by group or others */
  ZCCACHE_UNSUPPORTED_FILESYSTEM = 6, /* a network or unknown file system */
  ZCCACHE_NO_SPACE = 7,               /* disk or quota full */
  ZCCACHE_LOCK_TIMEOUT = 8,           /* another process held the lock for longer than the time allowed */
  ZCCACHE_READ_ONLY = 9,              /* a change was asked of a store that was opened read-only */
  ZCCACHE_CORRUPT = 10,               /* a file that cannot be trusted and was asked for by name */
  ZCCACHE_VERSION_MISMATCH = 11,      /* a file of another format version */
  ZCCACHE_NOT_FOUND = 12,             /* a file that was asked for by name does not exist */
  ZCCACHE_IO = 13,                    /* any other failed system call */
  ZCCACHE_INVALID_ARGUMENT = 100,     /* NULL, an option or a number that there is not */
  ZCCACHE_OUT_OF_MEMORY = 101,
  ZCCACHE_INTERNAL = 102 /* a bug of the library, or an exception that came out of a callback */
};

/* A stable identifier, "no_space"; "unknown" for a number that is no status. Lives as long as the library. */
ZCCACHE_API const char* zccache_status_name(zccache_status status);

/* What the last call of this thread that did not return ZCCACHE_OK complained about: "<file, key or value>: <cause>; <cure>". Empty before the
 * first. Valid until this thread's next failure. */
ZCCACHE_API const char* zccache_last_message(void);

/* "0.2.0", of the library that runs. */
ZCCACHE_API const char* zccache_version(void);

/* --- Opening ------------------------------------------------------------------------------------------------------------------------------ */

typedef int32_t zccache_option;
enum {
  ZCCACHE_OPTION_READ_ONLY = 1,            /* not 0: map everything read-only, create and change nothing; default 0 */
  ZCCACHE_OPTION_LOCK_TIMEOUT_MS = 2,      /* longest wait of a change for another process's lock; default 2000 */
  ZCCACHE_OPTION_FLUSH_THREAD = 3,         /* not 0: a thread of the store writes snapshots. 0: the caller asks zccache_flush_if_due, as
                                              short-lived processes do; default 1 */
  ZCCACHE_OPTION_FLUSH_INTERVAL_MS = 4,    /* a snapshot is due this long after the last; default $ZCCACHE_FLUSH_SECS, else once at least a
                                              quarter of the index changed, after 5 s at the earliest and an hour at the latest */
  ZCCACHE_OPTION_FLUSH_CHANGES = 5,        /* ... and after this many changes; default $ZCCACHE_FLUSH_CHANGES, else any number */
  ZCCACHE_OPTION_ALLOW_ANY_FILESYSTEM = 6, /* not 0: network and unknown file systems too; default $ZCCACHE_ALLOW_ANY_FS, else 0 */
  ZCCACHE_OPTION_HANDLE_SIGBUS = 7         /* not 0: a process-wide handler of SIGBUS, which passes on what is not the library's, turns a full
                                              disk into ZCCACHE_NO_SPACE where a store into a mapped file meets it (btrfs; xfs, if the index
                                              was copied). 0: signals are left alone, and such a store ends the process; default 1 */
};

/* The defaults. */
ZCCACHE_API zccache_status zccache_options_new(zccache_options** options);
/* ZCCACHE_INVALID_ARGUMENT for an option that this version of the library does not have. */
ZCCACHE_API zccache_status zccache_options_set(zccache_options* options, zccache_option option, uint64_t value);
ZCCACHE_API void zccache_options_free(zccache_options* options);

/* Opens `directory`, making it (mode 0700) and an empty index where there is none. NULL is the default directory: $ZCCACHE_DIR, else
 * $XDG_CACHE_HOME/zccache-artifact, else ~/.cache/zccache-artifact. `options` may be NULL and may be freed afterwards. An index that cannot
 * be trusted (after a reboot, a copy, damage) is rebuilt from what can be saved. About ten system calls when there is nothing to rebuild. */
ZCCACHE_API zccache_status zccache_open(const char* directory, const zccache_options* options, zccache_store** store);

/* Entries that are still held stay valid, and keep the store open until the last of them is freed. Where the store has a flush thread, a last
 * snapshot is written if a quarter of the index changed, or if the store was open for a minute. */
ZCCACHE_API void zccache_close(zccache_store* store);

/* Valid as long as the store. NULL for NULL. */
ZCCACHE_API const char* zccache_directory(const zccache_store* store);

/* --- Looking up --------------------------------------------------------------------------------------------------------------------------- */

/* The entry, or NULL where there is none. Takes no lock and makes no system call but, at times, one for memory. An unusable key is absent. */
ZCCACHE_API zccache_status zccache_find(const zccache_store* store, const char* key, zccache_entry** entry);
ZCCACHE_API void zccache_entry_free(zccache_entry* entry);

/* Of an entry that is not NULL; 0 or empty for NULL, and for an output that there is not (i >= zccache_entry_output_count). None of these
 * allocates or makes a system call. Bytes are valid as long as the entry, whatever happens to the index meanwhile. */
ZCCACHE_API zccache_bytes zccache_entry_key(const zccache_entry* entry);
ZCCACHE_API uint64_t zccache_entry_total_size(const zccache_entry* entry);     /* bytes */
ZCCACHE_API uint64_t zccache_entry_stored_at_secs(const zccache_entry* entry); /* Unix epoch */
ZCCACHE_API int32_t zccache_entry_exit_code(const zccache_entry* entry);
ZCCACHE_API zccache_bytes zccache_entry_stdout(const zccache_entry* entry);
ZCCACHE_API zccache_bytes zccache_entry_stderr(const zccache_entry* entry);
ZCCACHE_API size_t zccache_entry_output_count(const zccache_entry* entry);
ZCCACHE_API zccache_bytes zccache_entry_output_name(const zccache_entry* entry, size_t i);
ZCCACHE_API uint64_t zccache_entry_output_size(const zccache_entry* entry, size_t i); /* bytes */
ZCCACHE_API uint32_t zccache_entry_output_mode(const zccache_entry* entry, size_t i); /* permission bits, 0: not known */
ZCCACHE_API zccache_digest zccache_entry_output_digest(const zccache_entry* entry, size_t i);

/* Called for an entry; the entry is valid during the call and must not be freed. 0 ends the walk. */
typedef int (*zccache_visitor)(const zccache_entry* entry, void* user);

/* Visits every entry, in no order, without copies. Entries that change meanwhile appear in their old or new state. */
ZCCACHE_API zccache_status zccache_for_each(const zccache_store* store, zccache_visitor visit, void* user);

/* How many entries there are. */
ZCCACHE_API zccache_status zccache_size(const zccache_store* store, uint64_t* entries);

/* --- Storing ------------------------------------------------------------------------------------------------------------------------------ */

/* Stored now, exit code 0, nothing else. */
ZCCACHE_API zccache_status zccache_artifact_new(zccache_artifact** artifact);
ZCCACHE_API void zccache_artifact_free(zccache_artifact* artifact);

/* Adds an output of `size` bytes: the first is number 0. Its size counts into the total. */
ZCCACHE_API zccache_status zccache_artifact_add_output(zccache_artifact* artifact, const char* name, uint64_t size);
/* What else is known of output `i`. For zccache_insert; zccache_put finds it out itself. */
ZCCACHE_API zccache_status zccache_artifact_describe_output(zccache_artifact* artifact, size_t i, uint32_t mode, zccache_digest digest);
/* Captured output of the compiler: any bytes. `data` may be NULL where `size` is 0. */
ZCCACHE_API zccache_status zccache_artifact_set_stdout(zccache_artifact* artifact, const void* data, size_t size);
ZCCACHE_API zccache_status zccache_artifact_set_stderr(zccache_artifact* artifact, const void* data, size_t size);
ZCCACHE_API zccache_status zccache_artifact_set_exit_code(zccache_artifact* artifact, int32_t exit_code);
/* Not used by zccache_put. */
ZCCACHE_API zccache_status zccache_artifact_set_stored_at_secs(zccache_artifact* artifact, uint64_t unix_time);

/* Adds or replaces the entry of `key`; the payloads are the caller's. On return every process finds it, and no kill takes it back. */
ZCCACHE_API zccache_status zccache_insert(zccache_store* store, const char* key, const zccache_artifact* artifact);

/* As zccache_insert, and copies the payloads into the cache: paths[i] is the file of output number i; `count` is how many outputs the artifact
 * has. Sizes, modes and digests are those of the files, the time is now. The key is hex digits. */
ZCCACHE_API zccache_status zccache_put(zccache_store* store, const char* key, const zccache_artifact* artifact, const char* const* paths,
                                       size_t count);

/* What zccache_restore found. */
enum {
  ZCCACHE_HIT = 1,    /* every destination is complete */
  ZCCACHE_MISS = 0,   /* the entry has not all of the wanted outputs; nothing was touched */
  ZCCACHE_DAMAGED = 2 /* a payload was missing or not what was stored: the entry was removed, no destination was changed */
};
/* Serves the outputs of these names to these paths. Each payload is checked by size and digest and written aside before the first
 * destination is replaced. `hard_link` not 0: share the bytes where the file system can; who changes the output in place then damages the
 * cache's copy. */
ZCCACHE_API zccache_status zccache_restore(zccache_store* store, const zccache_entry* entry, const char* const* names, const char* const* paths,
                                           size_t count, int hard_link, int* found);

/* Removes the entry, then its payloads. `existed` may be NULL. */
ZCCACHE_API zccache_status zccache_remove(zccache_store* store, const char* key, int* existed);

/* Removes every entry, and flushes; payload files stay. `removed` may be NULL. */
ZCCACHE_API zccache_status zccache_clear(zccache_store* store, uint64_t* removed);

/* --- Snapshot and statistics ----------------------------------------------------------------------------------------------------------------
 */

/* Writes the snapshot, which outlives a reboot, now and durably. */
ZCCACHE_API zccache_status zccache_flush(zccache_store* store);
/* ... if it is due and nobody else is at it. `flushed` may be NULL. */
ZCCACHE_API zccache_status zccache_flush_if_due(zccache_store* store, int* flushed);

/* Counts into the shared statistics; for whoever serves a hit. Lost silently on a read-only store. */
ZCCACHE_API void zccache_count_hits(zccache_store* store, uint64_t n);
ZCCACHE_API void zccache_count_misses(zccache_store* store, uint64_t n);

/* Each number is exact at some moment during the call. Members are added at the end, never moved. */
typedef struct zccache_stats {
  uint64_t entries;
  uint64_t live_bytes;    /* of the records that can be found */
  uint64_t garbage_bytes; /* of records that no lookup can reach; a renewal drops them */
  uint64_t segment_bytes; /* of the disk, for the live index file; 0 when the snapshot is searched in place */
  uint64_t generation;    /* how many live index files this directory has had */
  uint64_t renewals;
  uint64_t hits; /* this and the next four since the directory was made */
  uint64_t misses;
  uint64_t inserts;
  uint64_t removes;
  uint64_t evictions;
  uint64_t flushes_done;
  uint64_t flushes_failed;
  uint64_t last_flush_micros;  /* duration */
  uint64_t last_flush_at_secs; /* Unix epoch, 0: never */
  uint64_t snapshot_entries;
  uint64_t snapshot_bytes;
  uint64_t unflushed_changes;
} zccache_stats;

/* `size` is sizeof(zccache_stats) as the caller was compiled; members that the library does not know are 0. */
ZCCACHE_API zccache_status zccache_get_stats(const zccache_store* store, zccache_stats* stats, size_t size);

/* How compiles ended, by reason, as the launcher zccache-cc counts it. The name of counter 0, 1, 2, …: "hit_direct", as `zccache-index stats
 * --json` has it; NULL where there are no more. Later releases add names at the end. Lives as long as the library. */
ZCCACHE_API const char* zccache_counter_name(size_t number);
/* What was counted under this name since the directory was made, or its counters were last reset. ZCCACHE_INVALID_ARGUMENT for a name that
 * this version of the library does not have. */
ZCCACHE_API zccache_status zccache_get_counter(const zccache_store* store, const char* name, uint64_t* count);

/* --- Log ------------------------------------------------------------------------------------------------------------------------------------
 */

enum { ZCCACHE_LOG_DEBUG = 0, ZCCACHE_LOG_INFO = 1, ZCCACHE_LOG_WARNING = 2, ZCCACHE_LOG_ERROR = 3 };

/* Receives one line. May be called from any thread; must not call the library. The line is valid during the call. */
typedef void (*zccache_log_sink)(int level, const char* line, void* user);

/* Replaces the sink of this process, `user` included. NULL makes the library silent, as it is at first. */
ZCCACHE_API zccache_status zccache_set_log_sink(zccache_log_sink sink, void* user);

#ifdef __cplusplus
}
#endif

#endif
