// snapshot: what surviving a reboot costs, to write and to come back from.
#include "benchmark.hpp"
#include "workload.hpp"

namespace zccache::bench {
namespace {

constexpr double kNanosecondsPerMillisecond = 1e6;

/// A flush after one change: a store with nothing new to say might not write at all.
Row flush_row(const Engine& engine, const Settings& settings, const std::filesystem::path& directory, const Entry& change) {
  const auto session = engine.attach(directory, Access::read_write);
  const Spread spread = measure(settings.repeats, [&] {
    session->insert_each({&change, 1});
    return timed([&] { session->flush(); }) / kNanosecondsPerMillisecond;
  });
  return {engine.name(), "flush to disk", "ms", spread};
}

Row return_row(const Engine& engine, const Settings& settings, const std::filesystem::path& directory, const ProbeList& list, Access access) {
  const std::string what = access == Access::read_only ? "first lookup after a reboot, read-only" : "first lookup after a reboot";
  const Spread spread = measure(settings.repeats, [&] {
    engine.reboot(directory);
    std::size_t right = 0;
    const double nanoseconds = timed([&] { right = engine.attach(directory, access)->count_right(list.probes()); });
    require_right(what, right, list.probes().size());
    return nanoseconds / kNanosecondsPerMillisecond;
  });
  return {engine.name(), what, "ms", spread};
}

Row size_row(const Engine& engine, const Workload& workload, const std::filesystem::path& directory) {
  const auto bytes = static_cast<double>(std::filesystem::file_size(engine.durable_file(directory)));
  return {engine.name(), "bytes per entry", "B", spread_of({bytes / static_cast<double>(workload.size())})};
}

}  // namespace

Rows measure_snapshot(const Engine& engine, const Settings& settings, const std::filesystem::path& directory) {
  const Workload workload(settings.seed, settings.entries);
  fill(*engine.attach(directory, Access::read_write), workload);
  const ProbeList list = workload.hits(1, settings.entries);

  Rows rows = {flush_row(engine, settings, directory, workload.entry(0)), size_row(engine, workload, directory),
               return_row(engine, settings, directory, list, Access::read_only),
               return_row(engine, settings, directory, list, Access::read_write)};
  check_all(*engine.attach(directory, Access::read_only), workload);
  return rows;
}

}  // namespace zccache::bench
