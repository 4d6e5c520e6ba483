// Readers beside a writer in one process, for ThreadSanitizer: links, records, retirement, pins.
#include <zccache/artifact_store.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

TEST_CASE("threads_that_read_beside_threads_that_write_and_renew_see_only_whole_entries") {
  const TempDir temp;
  OpenOptions tiny = manual_flush();
  tiny.initial_segment_bytes = 1;
  ArtifactStore store = ArtifactStore::open(temp.cache(), tiny).value();
  constexpr std::uint64_t kChanges = 6000;
  constexpr std::uint64_t kKeys = 500;
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> reads{0};

  std::vector<std::thread> threads;
  for (std::uint64_t r = 0; r < 3; ++r) {
    threads.emplace_back([&, r] {
      for (std::uint64_t n = r; acknowledged < kChanges; ++n) {
        const std::uint64_t done = acknowledged;
        if (done < kKeys) continue;
        const std::uint64_t change = done - 1 - n % kKeys;
        const std::string key = key_of(change % kKeys);
        const auto found = store.get(key);
        store.touch(key);  // writes each time: these entries say that they were stored in 1970
        lost += !found || found->stored_at_secs < change ? 1 : 0;
        wrong += found && !is_whole(key, *found) ? 1 : 0;
        ++reads;
      }
    });
  }
  threads.emplace_back([&] {
    while (acknowledged < kChanges) {
      store.for_each([&](const ArtifactView& view) {
        wrong += is_whole(view.key(), view.to_artifact()) ? 0 : 1;
        return acknowledged < kChanges;
      });
      (void)store.stats();
    }
  });
  threads.emplace_back([&] {
    while (acknowledged < kChanges) wrong += store.flush() ? 0 : 1;
  });
  for (std::uint64_t i = 0; i < kChanges; ++i) {
    const std::string key = key_of(i % kKeys);
    if (!store.insert(key, artifact_of(key, i))) ++wrong;
    acknowledged = i + 1;
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(lost == 0);
  CHECK(store.size() == kKeys);
  CHECK(store.stats().renewals > 0);
}

TEST_CASE("views_handed_between_threads_keep_their_generation_while_the_index_is_cleared_again_and_again") {
  const TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      while (!stop) {
        ArtifactView view = store.find("key");
        if (!view) continue;
        const ArtifactView moved = std::move(view);
        if (!is_whole("key", moved.to_artifact())) ++wrong;
      }
    });
  }
  for (std::uint64_t i = 0; i < 100; ++i) {
    if (!store.insert("key", artifact_of("key", i)) || !store.clear()) ++wrong;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
}
