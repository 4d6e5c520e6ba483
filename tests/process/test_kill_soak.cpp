// Eight writers, four readers, a flusher and a remover on one directory, killed at random: nothing that was acknowledged may be lost, nothing
// read may be wrong, and nothing may pile up.
#include <zccache/artifact_store.hpp>
#include <zccache/recovery.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "process/children.hpp"
#include "process/soak_oracle.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;

constexpr std::size_t kReaders = 4;

OpenOptions soak_options() {
  OpenOptions options = small_index();  // many renewals
  options.lock_timeout = std::chrono::seconds(20);
  return options;
}

/// Calls `work`, and notes how long it took if that is a new worst.
template <class Work>
auto timed(SoakOracle& oracle, Work work) {
  const auto start = std::chrono::steady_clock::now();
  auto outcome = work();
  const auto took = std::chrono::steady_clock::now() - start;
  const auto micros = static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(took).count());
  for (std::uint64_t worst = oracle.slowest_micros; micros > worst && !oracle.slowest_micros.compare_exchange_weak(worst, micros);) {
  }
  oracle.slow += took > std::chrono::seconds(1) ? 1 : 0;
  return outcome;
}

bool change(ArtifactStore& store, std::size_t actor, std::uint64_t number) {
  const std::string key = soak_key(actor, number);
  return is_removal(actor, number) ? store.remove(key).has_value() : store.insert(key, artifact_of(key, number)).has_value();
}

void evict_one(ArtifactStore& store, SoakOracle& oracle, std::mt19937_64& random) {
  const std::size_t writer = random() % kSoakWriters;
  const std::uint64_t number = random() % kSoakKeys;
  if (!may_be_evicted(writer, number)) return;
  const auto removed = timed(oracle, [&] { return store.remove(soak_key(writer, number)); });
  oracle.evictions += removed && *removed ? 1 : 0;
  oracle.failed_changes += removed ? 0 : 1;
}

int change_until_killed(const fs::path& dir, std::size_t actor, SoakOracle& oracle) {
  std::mt19937_64 random(oracle.actors[actor].begun);
  auto store = ArtifactStore::open(dir, soak_options());
  while (store && !oracle.stop) {
    if (actor == kRemover) evict_one(*store, oracle, random);
    const std::uint64_t number = oracle.actors[actor].begun++;
    if (!timed(oracle, [&] { return change(*store, actor, number); })) ++oracle.failed_changes;
    oracle.actors[actor].acknowledged = number + 1;
  }
  return store ? 0 : 1;
}

int read_until_stopped(const fs::path& dir, std::size_t seed, SoakOracle& oracle) {
  std::mt19937_64 random(seed);
  auto store = ArtifactStore::open(dir, read_only());
  while (store && !oracle.stop) {
    const std::size_t actor = random() % kSoakActors;
    const std::uint64_t acknowledged = oracle.actors[actor].acknowledged;
    if (acknowledged == 0) continue;
    const std::uint64_t number = acknowledged - 1 - random() % std::min(acknowledged, soak_round(actor));
    const auto found = timed(oracle, [&] { return store->get(soak_key(actor, number)); });
    const Verdict verdict = judge(actor, number, oracle.actors[actor].begun > number + 1, found);
    oracle.wrong += verdict == Verdict::wrong ? 1 : 0;
    oracle.lost += verdict == Verdict::lost && !is_uncertain(oracle, actor, number) ? 1 : 0;
    ++oracle.reads;
  }
  return store ? 0 : 1;
}

int flush_until_stopped(const fs::path& dir, SoakOracle& oracle) {
  auto store = ArtifactStore::open(dir, soak_options());
  while (store && !oracle.stop) oracle.flushes += store->flush() ? 1 : 0;
  return 0;
}

/// What must not pile up, as a process sees it that lives through all of it.
void check_nothing_piles_up(const fs::path& dir, ArtifactStore& witness, std::size_t descriptors) {
  REQUIRE(witness.insert("witness", artifact_of("witness", 1)));
  // A name that is renamed meanwhile may come twice.
  const auto names = [](const fs::path& folder) {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder)) found.insert(entry.path().filename());
    return found;
  };
  static const std::set<std::string> kKnown{"index.live",      "index.lock",           "index.snap",
                                            "index.snap.prev", ".index.snap.prev.tmp", "index.history"};
  for (const std::string& name : names(dir)) CHECK((kKnown.contains(name) || is_index_temporary(name)));
  CHECK(names("/proc/self/fd").size() <= descriptors);
  std::ifstream maps("/proc/self/maps");
  std::size_t generations = 0;
  for (std::string line; std::getline(maps, line);) generations += line.find("index.live") != std::string::npos ? 1 : 0;
  CHECK(generations == 1);
  const Stats stats = witness.stats();
  constexpr std::uint64_t kNodeAndBuckets = 128;  // of an entry, beside its record
  CHECK(stats.segment_bytes <= 8 * (stats.live_bytes + kNodeAndBuckets * stats.entries) + (64 << 10));
}

