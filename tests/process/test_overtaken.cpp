// A thread that was overtaken, between finding something out and acting upon it: what others stored, flushed or removed meanwhile stays as it
// is.
#include <zccache/artifact_store.hpp>

#include <fcntl.h>
#include <sys/mman.h>

#include <chrono>
#include <memory>

#include <zccache/recovery.hpp>

#include "catch.hpp"
#include "process/held_thread.hpp"
#include "support.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

void skip_without_seccomp() { WARN("not tested: a seccomp filter cannot stop a thread here"); }

constexpr HeldCall kAttaching{SYS_mmap, 3, MAP_SHARED};
constexpr HeldCall kLocking{SYS_fcntl, 1, F_OFD_SETLK};

/// Somebody moved a live index away whose writer was killed in a renewal, and another life began in its place.
struct LifeInBetween {
  LifeInBetween() {
    MappedFile(live).header().retired = 1;
    fs::rename(live, aside);
    open_at(temp.cache());
  }
  void put_back() const { fs::rename(aside, live); }

  TempDir temp;
  fs::path live = temp.cache() / "index.live";
  fs::path aside = temp.path() / "aside";
  std::unique_ptr<ArtifactStore> store = std::make_unique<ArtifactStore>(open_at(temp.cache()));
};

/// Another process renews the index, and flushes what it then has. False: the lock that this takes is not to be had.
bool others_flush(const fs::path& dir) {
  OpenOptions impatient = small_index();
  impatient.lock_timeout = std::chrono::milliseconds(5);
  auto store = ArtifactStore::open(dir, impatient);
  return store && store->clear() && store->insert("key", artifact_of("key", 1)) && store->flush();
}

/// All of that is there, now and after a restart, and nothing else.
void check_flushed(const fs::path& dir) {
  OpenOptions from_snapshot = read_only();
  from_snapshot.snapshot_only = true;
  const Contents theirs{{"key", artifact_of("key", 1)}};
  CHECK(contents_of(open_at(dir)) == theirs);
  CHECK(contents_of(ArtifactStore::open(dir, from_snapshot).value()) == theirs);
}

}  // namespace

// What one thread has stored, no lookup of another one may hide by attaching to what was at the path before.

TEST_CASE("a_lookup_that_attaches_to_an_earlier_life_does_not_hide_what_another_thread_stores_meanwhile") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(open_at(temp.cache()).clear());  // what `store` has mapped is retired: its next lookup attaches to what is at the path
  {
    HeldThread lookup(kAttaching, [&] { (void)store.find("key"); });
    if (!lookup.wait_until_held()) return skip_without_seccomp();
    fs::rename(temp.cache(), temp.path() / "aside");
    CHECK(store.insert("key", artifact_of("key", 1)));  // in a directory that is made anew
  }
  CHECK(store.find("key"));
}

TEST_CASE("a_lookup_that_attaches_to_a_life_in_between_does_not_hide_what_another_thread_stores_when_the_first_is_back") {
  const LifeInBetween lives;
  {
    HeldThread lookup(kAttaching, [&] { (void)lives.store->find("key"); });
    if (!lookup.wait_until_held()) return skip_without_seccomp();
    lives.put_back();
    CHECK(lives.store->insert("key", artifact_of("key", 1)));
  }
  CHECK(lives.store->find("key"));
}

TEST_CASE("a_writer_of_the_first_life_takes_its_process_back_from_a_life_in_between") {
  const LifeInBetween lives;
  {
    HeldThread writer(kLocking, [&] { (void)lives.store->insert("key", artifact_of("key", 1)); });
    if (!writer.wait_until_held()) return skip_without_seccomp();
    CHECK_FALSE(lives.store->find("key"));  // attaches to the life in between
    lives.put_back();
  }
  CHECK(lives.store->find("key"));
}

TEST_CASE("a_flush_that_waited_for_another_one_does_not_go_back_behind_it_where_a_copy_was_put_in_place_of_the_index") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("removed", artifact_of("removed", 1)));
  {
    HeldThread flush(kLocking, [&] { (void)store.flush(); });
    if (!flush.wait_until_held()) return skip_without_seccomp();
    CHECK(others_flush(temp.cache()));
    copy_over_itself(temp.cache() / "index.live");
  }
  check_flushed(temp.cache());
}

TEST_CASE("a_repair_does_not_go_back_behind_a_flush_that_comes_before_any_of_its_locks") {
  int flushed = 0;
  bool more = true;
  for (int lock = 1; more; ++lock) {
    CAPTURE(lock);
    const TempDir temp;
    {
      ArtifactStore store = open_at(temp.cache());
      REQUIRE(store.insert("removed", artifact_of("removed", 1)));
      REQUIRE(store.flush());
      damage_record(temp.cache() / "index.snap", "removed");
    }
    bool is_flushed = false;
    {
      HeldThread repairing(kLocking, [&] { (void)repair(temp.cache()); });
      for (int i = 0; more && i < lock; ++i) more = repairing.wait_until_held();
      if (!more && lock == 1) return skip_without_seccomp();
      is_flushed = more && others_flush(temp.cache());
    }
    if (!is_flushed) continue;
    check_flushed(temp.cache());
    ++flushed;
  }
  CHECK(flushed > 1);
}
