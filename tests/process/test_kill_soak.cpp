// Writers and readers on one directory while processes are killed at random: nothing that was acknowledged may be lost, nothing read may be
// wrong.
#include <zccache/artifact_store.hpp>
#include <zccache/recovery.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "process/children.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

constexpr std::size_t kWriters = 8;
constexpr std::size_t kReaders = 8;
constexpr int kKills = 500;
constexpr std::uint64_t kKeysPerWriter = 256;

/// The oracle, outside the index. Writer w makes change number i under key i % kKeysPerWriter, so that most changes are overwrites.
struct Oracle {
  std::array<std::atomic<std::uint64_t>, kWriters> begun;
  std::array<std::atomic<std::uint64_t>, kWriters> acknowledged;
  std::atomic<std::uint64_t> reads, lost, wrong, failed_inserts, flushes;
  std::atomic<bool> stop;
};

std::string soak_key(std::size_t writer, std::uint64_t change) { return key_of(writer * 1'000'000 + change % kKeysPerWriter); }

OpenOptions soak_options() {
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = 1;  // many renewals
  options.lock_timeout = std::chrono::seconds(20);
  return options;
}

int write_until_killed(const std::filesystem::path& dir, std::size_t writer, Oracle& oracle) {
  auto store = ArtifactStore::open(dir, soak_options());
  while (store && !oracle.stop) {
    const std::uint64_t change = oracle.begun[writer]++;
    const std::string key = soak_key(writer, change);
    if (!store->insert(key, artifact_of(key, change))) ++oracle.failed_inserts;
    oracle.acknowledged[writer] = change + 1;
  }
  return store ? 0 : 1;
}

int read_until_stopped(const std::filesystem::path& dir, std::size_t seed, Oracle& oracle) {
  std::mt19937_64 random(seed);
  OpenOptions options;
  options.read_only = true;
  auto store = ArtifactStore::open(dir, options);
  while (store && !oracle.stop) {
    const std::size_t writer = random() % kWriters;
    const std::uint64_t acknowledged = oracle.acknowledged[writer];
    if (acknowledged == 0) continue;
    const std::uint64_t change = acknowledged - 1 - random() % std::min(acknowledged, kKeysPerWriter);
    const std::string key = soak_key(writer, change);
    const auto found = store->get(key);
    if (!found || found->stored_at_secs < change) {
      ++oracle.lost;
    } else if (!is_whole(key, *found)) {
      ++oracle.wrong;
    }
    ++oracle.reads;
  }
  return store ? 0 : 1;
}

int flush_until_stopped(const std::filesystem::path& dir, Oracle& oracle) {
  auto store = ArtifactStore::open(dir, soak_options());
  while (store && !oracle.stop) {
    if (store->flush()) ++oracle.flushes;
  }
  return 0;
}

}  // namespace

TEST_CASE("killed_writers_lose_nothing_acknowledged_and_readers_see_nothing_wrong") {
  const TempDir temp;
  const Shared<Oracle> oracle;
  { REQUIRE(ArtifactStore::open(temp.cache(), soak_options()).has_value()); }
  std::vector<Child> writers;
  std::vector<Child> readers;
  const auto start_writer = [&](std::size_t w) { return Child([&, w] { return write_until_killed(temp.cache(), w, *oracle); }); };
  const auto start_flusher = [&] { return Child([&] { return flush_until_stopped(temp.cache(), *oracle); }); };
  for (std::size_t w = 0; w < kWriters; ++w) writers.push_back(start_writer(w));
  for (std::size_t r = 0; r < kReaders; ++r) readers.emplace_back([&, r] { return read_until_stopped(temp.cache(), r, *oracle); });
  Child flusher = start_flusher();

  std::array<std::set<std::uint64_t>, kWriters> in_flight;
  std::mt19937_64 random(42);
  for (int kill = 0; kill < kKills; ++kill) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 6000));  // at random moments of their lives
    const std::size_t w = random() % (kWriters + 1);
    if (w == kWriters) {
      flusher = start_flusher();
      continue;
    }
    writers[w].kill_and_reap();
    // What was begun and not acknowledged may or may not have happened.
    for (std::uint64_t i = oracle->acknowledged[w]; i < oracle->begun[w]; ++i) in_flight[w].insert(i);
    oracle->acknowledged[w] = oracle->begun[w].load();
    writers[w] = start_writer(w);
  }
  oracle->stop = true;
  for (Child& child : writers) CHECK(child.reap() == 0);
  for (Child& child : readers) CHECK(child.reap() == 0);
  flusher.kill_and_reap();

  CHECK(oracle->failed_inserts == 0);
  CHECK(oracle->wrong == 0);
  CHECK(oracle->reads > 0);

  const auto verify = [&](const ArtifactStore& store) {
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;
    for (std::size_t w = 0; w < kWriters; ++w) {
      const std::uint64_t changes = oracle->begun[w];
      for (std::uint64_t i = changes - std::min(changes, kKeysPerWriter); i < changes; ++i) {
        const auto found = store.get(soak_key(w, i));
        if (found && !is_whole(soak_key(w, i), *found)) ++wrong;
        // The newest change of this key that was acknowledged, or a later one that was in flight.
        std::uint64_t newest = i;
        while (in_flight[w].contains(newest) && newest >= kKeysPerWriter) newest -= kKeysPerWriter;
        const bool may_be_absent = in_flight[w].contains(newest);
        if (found ? found->stored_at_secs < newest : !may_be_absent) ++lost;
      }
    }
    CHECK(lost == 0);
    CHECK(wrong == 0);
  };
  ArtifactStore store = ArtifactStore::open(temp.cache(), soak_options()).value();
  verify(store);
  CHECK(store.load_all().size() == store.size());
  CHECK_FALSE(check(temp.cache()).value().damaged);
  CHECK(store.stats().renewals > 0);

  // The snapshot says the same.
  REQUIRE(store.flush());
  std::filesystem::remove(temp.cache() / "index.live");
  verify(ArtifactStore::open(temp.cache(), soak_options()).value());
}
