// When a store finds a snapshot due: what counts as changed, and what a process that ends leaves to others.
#include <zccache/artifact_store.hpp>

#include "catch.hpp"
#include "history.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

/// Large enough that a snapshot of it is not written for any change; in the past, so that the time since the last does not count.
void fill_and_flush(ArtifactStore& store, const std::filesystem::path& dir) {
  for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  REQUIRE(store.flush());
  REQUIRE(store.stats().snapshot_bytes > 64 << 10);
  const MappedFile live(dir / "index.live");
  live.header().last_flush_at_millis -= 60'000;
  live.header().last_flush_micros = 1000;
}

}  // namespace

TEST_CASE("a_flush_is_due_once_a_quarter_of_the_index_was_written_anew") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  fill_and_flush(store, temp.cache());
  for (std::uint64_t i = 0; i < 100; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i + 1)));
  CHECK_FALSE(store.flush_due());
  for (std::uint64_t i = 100; i < 300; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i + 1)));
  CHECK(store.flush_due());
  CHECK(store.flush_if_due().value());
  CHECK_FALSE(store.flush_due());
}

TEST_CASE("a_flush_is_due_once_a_quarter_of_the_index_was_removed_and_not_after_each_removal") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  fill_and_flush(store, temp.cache());
  for (std::uint64_t i = 0; i < 100; ++i) REQUIRE(store.remove(key_of(i)));
  CHECK_FALSE(store.flush_due());
  for (std::uint64_t i = 100; i < 250; ++i) REQUIRE(store.remove(key_of(i)));
  CHECK(store.flush_due());
}

TEST_CASE("what_was_written_since_the_last_flush_counts_across_renewals_merges_and_restarts") {
  const TempDir temp;
  {
    ArtifactStore store = open_at(temp.cache());
    fill_and_flush(store, temp.cache());
    for (std::uint64_t i = 0; i < 150; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i + 1)));
    CHECK_FALSE(store.flush_due());
    const std::uint64_t renewals = store.stats().renewals;
    const auto merged = store.merge([](const auto& visit) { visit("merged", artifact_of("merged", 1)); });
    REQUIRE(merged.value().added == 1);
    REQUIRE(store.stats().renewals == renewals + 1);
    CHECK_FALSE(store.flush_due());
    REQUIRE(store
                .merge([](const auto& visit) {
                  for (std::uint64_t i = 1000; i < 1200; ++i) visit(key_of(i), artifact_of(key_of(i), i));
                })
                .value()
                .added == 200);
    CHECK(store.flush_due());
  }
  {
    const MappedFile live(temp.cache() / "index.live");
    live.header().boot_id[0] ^= 1;
    live.seal();
  }
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.size() == 1201);
  const MappedFile live(temp.cache() / "index.live");
  live.header().last_flush_at_millis -= 60'000;  // the snapshot says when it was made, which was now
  CHECK(store.flush_due());
}

TEST_CASE("a_short_lived_process_leaves_a_small_change_of_a_large_index_to_a_later_snapshot") {
  const TempDir temp;
  {
    ArtifactStore store = open_at(temp.cache());
    fill_and_flush(store, temp.cache());
  }
  {
    ArtifactStore store = ArtifactStore::open(temp.cache()).value();
    REQUIRE(store.insert("one", artifact_of("one", 1)));
  }
  CHECK(open_at(temp.cache()).stats().flushes_done == 1);
  CHECK(open_at(temp.cache()).stats().unflushed_changes == 1);
  {
    ArtifactStore store = ArtifactStore::open(temp.cache()).value();
    for (std::uint64_t i = 0; i < 400; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i + 1)));
  }
  CHECK(open_at(temp.cache()).stats().unflushed_changes == 0);
}
