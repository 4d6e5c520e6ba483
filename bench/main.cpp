// zccache-bench: how fast the store is on this machine, beside others. Seeded, and every answer is checked.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>

#include "benchmark.hpp"
#include "common/command_line.hpp"
#include "launchers.hpp"
#include "plot.hpp"
#include "report.hpp"
#include "scratch.hpp"

namespace {

using namespace zccache;

struct Benchmark {
  const char* name;
  const char* description;
  bench::Rows (*measure)(const bench::Context&);
  bool takes_entries = true;
};

constexpr std::array kBenchmarks = {
    Benchmark{"lookup", "Lookups in an attached store: hot, any key, zipfian, misses; threads and processes", bench::measure_lookup},
    Benchmark{"attach", "Open, look one key up and close, in a loop and in a fresh process", bench::measure_attach},
    Benchmark{"insert", "Inserts one at a time, in batches, and by several processes; growth included", bench::measure_insert},
    Benchmark{"mixed", "YCSB's mixes A to D; lookups beside a writer that never pauses", bench::measure_mixed},
    Benchmark{"snapshot", "Flush, bytes per entry, coming back after a reboot, lookups in the snapshot", bench::measure_snapshot},
    Benchmark{"storm", "Many processes that each attach, look up, insert and leave", bench::measure_storm},
    Benchmark{"payload", "Outputs of compiles, stored and served, by how they lie on disk (takes no --entries)", bench::measure_payload, false},
    Benchmark{"launcher", "Compiles through zccache-cc, ccache and sccache (takes no --entries)", bench::measure_launcher, false},
};

constexpr const char* kUsage =
    "zccache-bench lookup|attach|insert|mixed|snapshot|storm|payload|launcher|all [--entries N,…] [--record-bytes N] [--engines E,…]\n"
    "                     [--workers N] [--repeats N] [--seed N] [--dir D] [--objects DIR] [--commands FILE] [--json] [--plot DIR]\n"
    "       zccache-bench --quick [BENCHMARK]";

struct Options {
  bench::Settings settings;
  std::vector<std::string> engines;
  std::string directory;
  std::string plots;
  bool json = false;
  bool allow_unoptimised = false;
};

void add_options(CLI::App& app, Options& options) {
  bench::Settings& settings = options.settings;
  settings.workers = std::max(2U, std::thread::hardware_concurrency());
  app.add_option("--entries", settings.sizes, "How many entries the stores hold; several sizes with commas")
      ->delimiter(',')
      ->capture_default_str()
      ->check(tools::whole_number(1));
  app.add_option("--record-bytes", settings.record_bytes, "Mean size of a record without its key")
      ->capture_default_str()
      ->check(CLI::Range(bench::Workload::kLeastRecordBytes, bench::Workload::kMostRecordBytes));
  app.add_option("--engines", options.engines, "Only these, and ours; with commas")->delimiter(',')->type_name("E");
  app.add_option("--workers", settings.workers, "Most threads or processes at once")->capture_default_str()->check(CLI::Range(1, 256));
  app.add_option("--repeats", settings.rounds, "How many rounds")->capture_default_str()->check(tools::whole_number(1));
  app.add_option("--seed", settings.seed, "Seed of keys and records")->capture_default_str();
  app.add_option("--dir", options.directory, "Where to make a directory for the time of the benchmark (default: $TMPDIR, else /tmp)")
      ->type_name("D")
      ->check(CLI::ExistingDirectory);
  app.add_option("--objects", settings.objects, "Payloads also of the object files below this folder (payload only)")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  app.add_option("--commands", settings.commands, "Compile what this compile_commands.json says (launcher only)")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_option("--plot", options.plots, "Write plots into this directory, as SVG")->type_name("DIR");
  app.add_flag("--json", options.json, "Print JSON, one document for each benchmark");
  app.add_flag("--quick", settings.quick, "See that everything works, in small: the answers are checked, the times mean nothing");
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

std::vector<std::string> missing() {
  std::vector<std::string> all = bench::missing_engines();
  std::ranges::move(bench::missing_launchers(), std::back_inserter(all));
  return all;
}

bench::Rows measure(const Benchmark& benchmark, const Options& options, const std::filesystem::path& parent) {
  const auto engines = chosen_engines(options.engines);
  bench::Progress progress;
  bench::Rows rows;
  for (const std::size_t entries : options.settings.sizes) {
    const bench::ScratchDirectory scratch(parent);
    progress.set_heading(fmt::format("{}, {} entries: ", benchmark.name, entries));
    bench::append(rows, benchmark.measure({options.settings, entries, engines, scratch.path(), progress}));
    if (!benchmark.takes_entries) break;
  }
  return rows;
}

void print(const bench::Report& report, const Options& options) {
  if (options.json) {
    bench::print_json(report);
  } else if (options.settings.quick) {
    bench::print_quick(report);
  } else {
    bench::print_markdown(report);
  }
}

void run_benchmark(const Benchmark& benchmark, const Options& options) {
  const std::filesystem::path parent =
      options.directory.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(options.directory);
  bench::Report report{.benchmark = benchmark.name,
                       .environment = bench::environment_of(parent),
                       .record_bytes = options.settings.record_bytes,
                       .seed = options.settings.seed,
                       .rows = measure(benchmark, options, parent),
                       .verdicts = {},
                       .missing = missing()};
  report.verdicts = bench::judge(benchmark.name, report.rows, options.settings.quick);
  print(report, options);
  if (!options.plots.empty()) bench::plot(benchmark.name, report.rows, options.plots);
}

int run_chosen(const std::vector<const Benchmark*>& chosen, Options options) {
  bench::Settings& settings = options.settings;
  if (!options.allow_unoptimised && !settings.quick && !bench::is_optimised_build()) {
    throw std::runtime_error("this build is not optimised or has a sanitizer, its numbers mean nothing; build the release preset");
  }
  if (settings.quick) {
    settings.sizes = {500};
    settings.rounds = 1;
  }
  if (!options.plots.empty()) bench::prepare_plots(options.plots);
  for (const Benchmark* benchmark : chosen) run_benchmark(*benchmark, options);
  return tools::kGood;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures how fast the store is on this machine, beside others. Seeded, and every answer is checked.", "zccache-bench");
  tools::set_usage(app, kUsage);
  Options options;
  add_options(app, options);

  std::vector<const Benchmark*> chosen;
  const auto add_subcommand = [&](const char* name, const char* description, auto callback) {
    CLI::App* sub = app.add_subcommand(name, description);
    sub->fallthrough();
    tools::set_usage(*sub, kUsage);
    sub->callback(callback);
  };
  const auto choose_all = [&] {
    for (const Benchmark& row : kBenchmarks) chosen.push_back(&row);
  };
  for (const Benchmark& row : kBenchmarks) add_subcommand(row.name, row.description, [&] { chosen.push_back(&row); });
  add_subcommand("all", "All of them, one after the other", choose_all);
  app.require_subcommand(0, 1);  // CLI11's own complaint about none would hide the word that is no benchmark
  return tools::run(app, argc, argv, [&] {
    if (chosen.empty() && options.settings.quick) choose_all();
    if (chosen.empty()) throw tools::UsageError("a benchmark is required");
    return run_chosen(chosen, options);
  });
}
