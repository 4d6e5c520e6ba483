// usage: other_layout DIRECTORY KEY NUMBER: what a process with another layout of the live index does with a directory that others have
// attached. Inserts artifact_of(KEY, NUMBER).
#include <zccache/artifact_store.hpp>

#include <string>

#include "support.hpp"

int main(int /*argc*/, char** argv) {
  auto store = zccache::ArtifactStore::open(argv[1], zccache::test::manual_flush());
  if (!store) return 3;
  const std::string key = argv[2];
  return store->insert(key, zccache::test::artifact_of(key, std::stoull(argv[3]))) ? 0 : 4;
}
