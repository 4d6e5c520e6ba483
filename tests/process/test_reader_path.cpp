// The reader's path: no lock, no system call, no allocation, no write to shared memory.
#include <zccache/artifact_store.hpp>

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/directory.hpp"
#include "base/lock_file.hpp"
#include "catch.hpp"
#include "process/children.hpp"
#include "process/counted_new.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

/// The lines of /proc/self/maps that name `file`.
std::vector<std::string> mappings_of(const std::filesystem::path& file) {
  std::vector<std::string> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(file.string())) found.push_back(line);
  }
  return found;
}

}  // namespace

TEST_CASE("find_makes_no_system_call_and_allocates_nothing") {
  const TempDir temp;
  {
    ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
    for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  }
  for (const OpenOptions& options : {manual_flush(), read_only()}) {
    Child reader([&] {
      const ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
      std::vector<std::string> keys;
      for (std::uint64_t i = 0; i < 1000; ++i) keys.push_back(key_of(i));
      const std::uint64_t before = allocations();
      // From here on the kernel kills this thread at any system call but read, write and exit.
      if (!kSanitized) ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
      bool found = true;
      for (const std::string& key : keys) found &= static_cast<bool>(store.find(key));
      found &= !store.find("absent");
      const long outcome = found && allocations() == before ? 0 : 1;
      if (kSanitized) return static_cast<int>(outcome);
      return static_cast<int>(::syscall(SYS_exit, outcome));  // of this thread, which is the only one
    });
    CHECK(reader.reap() == 0);
  }
}

TEST_CASE("find_takes_no_lock") {
  const TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  LockFile writer(CacheDirectory(temp.cache()).live(), LockByte::writer);
  LockFile flusher(CacheDirectory(temp.cache()).lock(), LockByte::flusher);
  const auto writing = writer.acquire(std::chrono::seconds(5));
  const auto flushing = flusher.acquire(std::chrono::seconds(5));
  REQUIRE(writing.has_value());
  REQUIRE(flushing.has_value());
  CHECK(store.get("key") == artifact_of("key", 1));
  CHECK(ArtifactStore::open(temp.cache(), manual_flush()).value().find("key"));
}

TEST_CASE("a_read_only_store_maps_everything_read_only") {
  const TempDir temp;
  {
    ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
    REQUIRE(store.insert("key", artifact_of("key", 1)));
  }
  const ArtifactStore store = ArtifactStore::open(temp.cache(), read_only()).value();
  CHECK(store.find("key"));
  const auto mappings = mappings_of(temp.cache() / "index.live");
  REQUIRE_FALSE(mappings.empty());
  for (const std::string& mapping : mappings) CHECK(mapping.find(" r--s ") != std::string::npos);
}

TEST_CASE("lookups_write_nothing_to_the_live_index") {
  const TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  const std::string before = read_file(temp.cache() / "index.live");
  for (int i = 0; i < 1000; ++i) REQUIRE(store.find("key"));
  CHECK_FALSE(store.get("absent"));
  CHECK(store.load_all().size() == 1);
  CHECK(store.stats().entries == 1);
  CHECK(read_file(temp.cache() / "index.live") == before);
}
