// Hits in several processes beside evictions that never end: each is served whole, or is a clean miss that is stored again.
#include <zccache/eviction.hpp>
#include <zccache/payload_store.hpp>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "catch.hpp"
#include "process/children.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

constexpr std::uint64_t kBuilders = 3;
constexpr std::uint64_t kKeys = 60;

struct Tally {
  std::atomic<std::uint64_t> hits, misses, wrong, failed, damaged, collections, evicted, failed_collections;
  std::array<char, 256> last_failure;

  void fail(const Failure& failure) {
    ++failed;
    std::snprintf(last_failure.data(), last_failure.size(), "%s", failure.message().c_str());
  }
};

std::string key_at(std::uint64_t number) { return key_of(number).substr(0, 32); }

/// One of a few sizes, each byte told by the key.
std::string payload_of(std::uint64_t number, const char* output) {
  std::string bytes(1000 + number % 7 * 3000, static_cast<char>('a' + number % 26));
  return bytes + output + key_at(number);
}

/// What a launcher does for each compile: serve, or make and store.
void build(ArtifactStore& store, const std::filesystem::path& folder, std::uint64_t number, Tally& tally) {
  const std::vector<OutputFile> outputs{{"a.o", folder / "a.o"}, {"a.d", folder / "a.d"}};
  PayloadStore payloads(store);
  const auto restored = payloads.restore(store.find(key_at(number)), outputs);
  if (!restored) tally.fail(restored.error());
  if (restored && *restored == Restored::damaged) ++tally.damaged;
  const bool hit = restored && *restored == Restored::hit;
  if (!hit) {
    ++tally.misses;
    for (const OutputFile& output : outputs) write_file(output.path, payload_of(number, output.name.c_str()));
    if (const auto stored = payloads.put(key_at(number), outputs, "", ""); !stored) tally.fail(stored.error());
    return;
  }
  ++tally.hits;
  store.touch(key_at(number));
  for (const OutputFile& output : outputs) tally.wrong += read_file(output.path) == payload_of(number, output.name.c_str()) ? 0 : 1;
}

int build_until(const std::filesystem::path& cache, const std::filesystem::path& folder, std::uint64_t seed, std::uint64_t hits, Tally& tally) {
  OpenOptions options = manual_flush();
  options.lock_timeout = std::chrono::seconds(30);
  auto store = ArtifactStore::open(cache, options);
  std::filesystem::create_directory(folder);
  std::mt19937_64 random(seed);
  while (store && tally.hits < hits) build(*store, folder, random() % kKeys, tally);
  return store ? 0 : 1;
}

/// Room for about half of the entries.
int evict_for_ever(const std::filesystem::path& cache, Tally& tally) {
  OpenOptions options = manual_flush();
  options.lock_timeout = std::chrono::seconds(30);
  auto store = ArtifactStore::open(cache, options);
  CollectionOptions collection;
  collection.policy = {.max_size = {.bytes = 2'000'000}, .hard = {.start = 90, .stop = 75}};
  while (store) {
    const auto report = collect_garbage(*store, collection);
    if (!report) ++tally.failed_collections;
    if (report) tally.evicted += report->evicted;
    ++tally.collections;
  }
  return 1;
}

}  // namespace

TEST_CASE("hits_beside_evictions_are_served_whole_or_are_clean_misses") {
  const char* asked_for = std::getenv("ZCCACHE_SOAK_HITS");
  const std::uint64_t hits = asked_for != nullptr ? std::strtoull(asked_for, nullptr, 10) : 3000;
  const TempDir temp;
  Shared<Tally> tally;
  {
    std::vector<Child> children;
    for (std::uint64_t b = 0; b < kBuilders; ++b) {
      children.emplace_back([&, b] { return build_until(temp.cache(), temp.path() / std::to_string(b), b, hits, *tally); });
    }
    const Child collector([&] { return evict_for_ever(temp.cache(), *tally); });
    for (Child& child : children) CHECK(child.reap() == 0);
  }
  CAPTURE(tally->last_failure.data());
  CHECK(tally->failed == 0);
  CHECK(tally->wrong == 0);
  CHECK(tally->damaged == 0);
  CHECK(tally->failed_collections == 0);
  CHECK(tally->evicted > 0);
  WARN(tally->hits << " hits, " << tally->misses << " misses, " << tally->collections << " collections, " << tally->evicted << " evicted");

  // A collector killed at the end left at most what the next one finds.
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  CollectionOptions unlimited;
  unlimited.policy.max_size = {};
  CHECK(collect_garbage(store, unlimited).value().dangling == 0);
  const CollectionReport after = collect_garbage(store, unlimited).value();
  CHECK(after.orphans == 0);
  CHECK(after.dangling == 0);
  store.for_each([&](const ArtifactView& entry) {
    CHECK(PayloadStore(store).verify(entry).value());
    return true;
  });
}
