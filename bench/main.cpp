// zccache-bench: how fast the store is on this machine. Seeded, and every answer is checked.
#include <array>
#include <cstdlib>
#include <string>

#include "benchmark.hpp"
#include "common/command_line.hpp"
#include "scratch.hpp"

namespace {

using namespace zccache;

struct Benchmark {
  const char* name;
  const char* description;
  bench::Rows (*measure)(const bench::Engine&, const bench::Settings&, const std::filesystem::path&);
};

constexpr std::array kBenchmarks = {
    Benchmark{"lookup", "Nanoseconds per lookup in an attached store", bench::measure_lookup},
    Benchmark{"attach", "Microseconds to open, look one key up and close", bench::measure_attach},
    Benchmark{"insert", "Microseconds per insert, growth included", bench::measure_insert},
    Benchmark{"snapshot", "Flush, size on disk, and coming back after a reboot", bench::measure_snapshot},
};

constexpr const char* kUsage = "zccache-bench lookup|attach|insert|snapshot [--entries N] [--repeats N] [--seed N] [--dir D] [--json]";

struct Options {
  bench::Settings settings;
  std::string directory;
  bool json = false;
  bool allow_unoptimised = false;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--entries", options.settings.entries, "How many entries the store holds")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--repeats", options.settings.repeats, "How often each is measured")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seed", options.settings.seed, "Seed of keys and records")->capture_default_str();
  app.add_option("--dir", options.directory, "Where to make a directory for the time of the benchmark (default: $TMPDIR, else /tmp)")
      ->type_name("D")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--json", options.json, "Print JSON");
  app.add_flag("--allow-unoptimised", options.allow_unoptimised, "Run in a build whose numbers mean nothing");
}

int run_benchmark(const Benchmark& benchmark, const Options& options) {
  if (!options.allow_unoptimised && !bench::is_optimised_build()) {
    throw std::runtime_error("this build is not optimised or has a sanitizer, its numbers mean nothing; build the release preset");
  }
  const bench::ScratchDirectory scratch(options.directory.empty() ? std::filesystem::temp_directory_path()
                                                                  : std::filesystem::path(options.directory));
  bench::Report report{.benchmark = benchmark.name,
                       .environment = bench::environment_of(scratch.path()),
                       .entries = options.settings.entries,
                       .seed = options.settings.seed,
                       .rows = {}};
  for (const auto& engine : bench::engines()) {
    const std::filesystem::path directory = scratch.path() / engine->name();
    std::filesystem::create_directory(directory);
    for (bench::Row& row : benchmark.measure(*engine, options.settings, directory)) report.rows.push_back(std::move(row));
  }
  (options.json ? bench::print_json : bench::print_markdown)(report);
  return tools::kGood;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures how fast the store is on this machine. Seeded, and every answer is checked.", "zccache-bench");
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
