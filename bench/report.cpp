#include "report.hpp"

#include <fmt/core.h>

#include "common/json.hpp"

namespace zccache::bench {
namespace {

tools::Json row_json(const Row& row) {
  return {{"engine", row.engine},        {"what", row.what},     {"unit", row.unit},
          {"median", row.value.median},  {"min", row.value.min}, {"max", row.value.max},
          {"samples", row.value.samples}};
}

/// Three digits that count, whatever the size.
std::string number(double value) { return fmt::format("{:.{}f}", value, value < 10 ? 2 : value < 100 ? 1 : 0); }

}  // namespace

void print_markdown(const Report& report) {
  const Environment& env = report.environment;
  fmt::print("## zccache-bench {}: {} entries, seed {}\n\n", report.benchmark, report.entries, report.seed);
  fmt::print("{}, {} cores; {}; {}\n", env.cpu, env.cores, env.kernel, env.file_system);
  fmt::print("{}, {}; Boost {}\n\n", env.compiler, env.build_type, env.boost);
  fmt::print("| engine | what | unit | median | min | max | samples |\n|---|---|---|---:|---:|---:|---:|\n");
  for (const Row& row : report.rows) {
    fmt::print("| {} | {} | {} | {} | {} | {} | {} |\n", row.engine, row.what, row.unit, number(row.value.median), number(row.value.min),
               number(row.value.max), row.value.samples);
  }
}

void print_json(const Report& report) {
  const Environment& env = report.environment;
  tools::Json rows = tools::Json::array();
  for (const Row& row : report.rows) rows.push_back(row_json(row));
  tools::print_json({{"benchmark", report.benchmark},
                     {"entries", report.entries},
                     {"seed", report.seed},
                     {"environment",
                      {{"cpu", env.cpu},
                       {"cores", env.cores},
                       {"kernel", env.kernel},
                       {"file_system", env.file_system},
                       {"compiler", env.compiler},
                       {"build_type", env.build_type},
                       {"boost", env.boost}}},
                     {"rows", std::move(rows)}});
}

}  // namespace zccache::bench
