// attach: what a short-lived process pays: open the store, look one key up, close.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <system_error>

#include "benchmark.hpp"
#include "workload.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kAttachesPerSample = 200;

/// Microseconds per call of `attach`, which gets the probe to look up.
Row attach_row(const std::string& engine, const std::string& what, const Settings& settings, const ProbeList& list,
               const std::function<std::size_t(std::span<const Probe>)>& attach) {
  const Spread spread = measure(settings.repeats, [&] {
    std::size_t right = 0;
    const double nanoseconds = timed([&] {
      for (std::size_t i = 0; i < kAttachesPerSample; ++i) right += attach(list.probes().subspan(i, 1));
    });
    require_right(what, right, kAttachesPerSample);
    return nanoseconds / 1000 / static_cast<double>(kAttachesPerSample);
  });
  return {engine, what, "us", spread};
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

Row floor_row(const Engine& engine, const Settings& settings, const ProbeList& list, const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "floor";
  std::filesystem::copy_file(engine.mapped_file(directory), file);
  const std::size_t bytes = std::filesystem::file_size(file);
  return attach_row("floor", "open, mmap, touch two pages, munmap, close", settings, list, [&](std::span<const Probe>) {
    map_and_touch(file, bytes);
    return std::size_t{1};
  });
}

}  // namespace

Rows measure_attach(const Engine& engine, const Settings& settings, const std::filesystem::path& directory) {
  const Workload workload(settings.seed, settings.entries);
  fill(*engine.attach(directory, Access::read_write), workload);
  check_all(*engine.attach(directory, Access::read_only), workload);

  const ProbeList list = workload.hits(kAttachesPerSample, settings.entries);
  const auto row = [&](const std::string& what, Access access) {
    return attach_row(engine.name(), what, settings, list,
                      [&](std::span<const Probe> probe) { return engine.attach(directory, access)->count_right(probe); });
  };
  return {row("attach read-only, one lookup, close", Access::read_only), row("attach, one lookup, close", Access::read_write),
          floor_row(engine, settings, list, directory)};
}

}  // namespace zccache::bench
