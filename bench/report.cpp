#include "report.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "common/json.hpp"
#include "engine.hpp"
#include "measure.hpp"

namespace zccache::bench {
namespace {

/// Three digits that count, whatever the size.
std::string number(double value) { return fmt::format("{:.{}f}", value, value < 10 ? 2 : value < 100 ? 1 : 0); }

/// Our own row of the same figure.
const Row* ours_beside(const Rows& rows, const Row& row) {
  const auto ours = std::ranges::find_if(
      rows, [&](const Row& other) { return other.what == row.what && other.entries == row.entries && other.name == kOurs; });
  return ours == rows.end() ? nullptr : &*ours;
}

/// How many times as much as ours; not a number for ours itself.
double ratio_to_ours(const Rows& rows, const Row& row) {
  const Row* ours = ours_beside(rows, row);
  return ours == nullptr || ours == &row ? 0 : ratio_of(row.samples, ours->samples);
}

void print_rows(const Rows& rows) {
  fmt::print("| what | who | entries | unit | median | min | max | / ours |\n|---|---|---:|---|---:|---:|---:|---:|\n");
  for (const Row& row : rows) {
    const Spread spread = spread_of(row.samples);
    const double ratio = ratio_to_ours(rows, row);
    fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} |\n", row.what, row.name, row.entries, row.unit, number(spread.median),
               number(spread.min), number(spread.max), ratio == 0 ? "" : number(ratio));
  }
}

void print_verdicts(const std::vector<Verdict>& verdicts) {
  if (verdicts.empty()) return;
  fmt::print("\n| bar | entries | wanted | reached | |\n|---|---:|---|---:|---|\n");
  for (const Verdict& verdict : verdicts) {
    fmt::print("| {} | {} | {} | {} | {} |\n", verdict.bar, verdict.entries, verdict.wanted, number(verdict.reached),
               verdict.met ? "met" : "MISSED");
  }
}

tools::Json row_json(const Rows& rows, const Row& row) {
  const Spread spread = spread_of(row.samples);
  tools::Json json = {{"what", row.what},        {"name", row.name},  {"entries", row.entries}, {"unit", row.unit},
                      {"median", spread.median}, {"min", spread.min}, {"max", spread.max},      {"samples", row.samples}};
  const double ratio = ratio_to_ours(rows, row);
  if (ratio != 0) json["ratio_to_ours"] = ratio;
  return json;
}

tools::Json environment_json(const Environment& env) {
  return {{"cpu", env.cpu},           {"cores", env.cores},           {"kernel", env.kernel}, {"file_system", env.file_system},
          {"compiler", env.compiler}, {"build_type", env.build_type}, {"boost", env.boost}};
}

}  // namespace

void print_markdown(const Report& report) {
  const Environment& env = report.environment;
  fmt::print("## zccache-bench {}: records of {} bytes, seed {}\n\n", report.benchmark, report.record_bytes, report.seed);
  fmt::print("{}, {} cores; {}; {}\n", env.cpu, env.cores, env.kernel, env.file_system);
  fmt::print("{}, {}; Boost {}\n", env.compiler, env.build_type, env.boost);
  for (const std::string& engine : report.missing) fmt::print("built without {}\n", engine);
  fmt::print("\n");
  print_rows(report.rows);
  print_verdicts(report.verdicts);
}

void print_quick(const Report& report) {
  std::set<std::string> names;
  std::set<std::string> figures;
  for (const Row& row : report.rows) {
    names.insert(row.name);
    figures.insert(row.what);
  }
  fmt::print("{}: every answer is right; {} figures of {}\n", report.benchmark, figures.size(), fmt::join(names, "; "));
  for (const std::string& engine : report.missing) fmt::print("  without {}\n", engine);
}

void print_json(const Report& report) {
  tools::Json rows = tools::Json::array();
  for (const Row& row : report.rows) rows.push_back(row_json(report.rows, row));
  tools::Json bars = tools::Json::array();
  for (const Verdict& verdict : report.verdicts) {
    bars.push_back(
        {{"bar", verdict.bar}, {"entries", verdict.entries}, {"wanted", verdict.wanted}, {"reached", verdict.reached}, {"met", verdict.met}});
  }
  tools::print_json({{"benchmark", report.benchmark},
                     {"record_bytes", report.record_bytes},
                     {"seed", report.seed},
                     {"environment", environment_json(report.environment)},
                     {"missing", report.missing},
                     {"rows", std::move(rows)},
                     {"bars", std::move(bars)}});
}

}  // namespace zccache::bench
