// A cache directory does not only live as long as its processes: somebody removes a file of it, removes it and makes it anew, restores it.
// Whatever happens to it, two writers of one index exclude each other, and no store writes into the life of another.
#include <zccache/artifact_store.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "base/directory.hpp"
#include "catch.hpp"
#include "process/children.hpp"
#include "store/write_transaction.hpp"
#include "support.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

struct Flags {
  std::atomic<bool> ready, go;
};

OpenOptions impatient() {
  OpenOptions options = manual_flush();
  options.lock_timeout = std::chrono::milliseconds(50);
  return options;
}

/// A process in the middle of a change.
Child changing(const fs::path& dir, Flags& flags) {
  Child child([&] {
    ArtifactStore store = open_at(dir);
    const auto change = WriteTransaction::begin(store);
    flags.ready = change.has_value();
    while (!flags.go) std::this_thread::yield();
    return change.has_value() ? 0 : 1;
  });
  while (!flags.ready) std::this_thread::yield();
  return child;
}

void insert_many(ArtifactStore& store, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t i = first; i < first + count; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
}

std::size_t found(const ArtifactStore& store, std::uint64_t first, std::uint64_t count) {
  std::size_t number = 0;
  for (std::uint64_t i = first; i < first + count; ++i) number += store.get(key_of(i)) == artifact_of(key_of(i), i) ? 1 : 0;
  return number;
}

/// What a restart would bring back.
std::size_t entries_of_snapshot(const fs::path& dir) {
  OpenOptions options = read_only();
  options.snapshot_only = true;
  return ArtifactStore::open(dir, options).value().size();
}

}  // namespace

TEST_CASE("writers_exclude_each_other_although_the_lock_file_was_removed") {
  const TempDir temp;
  const Shared<Flags> flags;
  { REQUIRE(open_at(temp.cache()).flush()); }
  Child other = changing(temp.cache(), *flags);
  REQUIRE(fs::remove(temp.cache() / "index.lock"));
  ArtifactStore store = ArtifactStore::open(temp.cache(), impatient()).value();
  const auto inserted = store.insert("key", artifact_of("key", 1));
  REQUIRE_FALSE(inserted);
  CHECK(inserted.error().error == Error::lock_timeout);
  flags->go = true;
  CHECK(other.reap() == 0);
  CHECK(store.insert("key", artifact_of("key", 1)));
}

TEST_CASE("a_process_that_comes_to_another_life_of_its_directory_by_a_lookup_excludes_the_writers_there") {
  const TempDir temp;
  const Shared<Flags> flags;
  ArtifactStore old = ArtifactStore::open(temp.cache(), impatient()).value();
  REQUIRE(old.insert("old", artifact_of("old", 1)));
  REQUIRE(open_at(temp.cache()).clear());  // what `old` has mapped is retired: its next lookup looks for another
  fs::remove_all(temp.cache());
  { open_at(temp.cache()); }
  Child other = changing(temp.cache(), *flags);
  CHECK_FALSE(old.find("old"));
  const auto inserted = old.insert("key", artifact_of("key", 1));
  REQUIRE_FALSE(inserted);
  CHECK(inserted.error().error == Error::lock_timeout);
  flags->go = true;
  CHECK(other.reap() == 0);
  CHECK(old.insert("key", artifact_of("key", 1)));
  CHECK(open_at(temp.cache()).find("key"));
}

TEST_CASE("a_store_of_a_removed_directory_leaves_the_snapshot_of_the_next_one_alone") {
  const TempDir temp;
  OpenOptions with_a_thread;
  with_a_thread.flush_interval = std::chrono::hours(1);
  std::optional<ArtifactStore> old(ArtifactStore::open(temp.cache(), with_a_thread).value());
  insert_many(*old, 0, 1000);
  fs::remove_all(temp.cache());
  {
    ArtifactStore next = open_at(temp.cache());
    insert_many(next, 2000, 5);
    REQUIRE(next.flush());
  }
  CHECK_FALSE(old->flush_if_due().value());  // much is due, but not here
  old.reset();                               // its last flush
  CHECK(entries_of_snapshot(temp.cache()) == 5);
  fs::remove(temp.cache() / "index.live");
  const ArtifactStore restarted = open_at(temp.cache());
  CHECK(found(restarted, 2000, 5) == 5);
  CHECK(restarted.size() == 5);
}

TEST_CASE("a_flush_that_is_asked_for_flushes_what_is_at_the_path") {
  const TempDir temp;
  ArtifactStore old = open_at(temp.cache());
  insert_many(old, 0, 100);
  fs::remove_all(temp.cache());
  {
    ArtifactStore next = open_at(temp.cache());
    insert_many(next, 2000, 5);
  }
  REQUIRE(old.flush());
  CHECK(entries_of_snapshot(temp.cache()) == 5);
  fs::remove_all(temp.cache());
  REQUIRE(old.flush());  // makes it anew, with nothing in it
  CHECK(entries_of_snapshot(temp.cache()) == 0);
}

