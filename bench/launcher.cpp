// launcher: C++ compiles through zccache-cc, ccache and sccache, whole processes, each with a cache that begins empty.
#include <algorithm>
#include <atomic>
#include <functional>
#include <string>

#include "benchmark.hpp"
#include "launchers.hpp"
#include "measure.hpp"
#include "project.hpp"
#include "workers.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kMostRounds = 5;  // a round takes a minute

using Wrap = std::function<Command(Command)>;

/// Nanoseconds for all sources, `at_once` at a time.
double build(const Project& project, std::size_t at_once, const Wrap& wrap) {
  project.remove_objects();
  std::atomic<std::size_t> next = 0;
  const double nanoseconds = timed_threads(at_once, [&](std::size_t) {
    return [&] {
      for (std::size_t i = next++; i < project.size(); i = next++) run(wrap(project.compile(i)));
    };
  });
  project.check_objects();
  return nanoseconds;
}

/// Milliseconds of a cold build and of one that hits.
std::pair<double, double> cold_and_hit(Launcher& launcher, const Project& project, std::size_t at_once) {
  const Wrap wrap = [&](Command command) { return launcher.wrap(std::move(command)); };
  launcher.start_afresh();
  const double cold = build(project, at_once, wrap) / kNanosecondsPerMillisecond;
  launcher.settle(project.size());
  require_right(launcher.hits(), 0);
  const double hit = build(project, at_once, wrap) / kNanosecondsPerMillisecond;
  require_right(launcher.hits(), project.size());
  return {cold, hit};
}

/// What a miss costs more than the compiler alone.
Rows overhead(const Rows& rows, const std::string& cold, const std::string& bare_name) {
  const auto bare = std::ranges::find_if(rows, [&](const Row& row) { return row.what == cold && row.name == bare_name; });
  Rows more;
  for (const Row& row : rows) {
    if (row.what != cold || row.name.starts_with(kFloor)) continue;
    Row& extra = more.emplace_back(row);
    extra.what = "what a miss costs beyond the compile";
    std::ranges::transform(row.samples, bare->samples, extra.samples.begin(), std::minus<>());
  }
  return more;
}

}  // namespace

Rows measure_launcher(const Context& context) {
  const Settings& settings = context.settings;
  const Project project = settings.commands.empty() ? Project::made_up(settings.seed, settings.quick, context.directory)
                                                    : Project::of_database(settings.commands, context.directory);
  const auto launchers = all_launchers(context.directory);
  const auto each = static_cast<double>(project.size());
  const std::string cold = "compile, miss";
  const std::string bare = std::string(kFloor) + "the compiler alone";

  Trial trial{{{cold, "ms"}, {"compile, hit", "ms"}, {"whole build, all misses", "ms"}, {"whole build, all hits", "ms"}}, {}};
  for (const auto& launcher : launchers) {
    trial.contenders.push_back({launcher->name(), [&] {
                                  const auto [one_cold, one_hit] = cold_and_hit(*launcher, project, 1);
                                  const auto [all_cold, all_hit] = cold_and_hit(*launcher, project, settings.workers);
                                  return std::vector{one_cold / each, one_hit / each, all_cold, all_hit};
                                }});
  }
  const Wrap unwrapped = [](Command command) { return command; };
  trial.contenders.push_back({bare, [&] {
                                const double one = build(project, 1, unwrapped) / kNanosecondsPerMillisecond / each;
                                const double all = build(project, settings.workers, unwrapped) / kNanosecondsPerMillisecond;
                                return std::vector{one, one, all, all};
                              }});
  trial.contenders.push_back({std::string(kFloor) + "a process that does nothing", [&] {
                                const double one = timed([] { run({{"true"}, {}}); }) / kNanosecondsPerMillisecond;
                                return std::vector{one, one, one * each, one * each};
                              }});
  Rows rows = run_trial(trial, project.size(), std::min(settings.rounds, kMostRounds), context.progress);
  append(rows, overhead(rows, cold, bare));
  return rows;
}

}  // namespace zccache::bench
