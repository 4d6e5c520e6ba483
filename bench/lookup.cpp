// lookup: hits in a hot set, of any key, as demand is distributed in practice, and misses, in a store that is attached.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <string>

#include "benchmark.hpp"
#include "lookups.hpp"
#include "measure.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kHotKeys = 1000;
constexpr std::size_t kHotProbes = 10'000;
constexpr std::size_t kMostProbes = 1'000'000;

Lookups::Answer answer_of(Reader& reader) {
  return [&reader](std::span<const Probe> probes) { return reader.count_right(probes); };
}

/// What no index of whole keys can do without: hash the key, and compare it with the one that is stored.
Contender hash_and_compare(const ProbeList& list, const ProbeList& stored) {
  auto lookups = std::make_shared<Lookups>(list.probes(), [first = list.probes().data(), &stored](std::span<const Probe> probes) {
    std::size_t equal = 0;
    for (const Probe& probe : probes) {
      keep(XXH3_128bits(probe.key.data(), probe.key.size()));
      equal += probe.key == stored.probes()[static_cast<std::size_t>(&probe - first)].key ? 1 : 0;
    }
    return equal;
  });
  return {std::string(kFloor) + "hash and one compare", [lookups] { return std::vector{lookups->sample()}; }};
}

Trial throughput(const std::string& what, const ProbeList& list, const std::vector<Attached>& attached) {
  Trial trial{{{what, "ns"}}, {}};
  for (const Attached& one : attached) {
    for (std::size_t style = 0; style < one.readers.size(); ++style) {
      auto lookups = std::make_shared<Lookups>(list.probes(), answer_of(*one.readers[style]));
      trial.contenders.push_back({styled_name(*one.subject->engine, style), [lookups] { return std::vector{lookups->sample()}; }});
    }
  }
  return trial;
}

}  // namespace

Rows measure_lookup(const Context& context) {
  const Workload workload = context.workload();
  const Subjects subjects = context.filled_subjects(any);
  const std::size_t probes = std::clamp(10 * context.entries, kHotProbes, kMostProbes);
  const std::size_t hot_keys = std::min(kHotKeys, context.entries);
  const ProbeList hot = workload.hits(kHotProbes, hot_keys);
  const ProbeList hot_as_stored = workload.hits(kHotProbes, hot_keys);

  std::vector<Attached> attached;
  for (const Subject& subject : subjects) attached.emplace_back(subject);

  Trial hits = throughput("hit, one of 1000 hot keys", hot, attached);
  hits.contenders.push_back(hash_and_compare(hot, hot_as_stored));
  Rows rows = context.run(hits);
  const ProbeList anywhere = workload.hits(probes, context.entries);
  append(rows, context.run(throughput("hit, any key", anywhere, attached)));
  const ProbeList demand = workload.zipfian(probes);
  append(rows, context.run(throughput("hit, zipfian", demand, attached)));
  const ProbeList absent = workload.misses(probes);
  append(rows, context.run(throughput("miss", absent, attached)));
  return rows;
}

}  // namespace zccache::bench
