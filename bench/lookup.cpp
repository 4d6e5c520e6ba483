// lookup: hits in a hot set, of any key, as demand is distributed in practice, and misses; by one and by several threads and processes.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string>

#include "benchmark.hpp"
#include "least_index.hpp"
#include "lookups.hpp"
#include "measure.hpp"
#include "plain_map.hpp"
#include "workers.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kHotKeys = 1000;
constexpr std::size_t kHotProbes = 10'000;
constexpr std::size_t kMostProbes = 1'000'000;
constexpr std::size_t kLookupsPerWorker = 10'000;

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

/// A contender for each way of reading of each store.
template <class Sample>
std::vector<Contender> for_each_reader(const std::vector<Attached>& attached, const ProbeList& list, const Sample& sample) {
  std::vector<Contender> contenders;
  for (const Attached& one : attached) {
    for (std::size_t style = 0; style < one.readers.size(); ++style) {
      auto lookups = std::make_shared<Lookups>(list.probes(), answer_of(*one.readers[style]));
      contenders.push_back({styled_name(*one.subject->engine, style), [lookups, sample] { return sample(*lookups); }});
    }
  }
  return contenders;
}

/// The same lookups in memory of this process alone.
struct Floors {
  const LeastIndex& least;
  const PlainMap& map;
};

Trial throughput(const std::string& what, const ProbeList& list, const std::vector<Attached>& attached, const Floors& floors) {
  const auto sample = [](Lookups& lookups) { return std::vector{lookups.sample()}; };
  Trial trial{{{what, "ns"}}, for_each_reader(attached, list, sample)};
  const auto add = [&](const char* name, const auto& floor) {
    auto lookups = std::make_shared<Lookups>(list.probes(), [&floor](std::span<const Probe> probes) { return floor.count_right(probes); });
    trial.contenders.push_back({std::string(kFloor) + name, [lookups, sample] { return sample(*lookups); }});
  };
  add("a table in private memory, nothing checked", floors.least);
  add("boost::unordered_map in private memory, nothing checked", floors.map);
  return trial;
}

Trial latency(const std::string& what, const ProbeList& list, const std::vector<Attached>& attached) {
  const auto percentiles = [](Lookups& lookups) {
    std::vector<double> each = lookups.sample_each();
    return std::vector{quantile(each, 0.5), quantile(each, 0.99), quantile(each, 0.999)};
  };
  Trial trial{{{what + ", p50", "ns"}, {what + ", p99", "ns"}, {what + ", p99.9", "ns"}}, for_each_reader(attached, list, percentiles)};
  auto clock = std::make_shared<Lookups>(list.probes(), [](std::span<const Probe> probes) { return probes.size(); });
  trial.contenders.push_back({std::string(kFloor) + "reading the clock", [clock, percentiles] { return percentiles(*clock); }});
  return trial;
}

// --- Several at once: nanoseconds per lookup of all together. ---

/// Each worker goes over a part of the list of its own.
Work lookups_of(const std::shared_ptr<Reader>& reader, const ProbeList& list, std::size_t worker, std::size_t workers) {
  const std::size_t share = std::min(list.probes().size() / workers, kLookupsPerWorker);
  const auto part = list.probes().subspan(worker * share, share);
  require_right(reader->count_right(part), part.size());
  return [reader, part] {
    for (std::size_t asked = 0; asked < kLookupsPerWorker; asked += part.size()) require_right(reader->count_right(part), part.size());
  };
}

double per_lookup(double nanoseconds, const ProbeList& list, std::size_t workers) {
  const std::size_t share = std::min(list.probes().size() / workers, kLookupsPerWorker);
  const std::size_t rounds = (kLookupsPerWorker + share - 1) / share;
  return nanoseconds / static_cast<double>(workers * rounds * share);
}

Trial by_processes(const Subjects& subjects, const ProbeList& list, std::size_t workers) {
  Trial trial{{{fmt::format("hit, any key, {} processes", workers), "ns"}}, {}};
  for (const Subject& subject : subjects) {
    if (!subject.engine->abilities().processes) continue;
    trial.contenders.push_back({styled_name(*subject.engine, 0), [&, workers] {
                                  const double nanoseconds = timed_processes(workers, [&](std::size_t worker) -> Work {
                                    const std::shared_ptr<Session> session = subject.attach(Access::read_write);
                                    const Work work = lookups_of(session->reader(), list, worker, workers);
                                    return [session, work] { work(); };
                                  });
                                  return std::vector{per_lookup(nanoseconds, list, workers)};
                                }});
  }
  return trial;
}

Trial by_threads(const std::vector<Attached>& attached, const ProbeList& list, std::size_t workers) {
  Trial trial{{{fmt::format("hit, any key, {} threads", workers), "ns"}}, {}};
  for (const Attached& one : attached) {
    if (!one.subject->engine->abilities().threads) continue;
    trial.contenders.push_back({styled_name(*one.subject->engine, 0), [&, workers] {
                                  const double nanoseconds = timed_threads(
                                      workers, [&](std::size_t worker) { return lookups_of(one.session->reader(), list, worker, workers); });
                                  return std::vector{per_lookup(nanoseconds, list, workers)};
                                }});
  }
  return trial;
}

/// 2, 4, … up to the most that is asked for.
std::vector<std::size_t> crowds(std::size_t most) {
  std::vector<std::size_t> counts;
  for (std::size_t count = 2; count < most; count *= 2) counts.push_back(count);
  if (most > 1) counts.push_back(most);
  return counts;
}

}  // namespace

Rows measure_lookup(const Context& context) {
  const Workload workload = context.workload();
  const Subjects subjects = context.filled_subjects(any);
  context.progress.show("making probes");
  const std::size_t hot_probes = context.settings.quick ? context.entries : kHotProbes;
  const std::size_t count = context.settings.quick ? context.entries : std::clamp(10 * context.entries, kHotProbes, kMostProbes);
  const std::size_t hot_keys = std::min(kHotKeys, context.entries);
  const ProbeList hot = workload.hits(hot_probes, hot_keys);
  const ProbeList hot_as_stored = workload.hits(hot_probes, hot_keys);
  const ProbeList anywhere = workload.hits(count, context.entries);
  const ProbeList demand = workload.zipfian(count);
  const ProbeList absent = workload.misses(count);

  Rows of_processes;
  for (const std::size_t workers : crowds(context.settings.workers))
    append(of_processes, context.run(by_processes(subjects, anywhere, workers)));

  const std::vector<Attached> attached(subjects.begin(), subjects.end());
  const LeastIndex least(workload, context.settings.record_bytes);
  const PlainMap map(workload, context.settings.record_bytes);
  const Floors floors{least, map};
  Trial hottest = throughput("hit, one of 1000 hot keys", hot, attached, floors);
  hottest.contenders.push_back(hash_and_compare(hot, hot_as_stored));
  Rows rows = context.run(hottest);
  append(rows, context.run(throughput("hit, any key", anywhere, attached, floors)));
  append(rows, context.run(throughput("hit, zipfian", demand, attached, floors)));
  append(rows, context.run(throughput("miss", absent, attached, floors)));
  append(rows, context.run(latency("hit, any key, one by one", anywhere, attached)));
  for (const std::size_t workers : crowds(context.settings.workers)) append(rows, context.run(by_threads(attached, anywhere, workers)));
  append(rows, std::move(of_processes));
  return rows;
}

}  // namespace zccache::bench
