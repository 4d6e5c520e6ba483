// Several processes on one directory: what they see of each other, and what they do to each other when they stop, fork or go away.
#include <zccache/artifact_store.hpp>
#include <zccache/inspect.hpp>
#include <zccache/recovery.hpp>

#include <fcntl.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "base/directory.hpp"
#include "base/lock_file.hpp"
#include "catch.hpp"
#include "process/children.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

struct Flags {
  std::atomic<bool> ready, go;
  std::atomic<std::uint64_t> count;
};

ArtifactStore open_at(const std::filesystem::path& dir) { return ArtifactStore::open(dir, manual_flush()).value(); }

/// A process that holds the writer lock and is stopped.
Child stopped_lock_holder(const std::filesystem::path& dir, Flags& flags) {
  Child holder([&] {
    LockFile lock(CacheDirectory(dir).live(), LockByte::writer);
    const auto guard = lock.acquire(std::chrono::seconds(5));
    flags.ready = guard.has_value();
    for (;;) ::pause();
    return 0;
  });
  while (!flags.ready) std::this_thread::yield();
  holder.send(SIGSTOP);
  holder.wait_until_stopped();
  return holder;
}

}  // namespace

TEST_CASE("what_one_process_inserts_another_finds_at_its_next_lookup") {
  const TempDir temp;
  const Shared<Flags> flags;
  ArtifactStore store = open_at(temp.cache());
  Child reader([&] {
    const ArtifactStore other = ArtifactStore::open(temp.cache(), read_only()).value();
    if (other.find("key")) return 1;
    flags->ready = true;
    while (!flags->go) std::this_thread::yield();
    return other.get("key") == artifact_of("key", 3) ? 0 : 2;
  });
  while (!flags->ready) std::this_thread::yield();
  REQUIRE(store.insert("key", artifact_of("key", 3)));
  flags->go = true;
  CHECK(reader.reap() == 0);
}

TEST_CASE("an_acknowledged_insert_survives_sigkill_of_its_own_process") {
  const TempDir temp;
  const Shared<Flags> flags;
  Child writer([&] {
    ArtifactStore store = ArtifactStore::open(temp.cache()).value();
    for (std::uint64_t i = 0; i < 1000; ++i) store.insert(key_of(i), artifact_of(key_of(i), i)).value();
    flags->ready = true;
    for (;;) ::pause();
    return 0;
  });
  while (!flags->ready) std::this_thread::yield();
  writer.kill_and_reap();
  const ArtifactStore store = open_at(temp.cache());
  CHECK(store.size() == 1000);
  for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(store.get(key_of(i)) == artifact_of(key_of(i), i));
}

TEST_CASE("beside_a_writer_stopped_with_the_lock_readers_go_on_and_writers_get_a_clear_time_out") {
  const TempDir temp;
  const Shared<Flags> flags;
  {
    ArtifactStore store = open_at(temp.cache());
    REQUIRE(store.insert("key", artifact_of("key", 1)));
  }
  Child holder = stopped_lock_holder(temp.cache(), *flags);
  OpenOptions impatient = manual_flush();
  impatient.lock_timeout = std::chrono::milliseconds(50);
  ArtifactStore store = ArtifactStore::open(temp.cache(), impatient).value();
  for (int i = 0; i < 100'000; ++i) REQUIRE(store.find("key"));
  const auto refused = store.insert("other", artifact_of("other", 1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().error == Error::lock_timeout);
  CHECK(refused.error().message().find("index.live") != std::string::npos);

  // A person finds out who it is.
  const auto locks = inspect(temp.cache()).value().locks;
  REQUIRE(locks.size() == 1);
  CHECK(locks[0].lock == "writer");
  CHECK(locks[0].pid == holder.pid());

  holder.kill_and_reap();
  CHECK(store.insert("other", artifact_of("other", 1)));
}

TEST_CASE("a_stopped_reader_costs_a_renewing_writer_nothing") {
  const TempDir temp;
  const Shared<Flags> flags;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  Child reader([&] {
    const ArtifactStore other = ArtifactStore::open(temp.cache(), read_only()).value();
    const ArtifactView view = other.find("key");
    flags->ready = true;
    while (!flags->go) std::this_thread::yield();
    // The old generation is still there for the view; the next lookup goes to the new one.
    const bool old_view_whole = view.to_artifact() == artifact_of("key", 1);
    return old_view_whole && other.get("key") == artifact_of("key", 2) ? 0 : 1;
  });
  while (!flags->ready) std::this_thread::yield();
  reader.send(SIGSTOP);
  reader.wait_until_stopped();
  REQUIRE(store.clear());
  REQUIRE(store.insert("key", artifact_of("key", 2)));
  flags->go = true;
  reader.send(SIGCONT);
  CHECK(reader.reap() == 0);
}

TEST_CASE("many_processes_that_open_a_missing_index_at_once_share_one") {
  const TempDir temp;
  std::vector<Child> children;
  for (std::uint64_t i = 0; i < 16; ++i) {
    children.emplace_back([&, i] { return open_at(temp.cache()).insert(key_of(i), artifact_of(key_of(i), i)) ? 0 : 1; });
  }
  for (Child& child : children) CHECK(child.reap() == 0);
  CHECK(open_at(temp.cache()).size() == 16);
  CHECK(open_at(temp.cache()).stats().generation == 1);
}

TEST_CASE("a_forked_child_goes_on_with_the_store_and_holds_no_lock_of_its_parent") {
  const TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache()).value();  // with a flush thread, which the child does not have
  REQUIRE(store.insert("parent", artifact_of("parent", 1)));
  Child child([&] {
    if (!store.find("parent")) return 1;
    return store.insert("child", artifact_of("child", 2)) && store.flush() ? 0 : 2;
  });
  CHECK(child.reap() == 0);
  CHECK(store.get("child") == artifact_of("child", 2));
  REQUIRE(store.insert("parent again", artifact_of("parent again", 3)));
}

TEST_CASE("a_child_forked_while_another_thread_writes_leaves_no_lock_held") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::thread writer([&] {
    for (std::uint64_t i = 0; !stop; ++i) failures += store.insert(key_of(i % 100), artifact_of(key_of(i % 100), i)) ? 0 : 1;
  });
  std::vector<Child> children;
  for (int i = 0; i < 20; ++i) {
    children.emplace_back([] {
      for (;;) ::pause();
      return 0;
    });
  }
  stop = true;
  writer.join();
  // The children live on with what they inherited. Whoever writes next must not wait for them.
  ArtifactStore other = open_at(temp.cache());
  CHECK(other.insert("after", artifact_of("after", 1)));
  CHECK(failures == 0);
}