TEST_CASE("a_store_whose_directory_is_gone_does_not_bring_it_back_when_it_ends") {
  const TempDir temp;
  {
    ArtifactStore store = ArtifactStore::open(temp.cache()).value();
    insert_many(store, 0, 10);
    fs::remove_all(temp.cache());
  }
  CHECK_FALSE(fs::exists(temp.cache()));
}

TEST_CASE("a_directory_that_was_moved_away_and_back_has_all_that_was_acknowledged_in_it") {
  const TempDir temp;
  const fs::path aside = temp.path() / "aside";
  ArtifactStore store = open_at(temp.cache());
  insert_many(store, 0, 10);
  fs::rename(temp.cache(), aside);
  insert_many(store, 100, 10);  // begins another life
  CHECK(found(store, 0, 10) == 0);
  fs::rename(temp.cache(), temp.path() / "second");
  fs::rename(aside, temp.cache());
  insert_many(store, 10, 10);
  CHECK(found(store, 0, 20) == 20);
  CHECK(found(store, 100, 10) == 0);
  CHECK(found(open_at(temp.cache()), 0, 20) == 20);
  CHECK(found(open_at(temp.path() / "second"), 100, 10) == 10);
}

TEST_CASE("who_waits_for_the_writer_lock_says_so_until_somebody_gets_it_or_gives_it_back") {
  const TempDir temp;
  const Shared<Flags> flags;
  ArtifactStore store = ArtifactStore::open(temp.cache(), impatient()).value();
  const MappedFile live(temp.cache() / "index.live");
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  CHECK(live.header().awaited_since == 0);
  {
    Child killed = changing(temp.cache(), *flags);
    CHECK_FALSE(store.insert("key", artifact_of("key", 2)));
    CHECK(live.header().awaited_since != 0);
  }
  CHECK(live.header().awaited_since != 0);  // the dead cannot clear it
  REQUIRE(store.insert("key", artifact_of("key", 3)));
  CHECK(live.header().awaited_since == 0);
  flags->ready = false;
  Child other = changing(temp.cache(), *flags);
  CHECK_FALSE(store.insert("key", artifact_of("key", 4)));
  flags->go = true;
  CHECK(other.reap() == 0);
  CHECK(live.header().awaited_since == 0);
}

TEST_CASE("nobody_waits_anew_for_a_lock_that_others_have_waited_for_in_vain") {
  const TempDir temp;
  const Shared<Flags> flags;
  { open_at(temp.cache()); }
  Child stopped = changing(temp.cache(), *flags);
  const MappedFile live(temp.cache() / "index.live");
  live.header().awaited_since = 1;  // since the machine was started
  const auto uptime = std::chrono::steady_clock::now().time_since_epoch();
  OpenOptions patient = manual_flush();
  patient.lock_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(uptime) / 2;  // as long as a hang
  ArtifactStore store = ArtifactStore::open(temp.cache(), patient).value();
  const auto inserted = store.insert("key", artifact_of("key", 1));
  REQUIRE_FALSE(inserted);
  CHECK(inserted.error().error == Error::lock_timeout);
}

TEST_CASE("a_flush_refreshes_the_times_of_the_lock_file_so_that_cleaners_by_age_leave_it") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.flush());
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(24 * 365);
  fs::last_write_time(temp.cache() / "index.lock", long_ago);
  REQUIRE(store.flush());
  CHECK(fs::last_write_time(temp.cache() / "index.lock") > long_ago + std::chrono::hours(24));
}

TEST_CASE("a_live_index_moved_away_and_back_keeps_what_it_had_although_the_snapshot_is_of_the_life_in_between") {
  const TempDir temp;
  const fs::path live = temp.cache() / "index.live";
  const fs::path aside = temp.path() / "aside";
  {
    ArtifactStore first = open_at(temp.cache());
    insert_many(first, 0, 10);
    REQUIRE(first.flush());
    insert_many(first, 10, 10);
    REQUIRE(first.remove(key_of(0)).value());
  }
  fs::rename(live, aside);
  {
    ArtifactStore second = open_at(temp.cache());
    insert_many(second, 100, 50);  // under the numbers that the first one gave out as well
    REQUIRE(second.flush());
  }
  fs::rename(aside, live);
  fs::copy_file(live, temp.cache() / "copy");
  fs::rename(temp.cache() / "copy", live);  // so that it is recovered, as after a restart
  const ArtifactStore restored = open_at(temp.cache());
  CHECK(found(restored, 1, 19) == 19);
  CHECK_FALSE(restored.find(key_of(0)));
}
