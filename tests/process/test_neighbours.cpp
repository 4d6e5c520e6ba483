// Who else may be on the directory: processes of other containers, crowds, programs that are stopped, programs of another build.
#include <zccache/artifact_store.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "process/children.hpp"
#include "process/own_namespaces.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

ArtifactStore open_at(const fs::path& dir) { return ArtifactStore::open(dir, manual_flush()).value(); }

constexpr int kNotAllowed = 77;

/// A process that is number 1 of a PID namespace of its own, as the first of a container is.
Child first_of_a_container(const std::function<int()>& work) {
  return Child([&] {
    if (!own_pids()) return kNotAllowed;
    Child first([&] { return ::getpid() == 1 && ::gettid() == 1 ? work() : 98; });
    return first.reap();
  });
}

constexpr std::size_t kCrowd = kSanitized ? 50 : 1000;

struct Crowd {
  std::array<std::atomic<std::uint64_t>, kCrowd> nanoseconds;
};

/// Starts `count` processes that wait at a gate, opens it, and returns how long each took to attach and find an entry, in order.
std::vector<std::chrono::microseconds> attach_at_once(const fs::path& dir, std::size_t count) {
  const Shared<Crowd> crowd;
  std::array<int, 2> gate{};
  REQUIRE(::pipe(gate.data()) == 0);
  std::vector<Child> children;
  for (std::size_t i = 0; i < count; ++i) {
    children.emplace_back([&, i] {
      ::close(gate[1]);
      char nothing = 0;
      (void)!::read(gate[0], &nothing, 1);  // the end of the file is the signal
      const auto start = std::chrono::steady_clock::now();
      const auto store = ArtifactStore::open(dir, manual_flush());
      const bool found = store && store->get("key") == artifact_of("key", 1);
      crowd->nanoseconds[i] = static_cast<std::uint64_t>((std::chrono::steady_clock::now() - start).count());
      return found ? 0 : 1;
    });
  }
  ::close(gate[0]);
  ::close(gate[1]);
  for (Child& child : children) CHECK(child.reap() == 0);
  std::vector<std::chrono::microseconds> times;
  for (std::size_t i = 0; i < count; ++i) times.emplace_back(crowd->nanoseconds[i] / 1000);
  std::ranges::sort(times);
  return times;
}

void print_attach_times(const char* what, const std::vector<std::chrono::microseconds>& times) {
  WARN(times.size() << " processes attach at once, " << what << ": p50 " << times[times.size() / 2].count() << " us, p99 "
                    << times[times.size() * 99 / 100].count() << " us");
}

struct Readers {
  std::atomic<std::uint64_t> acknowledged, reads, wrong, lost, ready;
  std::atomic<bool> stop;
};

constexpr std::uint64_t kKeys = 200;
constexpr std::uint64_t kReaders = kSanitized ? 8 : 64;

int read_until_stopped(const fs::path& dir, Readers& shared, std::uint64_t n) {
  const ArtifactStore store = ArtifactStore::open(dir, read_only()).value();
  ++shared.ready;
  for (; !shared.stop; ++n) {
    const std::uint64_t done = shared.acknowledged;
    const std::uint64_t change = done - 1 - n % kKeys;
    const auto found = store.get(key_of(change % kKeys));
    if (!found || found->stored_at_secs < change) ++shared.lost;
    if (found && !is_whole(key_of(change % kKeys), *found)) ++shared.wrong;
    ++shared.reads;
  }
  return 0;
}

}  // namespace

TEST_CASE("processes_with_equal_ids_in_two_containers_exclude_each_other") {
  const TempDir temp;
  constexpr std::uint64_t kChanges = 1500;
  { open_at(temp.cache()); }
  const auto work = [&](std::uint64_t first) {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 1;  // renewals, whose temporary file has one name for all
    options.lock_timeout = std::chrono::seconds(60);
    ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
    for (std::uint64_t i = first; i < first + kChanges; ++i) {
      if (!store.insert(key_of(i), artifact_of(key_of(i), i)) || (i % 100 == 0 && !store.flush())) return 1;
    }
    return 0;
  };
  Child one = first_of_a_container([&] { return work(0); });
  Child other = first_of_a_container([&] { return work(kChanges); });
  const int codes[] = {one.reap(), other.reap()};
  if (codes[0] == kNotAllowed) {
    WARN("not run: this user may not make PID namespaces");
    return;
  }
  CHECK(codes[0] == 0);
  CHECK(codes[1] == 0);
  const ArtifactStore store = open_at(temp.cache());
  CHECK(store.size() == 2 * kChanges);
  for (std::uint64_t i = 0; i < 2 * kChanges; ++i) REQUIRE(store.get(key_of(i)) == artifact_of(key_of(i), i));
}

