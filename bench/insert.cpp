// insert: from an empty directory to all entries, growth included.
#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "benchmark.hpp"
#include "workload.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kBatch = 1000;

/// Microseconds per entry. Making the entries is not timed.
Row insert_row(const Engine& engine, const std::string& what, const Settings& settings, const std::filesystem::path& directory,
               const std::function<void(Session&, std::span<const Entry>)>& insert) {
  const Workload workload(settings.seed, settings.entries);
  const Spread spread = measure(settings.repeats, [&] {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directory(directory);
    const auto session = engine.attach(directory, Access::read_write);
    double nanoseconds = 0;
    for (std::size_t from = 0; from < workload.size(); from += kBatch) {
      const std::vector<Entry> entries = workload.entries(from, std::min(from + kBatch, workload.size()));
      nanoseconds += timed([&] { insert(*session, entries); });
    }
    check_all(*session, workload);
    return nanoseconds / 1000 / static_cast<double>(workload.size());
  });
  return {engine.name(), what, "us", spread};
}

}  // namespace

Rows measure_insert(const Engine& engine, const Settings& settings, const std::filesystem::path& directory) {
  const auto row = [&](const std::string& what, void (Session::*insert)(std::span<const Entry>)) {
    return insert_row(engine, what, settings, directory,
                      [insert](Session& session, std::span<const Entry> entries) { (session.*insert)(entries); });
  };
  return {row("insert, one at a time", &Session::insert_each), row(fmt::format("insert, {} together", kBatch), &Session::insert_together)};
}

}  // namespace zccache::bench
