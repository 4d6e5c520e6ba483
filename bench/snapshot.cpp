// snapshot: what surviving a reboot costs, to write and to come back from.
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "benchmark.hpp"
#include "measure.hpp"

namespace zccache::bench {
namespace {

/// Bytes that a file takes on the disk, holes not counted.
double disk_bytes(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) throw std::system_error(errno, std::generic_category(), file.string());
  return static_cast<double>(status.st_blocks) * 512;
}

/// A flush after one change: a store with nothing new to say might not write at all.
Contender flushing(const Subject& subject, const Entry& change) {
  return {subject.engine->name(), [&subject, change] {
            const auto session = subject.attach(Access::read_write);
            session->insert_each({&change, 1});
            return std::vector{timed([&] { session->flush(); }) / kNanosecondsPerMillisecond};
          }};
}

Contender returning(const Subject& subject, const ProbeList& list, Access access) {
  return {subject.engine->name(), [&subject, &list, access] {
            subject.engine->reboot(subject.directory);
            std::size_t right = 0;
            const double nanoseconds = timed([&] { right = subject.attach(access)->reader()->count_right(list.probes()); });
            require_right(right, list.probes().size());
            return std::vector{nanoseconds / kNanosecondsPerMillisecond};
          }};
}

template <class MakeContender>
Trial trial_of(const std::string& what, const std::string& unit, const Subjects& subjects, const MakeContender& make) {
  Trial trial{{{what, unit}}, {}};
  for (const Subject& subject : subjects) trial.contenders.push_back(make(subject));
  return trial;
}

}  // namespace

Rows measure_snapshot(const Context& context) {
  const Subjects subjects = context.filled_subjects(any);
  const Workload workload = context.workload();
  const ProbeList list = workload.hits(1, context.entries);

  Rows rows =
      context.run(trial_of("flush to disk", "ms", subjects, [&](const Subject& subject) { return flushing(subject, workload.entry(0)); }));
  for (const Subject& subject : subjects) {
    const double bytes = disk_bytes(subject.engine->durable_file(subject.directory)) / static_cast<double>(context.entries);
    rows.push_back({"bytes per entry on disk", "B", subject.engine->name(), context.entries, {bytes}});
  }
  append(rows, context.run(trial_of("first lookup after a reboot, read-only", "ms", subjects,
                                    [&](const Subject& subject) { return returning(subject, list, Access::read_only); })));
  append(rows, context.run(trial_of("first lookup after a reboot", "ms", subjects,
                                    [&](const Subject& subject) { return returning(subject, list, Access::read_write); })));
  return rows;
}

}  // namespace zccache::bench