TEST_CASE("an_exec_leaves_no_descriptor_of_the_store_behind") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  Child child([] {
    ::execl("/bin/sh", "sh", "-c", "ls -l /proc/self/fd | grep -q 'index\\.' && exit 1; exit 0", nullptr);
    return 98;
  });
  CHECK(child.reap() == 0);
}

TEST_CASE("a_host_that_closes_every_descriptor_does_not_break_the_store") {
  const TempDir temp;
  Child host([&] {
    ArtifactStore store = open_at(temp.cache());
    if (!store.insert("a", artifact_of("a", 1))) return 1;
    ::close_range(3, ~0U, 0);
    const int mine = ::open((temp.path() / "mine").c_str(), O_RDWR | O_CREAT, 0600);  // takes the number of the lock's descriptor
    if (!store.insert("b", artifact_of("b", 2)) || !store.flush()) return 2;
    return ::write(mine, "x", 1) == 1 && store.find("a") && store.find("b") ? 0 : 3;
  });
  CHECK(host.reap() == 0);
  CHECK(read_file(temp.path() / "mine") == "x");
  CHECK(open_at(temp.cache()).size() == 2);
}

TEST_CASE("a_directory_removed_under_an_attached_store_is_made_anew_by_its_next_change") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("old", artifact_of("old", 1)));
  std::filesystem::remove_all(temp.cache());
  CHECK(store.find("old"));  // its mapping lives on
  REQUIRE(store.insert("new", artifact_of("new", 2)));
  CHECK(open_at(temp.cache()).get("new") == artifact_of("new", 2));
  CHECK_FALSE(store.find("old"));
}

TEST_CASE("a_live_file_removed_under_attached_stores_is_rebuilt_once_and_shared") {
  const TempDir temp;
  ArtifactStore a = open_at(temp.cache());
  ArtifactStore b = open_at(temp.cache());
  REQUIRE(a.insert("flushed", artifact_of("flushed", 1)));
  REQUIRE(a.flush());
  std::filesystem::remove(temp.cache() / "index.live");
  REQUIRE(a.insert("a", artifact_of("a", 2)));
  REQUIRE(b.insert("b", artifact_of("b", 3)));
  for (const char* key : {"flushed", "a", "b"}) {
    CHECK(a.find(key));
    CHECK(b.find(key));
  }
}

TEST_CASE("a_process_that_goes_down_in_an_orderly_way_flushes") {
  const TempDir temp;
  Child host([&] {
    OpenOptions options;
    options.flush_interval = std::chrono::hours(1);
    ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
    return store.insert("key", artifact_of("key", 1)) ? 0 : 1;
  });
  CHECK(host.reap() == 0);
  std::filesystem::remove(temp.cache() / "index.live");
  CHECK(open_at(temp.cache()).find("key"));
}

TEST_CASE("hits_counted_by_many_processes_during_renewals_add_up") {
  const TempDir temp;
  OpenOptions tiny = manual_flush();
  tiny.initial_segment_bytes = 1;
  ArtifactStore store = ArtifactStore::open(temp.cache(), tiny).value();
  const Shared<std::atomic<bool>> renewed;
  std::vector<Child> children;
  for (int c = 0; c < 4; ++c) {
    children.emplace_back([&] {
      ArtifactStore mine = open_at(temp.cache());
      for (int i = 0; i < 5000; ++i) mine.count_hit();
      while (!*renewed) std::this_thread::yield();  // what could not be counted during a renewal is counted at the end
      return 0;
    });
  }
  for (std::uint64_t i = 0; i < 5000; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  *renewed = true;
  for (Child& child : children) CHECK(child.reap() == 0);
  CHECK(store.stats().hits == 20'000);
}
