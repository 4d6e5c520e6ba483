// attach: what a short-lived process pays: open the store, look one key up, close.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <system_error>

#include "benchmark.hpp"
#include "measure.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kAttachesPerSample = 200;

/// Microseconds per call of `attach`, which gets the probe to look up and tells how many answers were right.
Contender attaching(std::string name, const ProbeList& list, std::function<std::size_t(std::span<const Probe>)> attach) {
  return {std::move(name), [&list, attach = std::move(attach)] {
            std::size_t right = 0;
            const double nanoseconds = timed([&] {
              for (std::size_t i = 0; i < kAttachesPerSample; ++i) right += attach(list.probes().subspan(i, 1));
            });
            require_right(right, kAttachesPerSample);
            return std::vector{nanoseconds / kNanosecondsPerMicrosecond / static_cast<double>(kAttachesPerSample)};
          }};
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// What no mapped index can do without. Two pages are touched: a header and an answer.
void map_and_touch(const std::filesystem::path& file, std::size_t bytes) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail("open");
  void* const mapping = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  if (mapping == MAP_FAILED) fail("mmap");
  const auto* const data = static_cast<const volatile char*>(mapping);
  static_cast<void>(data[0]);
  static_cast<void>(data[bytes / 2]);
  munmap(mapping, bytes);
  close(descriptor);
}

Contender mapping_floor(const Subject& ours, const std::filesystem::path& directory, const ProbeList& list) {
  const std::filesystem::path file = directory / "floor";
  std::filesystem::copy_file(ours.engine->mapped_file(ours.directory), file);
  const std::size_t bytes = std::filesystem::file_size(file);
  return attaching(std::string(kFloor) + "open, mmap, touch two pages, munmap", list, [file, bytes](std::span<const Probe>) {
    map_and_touch(file, bytes);
    return std::size_t{1};
  });
}

}  // namespace

Rows measure_attach(const Context& context) {
  const Subjects subjects = context.filled_subjects(of_processes);
  const ProbeList list = context.workload().hits(kAttachesPerSample, context.entries);
  const auto trial_of = [&](const std::string& what, Access access) {
    Trial trial{{{what, "us"}}, {}};
    for (const Subject& subject : subjects) {
      trial.contenders.push_back(attaching(subject.engine->name(), list, [&subject, access](std::span<const Probe> probe) {
        return subject.attach(access)->reader()->count_right(probe);
      }));
    }
    return trial;
  };
  Trial looking = trial_of("attach read-only, one lookup, close", Access::read_only);
  looking.contenders.push_back(mapping_floor(subjects.front(), context.directory, list));
  Rows rows = context.run(looking);
  append(rows, context.run(trial_of("attach, one lookup, close", Access::read_write)));
  return rows;
}

}  // namespace zccache::bench