TEST_CASE("a_thousand_processes_that_attach_at_once_all_find_what_is_there") {
  const TempDir temp;
  REQUIRE(open_at(temp.cache()).insert("key", artifact_of("key", 1)));
  print_attach_times("a live index", attach_at_once(temp.cache(), kCrowd));
  CHECK(open_at(temp.cache()).stats().generation == 1);

  REQUIRE(open_at(temp.cache()).flush());
  fs::remove(temp.cache() / "index.live");
  print_attach_times("one of them rebuilds it", attach_at_once(temp.cache(), kCrowd));
  CHECK(open_at(temp.cache()).stats().generation == 2);
}

TEST_CASE("sixty_four_readers_beside_a_writer_that_renews_miss_nothing") {
  const TempDir temp;
  const Shared<Readers> shared;
  OpenOptions tiny = manual_flush();
  tiny.initial_segment_bytes = 1;
  ArtifactStore store = ArtifactStore::open(temp.cache(), tiny).value();
  const auto change = [&](std::uint64_t i) {
    REQUIRE(store.insert(key_of(i % kKeys), artifact_of(key_of(i % kKeys), i)));
    shared->acknowledged = i + 1;
  };
  std::uint64_t done = 0;
  while (done < kKeys) change(done++);
  std::vector<Child> readers;
  for (std::uint64_t r = 0; r < kReaders; ++r) readers.emplace_back([&, r] { return read_until_stopped(temp.cache(), *shared, r); });
  while (shared->ready < kReaders) std::this_thread::yield();
  for (const std::uint64_t renewals = store.stats().renewals; store.stats().renewals < renewals + 8;) change(done++);
  shared->stop = true;
  for (Child& reader : readers) CHECK(reader.reap() == 0);
  CHECK(shared->lost == 0);
  CHECK(shared->wrong == 0);
  CHECK(shared->reads > 0);
}

TEST_CASE("a_process_of_another_layout_takes_the_index_over_and_gives_it_back_with_every_entry") {
  const TempDir temp;
  ArtifactStore ours = open_at(temp.cache());
  REQUIRE(ours.insert("flushed", artifact_of("flushed", 1)));
  REQUIRE(ours.insert("removed", artifact_of("removed", 2)));
  REQUIRE(ours.flush());
  REQUIRE(ours.insert("not flushed", artifact_of("not flushed", 3)));
  REQUIRE(ours.remove("removed").value());
  const std::string dir = temp.cache().string();
  const auto run_the_other = [&](const char* key, const char* number) {
    Child other([&] { return ::execl(ZCCACHE_OTHER_LAYOUT, "other_layout", dir.c_str(), key, number, nullptr); });
    return other.reap();
  };
  REQUIRE(run_the_other("theirs", "4") == 0);
  CHECK(ours.get("flushed") == artifact_of("flushed", 1));  // the mapping it has lives on
  REQUIRE(ours.insert("ours", artifact_of("ours", 5)));
  REQUIRE(run_the_other("theirs", "6") == 0);
  REQUIRE(ours.insert("ours again", artifact_of("ours again", 7)));
  CHECK(ours.get("flushed") == artifact_of("flushed", 1));
  CHECK(ours.get("not flushed") == artifact_of("not flushed", 3));
  CHECK(ours.get("theirs") == artifact_of("theirs", 6));
  CHECK(ours.get("ours") == artifact_of("ours", 5));
  CHECK_FALSE(ours.find("removed"));
  CHECK(ours.size() == 5);
  CHECK(ours.stats().generation == 5);                   // it was handed over four times
  CHECK_FALSE(fs::exists(temp.cache() / "quarantine"));  // nothing was damaged
}
