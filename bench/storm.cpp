// storm: many processes at once that each attach, look up, insert on a miss, and leave, as the compilers of a build do.
#include <fmt/core.h>

#include <memory>
#include <string>

#include "benchmark.hpp"
#include "measure.hpp"
#include "workers.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kProcesses = 64;
constexpr std::size_t kKnown = 4;  ///< keys that a process finds
constexpr std::size_t kNew = 4;    ///< keys that it looks for in vain and then inserts

struct Errand {
  ProbeList known;
  ProbeList absent;
  std::vector<Entry> entries;  ///< for the absent
};

Errand errand(const Workload& workload, std::size_t first_new) {
  Errand made{ProbeList(kKnown), ProbeList(kNew), workload.entries(first_new, first_new + kNew)};
  Random random(first_new);
  for (std::size_t n = 0; n < kKnown; ++n) made.known.add(workload, random.below(workload.size()));
  for (const Entry& entry : made.entries) made.absent.add(entry.key, Probe::kAbsent);
  return made;
}

void run(const Subject& subject, const Errand& errand) {
  const auto session = subject.attach(Access::read_write);
  const auto reader = session->reader();
  require_right(reader->count_right(errand.known.probes()), kKnown);
  for (std::size_t i = 0; i < kNew; ++i) {
    require_right(reader->count_right(errand.absent.probes().subspan(i, 1)), 1);
    session->insert_each({&errand.entries[i], 1});
  }
}

/// Each sample inserts keys that no sample before it did, and then looks whether all of them are there.
double storm(const Subject& subject, const Workload& workload, std::size_t first_new) {
  std::vector<Errand> errands;
  for (std::size_t i = 0; i < kProcesses; ++i) errands.push_back(errand(workload, first_new + i * kNew));
  const double nanoseconds = timed_processes(kProcesses, [&](std::size_t worker) { return [&, worker] { run(subject, errands[worker]); }; });
  const auto session = subject.attach(Access::read_write);
  const auto reader = session->reader();
  std::size_t found = 0;
  for (const Errand& one : errands) {
    for (const Entry& entry : one.entries) found += reader->get(entry.key) == entry.artifact ? 1 : 0;
  }
  require_right(found, kProcesses * kNew);
  return nanoseconds / kNanosecondsPerMicrosecond / static_cast<double>(kProcesses);
}

}  // namespace

Rows measure_storm(const Context& context) {
  const Subjects subjects = context.filled_subjects(of_processes);
  const Workload workload = context.workload();
  Trial trial{{{fmt::format("one of {} processes: attach, 8 lookups, 4 inserts, leave", kProcesses), "us"}}, {}};
  for (const Subject& subject : subjects) {
    auto next = std::make_shared<std::size_t>(context.entries);
    trial.contenders.push_back({subject.engine->name(), [&subject, workload, next] {
                                  const std::size_t first = *next;
                                  *next += kProcesses * kNew;
                                  return std::vector{storm(subject, workload, first)};
                                }});
  }
  trial.contenders.push_back({std::string(kFloor) + "processes that do nothing", [] {
                                const double nanoseconds = timed_processes(kProcesses, [](std::size_t) { return [] {}; });
                                return std::vector{nanoseconds / kNanosecondsPerMicrosecond / static_cast<double>(kProcesses)};
                              }});
  return context.run(trial);
}

}  // namespace zccache::bench