void soak(int kills) {
  const MemoryDir temp;
  const Shared<SoakOracle> oracle;
  ArtifactStore witness = ArtifactStore::open(temp.cache(), soak_options()).value();
  REQUIRE(witness.flush());
  REQUIRE(witness.insert("witness", artifact_of("witness", 1)));

  const auto start_actor = [&](std::size_t actor) { return Child([&, actor] { return change_until_killed(temp.cache(), actor, *oracle); }); };
  const auto start_flusher = [&] { return Child([&] { return flush_until_stopped(temp.cache(), *oracle); }); };
  const auto start_reader = [&](std::size_t r) { return Child([&, r] { return read_until_stopped(temp.cache(), r, *oracle); }); };
  std::vector<Child> actors;
  std::vector<Child> readers;
  for (std::size_t actor = 0; actor < kSoakActors; ++actor) actors.push_back(start_actor(actor));
  for (std::size_t r = 0; r < kReaders; ++r) readers.push_back(start_reader(r));
  Child flusher = start_flusher();
  const auto descriptors = static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));

  InFlight in_flight;
  std::mt19937_64 random(42);
  for (int kill = 0; kill < kills; ++kill) {
    std::this_thread::sleep_for(microseconds(random() % 6000));  // at random moments of their lives
    const std::size_t victim = random() % (kSoakActors + 2);
    if (victim < kSoakActors) {
      actors[victim].kill_and_reap();
      in_flight.note(*oracle, victim);
      actors[victim] = start_actor(victim);
    } else if (victim == kSoakActors) {
      flusher.kill_and_reap();
      flusher = start_flusher();
    } else {
      readers[0].kill_and_reap();
      readers[0] = start_reader(static_cast<std::size_t>(kill));
    }
    if (kill % 100 == 99) check_nothing_piles_up(temp.cache(), witness, descriptors);
  }
  oracle->stop = true;
  for (Child& child : actors) CHECK(child.reap() == 0);
  for (Child& child : readers) CHECK(child.reap() == 0);
  flusher.kill_and_reap();

  CHECK(oracle->failed_changes == 0);
  CHECK(oracle->lost == 0);
  CHECK(oracle->wrong == 0);
  CHECK(oracle->reads > 0);
  CHECK(oracle->evictions > 0);
  CHECK(oracle->flushes > 0);
  const SoakResult live = verify(witness, *oracle, in_flight);
  CHECK(live.lost == 0);
  CHECK(live.wrong == 0);
  CHECK(live.looked_at > 1000);
  CHECK(witness.load_all().size() == witness.size());
  CHECK(witness.stats().renewals > 0);
  CHECK_FALSE(check(temp.cache()).value().damaged);

  // The snapshot says the same.
  REQUIRE(witness.flush());
  fs::remove(temp.cache() / "index.live");
  const SoakResult restored = verify(ArtifactStore::open(temp.cache(), soak_options()).value(), *oracle, in_flight);
  CHECK(restored.lost == 0);
  CHECK(restored.wrong == 0);

  std::uint64_t changes = 0;
  for (const SoakOracle::Actor& actor : oracle->actors) changes += actor.acknowledged;
  WARN(kills << " kills: " << changes << " changes acknowledged, " << oracle->evictions << " evictions, " << oracle->reads << " reads, "
             << oracle->flushes << " flushes, " << witness.stats().renewals << " renewals; slowest operation " << oracle->slowest_micros / 1000
             << " ms, " << oracle->slow << " over 1 s");
}

}  // namespace

TEST_CASE("killed_writers_lose_nothing_acknowledged_and_readers_see_nothing_wrong") { soak(500); }
TEST_CASE("twenty_thousand_kills_lose_nothing_acknowledged", "[.][full]") { soak(20'000); }
