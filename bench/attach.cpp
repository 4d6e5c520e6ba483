// attach: what a short-lived process pays: open the store, look one key up, close.
#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include "benchmark.hpp"
#include "common/descriptor.hpp"
#include "measure.hpp"
#include "workers.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kAttachesPerSample = 200;

using Attach = std::function<std::size_t(std::span<const Probe>)>;  ///< looks one probe up and tells whether the answer was right

/// Microseconds of a call in a loop: the median, in which nobody else gets the processor.
double in_a_loop(const Attach& attach, const ProbeList& list) {
  std::size_t right = 0;
  std::vector<double> calls;
  for (std::size_t i = 0; i < kAttachesPerSample; ++i) calls.push_back(timed([&] { right += attach(list.probes().subspan(i, 1)); }));
  require_right(right, kAttachesPerSample);
  return quantile(calls, 0.5) / kNanosecondsPerMicrosecond;
}

/// Microseconds of one call, the first of its process. Another key each time.
double in_a_fresh_process(const Attach& attach, const ProbeList& list, std::size_t sample) {
  const auto probe = list.probes().subspan(sample % list.probes().size(), 1);
  return timed_processes(1, [&](std::size_t) { return [&] { require_right(attach(probe), 1); }; }) / kNanosecondsPerMicrosecond;
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// What no mapped index can do without. Two pages are touched: a header and an answer.
void map_and_touch(const std::filesystem::path& file, std::size_t bytes) {
  const tools::Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) fail("open");
  void* const mapping = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor.get(), 0);
  if (mapping == MAP_FAILED) fail("mmap");
  const auto* const data = static_cast<const volatile char*>(mapping);
  static_cast<void>(data[0]);
  static_cast<void>(data[bytes / 2]);
  munmap(mapping, bytes);
}

struct Candidate {
  std::string name;
  Attach attach;
};

std::vector<Candidate> candidates(const Subjects& subjects, Access access) {
  std::vector<Candidate> all;
  for (const Subject& subject : subjects) {
    all.push_back({subject.engine->name(),
                   [&subject, access](std::span<const Probe> probe) { return subject.attach(access)->reader()->count_right(probe); }});
  }
  return all;
}

/// On a copy of our own file.
Candidate mapping_floor(const Subject& ours, const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "floor";
  std::filesystem::copy_file(ours.engine->live_path(ours.directory), file, std::filesystem::copy_options::overwrite_existing);
  return {std::string(kFloor) + "open, mmap, touch two pages, munmap",
          [file, bytes = std::filesystem::file_size(file)](std::span<const Probe>) {
            map_and_touch(file, bytes);
            return std::size_t{1};
          }};
}

}  // namespace

Rows measure_attach(const Context& context) {
  const Subjects subjects = context.filled_subjects(of_processes);
  const ProbeList list = context.workload().hits(kAttachesPerSample, context.entries);
  const Candidate floor = mapping_floor(subjects.front(), context.directory);
  Rows rows;
  for (const Access access : {Access::read_only, Access::read_write}) {
    const std::string how = access == Access::read_only ? "attach read-only, one lookup, close" : "attach, one lookup, close";
    Trial looped{{{how, "us"}}, {}};
    Trial fresh{{{how + ", fresh process", "us"}}, {}};
    std::vector<Candidate> all = candidates(subjects, access);
    all.push_back(floor);
    for (const Candidate& candidate : all) {
      looped.contenders.push_back({candidate.name, [&, attach = candidate.attach] { return std::vector{in_a_loop(attach, list)}; }});
      auto samples = std::make_shared<std::size_t>(0);
      fresh.contenders.push_back(
          {candidate.name, [&, attach = candidate.attach, samples] { return std::vector{in_a_fresh_process(attach, list, (*samples)++)}; }});
    }
    append(rows, context.run(looped));
    append(rows, context.run(fresh));
  }
  return rows;
}

}  // namespace zccache::bench
