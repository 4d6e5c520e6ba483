// lookup: hits in a hot set, hits everywhere, and misses, in a store that is attached.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <functional>
#include <string>

#include "benchmark.hpp"
#include "workload.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kHotKeys = 1000;
constexpr std::size_t kHotProbes = 10'000;
constexpr std::size_t kProbes = 100'000;
constexpr std::size_t kLookupsPerSample = 100'000;

/// Nanoseconds per lookup; `count_right` answers a list of probes.
Row lookup_row(const std::string& engine, const std::string& what, const Settings& settings, const ProbeList& list,
               const std::function<std::size_t(std::span<const Probe>)>& count_right) {
  const std::span<const Probe> probes = list.probes();
  const std::size_t rounds = kLookupsPerSample / probes.size();
  const Spread spread = measure(settings.repeats, [&] {
    std::size_t right = 0;
    const double nanoseconds = timed([&] {
      for (std::size_t round = 0; round < rounds; ++round) right += count_right(probes);
    });
    require_right(what, right, rounds * probes.size());
    return nanoseconds / static_cast<double>(rounds * probes.size());
  });
  return {engine, what, "ns", spread};
}

/// What no index of whole keys can do without: hash the key, and compare it with the one that is stored.
Row floor_row(const Workload& workload, const Settings& settings, const ProbeList& hot, std::size_t hot_keys) {
  const ProbeList stored = workload.hits(kHotProbes, hot_keys);
  return lookup_row("floor", "XXH3-128 of a key and one comparison", settings, hot, [&](std::span<const Probe> probes) {
    std::size_t equal = 0;
    for (std::size_t i = 0; i < probes.size(); ++i) {
      keep(XXH3_128bits(probes[i].key.data(), probes[i].key.size()));
      equal += probes[i].key == stored.probes()[i].key ? 1 : 0;
    }
    return equal;
  });
}

}  // namespace

Rows measure_lookup(const Engine& engine, const Settings& settings, const std::filesystem::path& directory) {
  const Workload workload(settings.seed, settings.entries);
  const auto session = engine.attach(directory, Access::read_write);
  fill(*session, workload);
  check_all(*session, workload);

  const std::size_t hot_keys = std::min(kHotKeys, settings.entries);
  const ProbeList hot = workload.hits(kHotProbes, hot_keys);
  const auto row = [&](const std::string& what, const ProbeList& list) {
    return lookup_row(engine.name(), what, settings, list, [&](std::span<const Probe> probes) { return session->count_right(probes); });
  };
  return {row("hit, one of 1000 hot keys", hot), row("hit, any key", workload.hits(kProbes, settings.entries)),
          row("miss", workload.misses(kProbes)), floor_row(workload, settings, hot, hot_keys)};
}

}  // namespace zccache::bench
