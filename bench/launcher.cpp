// launcher: C++ compiles through zccache-cc, ccache and sccache, whole processes, each with a cache that begins empty.
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <string>

#include "benchmark.hpp"
#include "launchers.hpp"
#include "measure.hpp"
#include "workers.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kMostRounds = 5;  // a round takes a minute

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::filesystem::path& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

/// Sources as they are common: some of the standard library, and templates that are put to use.
std::string source(const Settings& settings, std::size_t number) {
  std::string text = settings.quick ? "" : "#include <algorithm>\n#include <map>\n#include <string>\n#include <vector>\n";
  for (int function = 0; function < 20; ++function) {
    text += settings.quick ? fmt::format("int f{0}_{1}(int x) {{ return x * {0} + {2}; }}\n", number, function, settings.seed)
                           : fmt::format(
                                 "std::size_t f{0}_{1}(std::map<std::string, std::vector<int>>& m, std::string k) {{\n"
                                 "  auto& v = m[k + \"{0}\"];\n  v.push_back({2});\n  std::sort(v.begin(), v.end());\n  return v.size();\n}}\n",
                                 number, function, settings.seed);
  }
  return text;
}

/// A file that is as young as a compile looks as if it had changed meanwhile, and then nothing is stored.
void wait_until_older(const std::filesystem::path& file) {
  const auto changed_at = [](const std::filesystem::path& path) {
    struct stat status {};
    stat(path.c_str(), &status);
    return std::pair(status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
  };
  const std::filesystem::path young = file.string() + ".young";
  do write_file(young, "x");
  while (changed_at(young) <= changed_at(file));
}

/// The sources, and the objects that the bare compiler makes of them.
class Project {
 public:
  Project(const Settings& settings, std::filesystem::path directory) : directory_(std::move(directory)), count_(settings.quick ? 2 : 8) {
    for (std::size_t i = 0; i < count_; ++i) write_file(directory_ / source_name(i), source(settings, i));
    wait_until_older(directory_ / source_name(count_ - 1));
    for (std::size_t i = 0; i < count_; ++i) {
      run(compile(i));
      objects_.push_back(content_of(object(i)));
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] Command compile(std::size_t i) const { return {{"g++", "-O2", "-c", source_name(i), "-o", object(i)}, {}, directory_}; }

  void remove_objects() const {
    for (std::size_t i = 0; i < count_; ++i) std::filesystem::remove(object(i));
  }
  void check_objects() const {
    std::size_t right = 0;
    for (std::size_t i = 0; i < count_; ++i) right += content_of(object(i)) == objects_[i] ? 1 : 0;
    require_right(right, count_);
  }

 private:
  [[nodiscard]] static std::string source_name(std::size_t i) { return fmt::format("unit{}.cpp", i); }
  [[nodiscard]] std::filesystem::path object(std::size_t i) const { return directory_ / fmt::format("unit{}.o", i); }

  std::filesystem::path directory_;
  std::size_t count_;
  std::vector<std::string> objects_;
};

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
    if (row.what != cold || row.name == bare_name) continue;
    Row& extra = more.emplace_back(row);
    extra.what = "what a miss costs beyond the compile";
    std::ranges::transform(row.samples, bare->samples, extra.samples.begin(), std::minus<>());
  }
  return more;
}

}  // namespace

Rows measure_launcher(const Context& context) {
  const Project project(context.settings, context.directory);
  const auto launchers = all_launchers(context.directory);
  const std::size_t workers = context.settings.workers;
  const auto each = static_cast<double>(project.size());
  const std::string cold = "compile, miss";
  const std::string bare = std::string(kFloor) + "the compiler alone";

  Trial trial{{{cold, "ms"},
               {"compile, hit", "ms"},
               {fmt::format("build of {}, {} at once, misses", project.size(), workers), "ms"},
               {fmt::format("build of {}, {} at once, hits", project.size(), workers), "ms"}},
              {}};
  for (const auto& launcher : launchers) {
    trial.contenders.push_back({launcher->name(), [&] {
                                  const auto [one_cold, one_hit] = cold_and_hit(*launcher, project, 1);
                                  const auto [all_cold, all_hit] = cold_and_hit(*launcher, project, workers);
                                  return std::vector{one_cold / each, one_hit / each, all_cold, all_hit};
                                }});
  }
  const Wrap unwrapped = [](Command command) { return command; };
  trial.contenders.push_back({bare, [&] {
                                const double one = build(project, 1, unwrapped) / kNanosecondsPerMillisecond / each;
                                const double all = build(project, workers, unwrapped) / kNanosecondsPerMillisecond;
                                return std::vector{one, one, all, all};
                              }});
  trial.contenders.push_back({std::string(kFloor) + "a process that does nothing", [&] {
                                const double one = timed([] { run({{"true"}, {}}); }) / kNanosecondsPerMillisecond;
                                return std::vector{one, one, one * each, one * each};
                              }});
  Rows rows = run_trial(trial, project.size(), std::min(context.settings.rounds, kMostRounds), context.progress);
  append(rows, overhead(rows, cold, bare));
  return rows;
}

}  // namespace zccache::bench
