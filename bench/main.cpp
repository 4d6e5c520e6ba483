// zccache-bench: how fast the store is on this machine, beside others. Seeded, and every answer is checked.
#include <array>
#include <cstdlib>
#include <string>

#include "benchmark.hpp"
#include "common/command_line.hpp"
#include "report.hpp"
#include "scratch.hpp"

namespace {

using namespace zccache;

struct Benchmark {
  const char* name;
  const char* description;
  bench::Rows (*measure)(const bench::Context&);
};

constexpr std::array kBenchmarks = {
    Benchmark{"lookup", "Nanoseconds per lookup in an attached store", bench::measure_lookup},
    Benchmark{"attach", "Microseconds to open, look one key up and close", bench::measure_attach},
    Benchmark{"insert", "Microseconds per insert, growth included", bench::measure_insert},
    Benchmark{"snapshot", "Flush, size on disk, and coming back after a reboot", bench::measure_snapshot},
};

constexpr const char* kUsage =
    "zccache-bench lookup|attach|insert|snapshot [--entries N,…] [--record-bytes N] [--engines E,…] [--repeats N] [--seed N] [--dir D] "
    "[--json]";

struct Options {
  bench::Settings settings;
  std::vector<std::string> engines;
  std::string directory;
  bool json = false;
  bool allow_unoptimised = false;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--entries", options.settings.sizes, "How many entries the store holds; several sizes with commas")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--record-bytes", options.settings.record_bytes, "Mean size of a record without its key")
      ->capture_default_str()
      ->check(CLI::Range(bench::Workload::kLeastRecordBytes, bench::Workload::kMostRecordBytes));
  app.add_option("--engines", options.engines, "Only these, and ours; with commas")->delimiter(',')->type_name("E");
  app.add_option("--repeats", options.settings.rounds, "How often each is measured")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seed", options.settings.seed, "Seed of keys and records")->capture_default_str();
  app.add_option("--dir", options.directory, "Where to make a directory for the time of the benchmark (default: $TMPDIR, else /tmp)")
      ->type_name("D")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--json", options.json, "Print JSON");
  app.add_flag("--allow-unoptimised", options.allow_unoptimised, "Run in a build whose numbers mean nothing");
}

/// Ours and those that were chosen, or all.
std::vector<std::unique_ptr<bench::Engine>> chosen_engines(const std::vector<std::string>& names) {
  auto engines = bench::all_engines();
  for (const std::string& name : names) {
    const auto named = [&](const auto& engine) { return engine->name() == name; };
    if (std::ranges::none_of(engines, named)) throw tools::UsageError("there is no engine '" + name + "'");
  }
  std::erase_if(engines, [&](const auto& engine) {
    return engine->name() != bench::kOurs && !names.empty() && std::ranges::find(names, engine->name()) == names.end();
  });
  return engines;
}

int run_benchmark(const Benchmark& benchmark, const Options& options) {
  if (!options.allow_unoptimised && !bench::is_optimised_build()) {
    throw std::runtime_error("this build is not optimised or has a sanitizer, its numbers mean nothing; build the release preset");
  }
  const auto engines = chosen_engines(options.engines);
  const std::filesystem::path parent =
      options.directory.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(options.directory);
  bench::Report report{.benchmark = benchmark.name,
                       .environment = bench::environment_of(parent),
                       .record_bytes = options.settings.record_bytes,
                       .seed = options.settings.seed,
                       .rows = {},
                       .verdicts = {},
                       .missing = bench::missing_engines()};
  {
    bench::Progress progress;
    for (const std::size_t entries : options.settings.sizes) {
      const bench::ScratchDirectory scratch(parent);
      progress.set_heading(std::string(benchmark.name) + ", " + std::to_string(entries) + " entries: ");
      bench::append(report.rows, benchmark.measure({options.settings, entries, engines, scratch.path(), progress}));
    }
  }
  report.verdicts = bench::judge(benchmark.name, report.rows);
  (options.json ? bench::print_json : bench::print_markdown)(report);
  return tools::kGood;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures how fast the store is on this machine, beside others. Seeded, and every answer is checked.", "zccache-bench");
  tools::set_usage(app, kUsage);
  Options options;
  add_options(app, options);

  const Benchmark* chosen = nullptr;
  for (const Benchmark& row : kBenchmarks) {
    CLI::App* sub = app.add_subcommand(row.name, row.description);
    sub->fallthrough();
    tools::set_usage(*sub, kUsage);
    sub->callback([&chosen, &row] { chosen = &row; });
  }
  app.require_subcommand(0, 1);  // CLI11's own complaint about none would hide the word that is no benchmark
  return tools::run(app, argc, argv, [&] {
    if (chosen == nullptr) throw tools::UsageError("a benchmark is required");
    return run_benchmark(*chosen, options);
  });
}
