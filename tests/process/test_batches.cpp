// Batches of changes that fail in the middle: what went in is flushed like any other change.
#include <zccache/artifact_store.hpp>

#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "process/children.hpp"
#include "support.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kEntries = 500;

/// Flushes every change at once, in a thread of its own, and never for any other reason.
OpenOptions flush_by_thread() {
  OpenOptions options = small_index();
  options.flusher = Flusher::thread;
  options.flush_interval = std::chrono::hours(1);
  options.flush_changes = 1;
  return options;
}

/// A flushed index whose file has room for `bytes` more.
void prepare(const fs::path& dir, std::size_t bytes) {
  {
    ArtifactStore store = open_small(dir);
    for (std::uint64_t i = 0; i < kEntries; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
    REQUIRE(store.flush());
  }
  use_up_blocks(dir, bytes);
}

/// From here on this process can write another snapshot, but no larger file: neither a longer live index nor another one.
bool forbid_larger_files(const ArtifactStore& store) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = store.stats().snapshot_bytes + 4096, .rlim_max = RLIM_INFINITY};
  return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

/// Waits for the flush of what is there; false if it does not come.
bool is_flushed(const ArtifactStore& store) {
  for (const auto hang = std::chrono::steady_clock::now() + std::chrono::seconds(30); store.stats().unflushed_changes != 0;) {
    if (std::chrono::steady_clock::now() > hang) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Whether `batch` fails for want of room after some of it, and that part is flushed by the thread of the store.
int fail_in_the_middle(const fs::path& dir, const std::function<Error(ArtifactStore&)>& batch) {
  ArtifactStore store = ArtifactStore::open(dir, flush_by_thread()).value();
  const Stats before = store.stats();
  if (before.unflushed_changes != 0 || !forbid_larger_files(store)) return 1;
  if (batch(store) != Error::no_space) return 2;
  const Stats after = store.stats();
  if (after.inserts + after.removes == before.inserts + before.removes) return 3;  // else this test shows nothing
  return is_flushed(store) ? 0 : 4;
}

}  // namespace

TEST_CASE("a_batch_of_inserts_that_fails_in_the_middle_is_flushed_as_far_as_it_got") {
  const MemoryDir temp;
  std::vector<std::pair<std::string, Artifact>> batch;
  for (std::uint64_t i = 0; i < 10; ++i) batch.emplace_back("new" + key_of(i), artifact_of("new" + key_of(i), i));
  prepare(temp.cache(), 4 * format::record_bytes(batch[0].first, batch[0].second));
  Child child([&] { return fail_in_the_middle(temp.cache(), [&](ArtifactStore& store) { return store.insert_many(batch).error().error; }); });
  CHECK(child.reap() == 0);
}

TEST_CASE("a_batch_of_removals_that_fails_in_the_middle_is_flushed_as_far_as_it_got") {
  const MemoryDir temp;
  std::vector<std::string> batch;
  for (std::uint64_t i = 0; i < 10; ++i) batch.push_back(key_of(i));
  prepare(temp.cache(), 4 * format::tombstone_bytes(batch[0]));
  Child child([&] { return fail_in_the_middle(temp.cache(), [&](ArtifactStore& store) { return store.remove_batch(batch).error().error; }); });
  CHECK(child.reap() == 0);
}
