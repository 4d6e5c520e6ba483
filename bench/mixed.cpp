// mixed: reads and writes together: YCSB's mixes, and how long single lookups take beside a writer that never pauses.
#include <fmt/core.h>
#include <poll.h>

#include <memory>
#include <set>
#include <string>

#include "benchmark.hpp"
#include "child.hpp"
#include "measure.hpp"
#include "operations.hpp"
#include "workers.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kOperations = 10'000;
constexpr std::size_t kQuickOperations = 500;

struct Mixing {
  Workload workload;
  Zipfian zipfian;
  std::size_t operations;  ///< of each worker
};

/// Nanoseconds per operation of all workers together. Each sample has streams of its own.
double mixed_sample(const Subject& subject, const Mixing& mixing, const Mix& mix, std::size_t workers, std::size_t sample) {
  const double nanoseconds = timed_processes(workers, [&](std::size_t worker) -> Work {
    auto made = std::make_shared<std::vector<Operation>>(
        operations(mixing.workload, mixing.zipfian, mix, 1 + sample * workers + worker, mixing.operations));
    std::shared_ptr<Session> session = subject.attach(Access::read_write);
    std::shared_ptr<Reader> reader = session->reader();
    return [made, session, reader] { perform(*made, *session, *reader); };
  });
  return nanoseconds / static_cast<double>(workers * mixing.operations);
}

Trial mix_trial(const Subjects& subjects, const Mixing& mixing, const Mix& mix, std::size_t workers) {
  Trial trial{{{fmt::format("{}, {} process{}", mix.name, workers, workers == 1 ? "" : "es"), "ns"}}, {}};
  for (const Subject& subject : subjects) {
    if (workers > 1 && !subject.engine->abilities().processes) continue;
    auto samples = std::make_shared<std::size_t>(0);
    trial.contenders.push_back(
        {subject.engine->name(), [&, workers, samples] { return std::vector{mixed_sample(subject, mixing, mix, workers, (*samples)++)}; }});
  }
  return trial;
}

// --- Beside a writer. ---

constexpr std::size_t kWrittenTogether = 100;
constexpr std::size_t kChangesPerFlush = 2048;  // as the store's own default
constexpr double kLeastNanoseconds = 300e6;
constexpr std::size_t kProbes = 10'000;

bool is_closed(const tools::Descriptor& reading) {
  pollfd state{reading.get(), POLLIN, 0};
  return poll(&state, 1, 0) != 0;
}

/// Replaces all entries, over and over, one by one and a hundred together in turn, and flushes; so the store has to renew itself or collect its
/// garbage too. Stops when the other end of `stop` is closed.
void write_without_pause(const Subject& subject, const Workload& workload, const tools::Descriptor& stop, const std::function<void()>& ready) {
  const auto session = subject.attach(Access::read_write);
  std::vector<Entry> entries = workload.entries(0, std::min<std::size_t>(workload.size(), 20'000));
  ready();
  std::size_t changes = 0;
  while (true) {
    for (Entry& entry : entries) ++entry.artifact.stored_at_secs;
    for (std::size_t from = 0; from + kWrittenTogether <= entries.size(); from += kWrittenTogether) {
      if (is_closed(stop)) return;
      const std::span<const Entry> some(entries.data() + from, kWrittenTogether);
      if (from / kWrittenTogether % 2 == 0)
        session->insert_each(some);
      else
        session->insert_together(some);
      if ((changes += kWrittenTogether) >= kChangesPerFlush) {
        session->flush();
        changes = 0;
      }
    }
  }
}

/// A writer in a process of its own, as long as this lives.
class Writer {
 public:
  Writer(const Subject& subject, const Workload& workload)
      : child_([&] {
          stop_.writing.reset();
          ready_.reading.reset();
          write_without_pause(subject, workload, stop_.reading, [&] { ready_.writing.reset(); });
        }) {
    stop_.reading.reset();
    ready_.writing.reset();
    char none = 0;
    static_cast<void>(read(ready_.reading.get(), &none, 1));
  }
  ~Writer() {
    stop_.writing.reset();
    child_.wait();  // it must not be killed in the middle: not every engine bears that
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
  Pipe stop_;
  Pipe ready_;
  Child child_;
};

/// Goes round the probes as often as it takes.
std::vector<double> percentiles(const Subject& subject, std::span<const Probe> probes, const Settings& settings) {
  const auto session = subject.attach(Access::read_write);
  const auto reader = session->reader();
  require_right(reader->count_right(probes.first(probes.size() / 10)), probes.size() / 10);
  std::vector<double> each;
  const double start = now_nanoseconds();
  const double least = settings.quick ? 0 : kLeastNanoseconds;
  while (each.size() < probes.size() || now_nanoseconds() - start < least) {
    const Probe& probe = probes[each.size() % probes.size()];
    std::size_t right = 0;
    each.push_back(timed([&] { right = reader->count_right({&probe, 1}); }));
    require_right(right, 1);
  }
  return {quantile(each, 0.5), quantile(each, 0.99), quantile(each, 0.999)};
}

Trial beside_writer(const Subjects& subjects, const Workload& workload, const ProbeList& list, const Settings& settings) {
  Trial trial{{{"lookup beside a writer, p50", "ns"}, {"lookup beside a writer, p99", "ns"}, {"lookup beside a writer, p99.9", "ns"}}, {}};
  for (const Subject& subject : subjects) {
    if (!subject.engine->abilities().processes) continue;
    trial.contenders.push_back({subject.engine->name() + ", alone", [&] { return percentiles(subject, list.probes(), settings); }});
    trial.contenders.push_back({subject.engine->name(), [&] {
                                  const Writer writer(subject, workload);
                                  return percentiles(subject, list.probes(), settings);
                                }});
  }
  return trial;
}

}  // namespace

Rows measure_mixed(const Context& context) {
  const Subjects subjects = context.filled_subjects(any);
  const Workload workload = context.workload();
  const Mixing mixing{workload, Zipfian(workload.size()), context.settings.quick ? kQuickOperations : kOperations};
  Rows rows;
  for (const Mix& mix : kMixes) {
    for (const std::size_t workers : std::set<std::size_t>{1, context.settings.workers}) {
      append(rows, context.run(mix_trial(subjects, mixing, mix, workers)));
    }
  }
  const ProbeList list = workload.hits(std::min(kProbes, workload.size()), workload.size());
  append(rows, context.run(beside_writer(subjects, workload, list, context.settings)));
  return rows;
}

}  // namespace zccache::bench
