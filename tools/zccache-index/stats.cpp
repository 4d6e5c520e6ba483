// stats: sizes and counters; of the launcher, how each compile ended.
#include <fmt/core.h>

#include <string>

#include "command.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "open_index.hpp"
#include "zccache-cc/platform/counters.hpp"

namespace zccache::index_tool {
namespace {

std::string plain(std::uint64_t number) { return fmt::format("{}", number); }
std::string micros(std::uint64_t duration) { return duration == 0 ? "-" : fmt::format("{:.1f} ms", static_cast<double>(duration) / 1000); }
std::string moment(std::uint64_t secs) { return secs == 0 ? "never" : tools::human_age(secs, tools::now_secs()) + " ago"; }

struct Row {
  const char* name;  ///< in JSON
  const char* label;
  std::uint64_t Stats::*value;
  std::string (*text)(std::uint64_t);
};

constexpr Row kRows[] = {
    {"entries", "entries", &Stats::entries, plain},
    {"hits", "hits", &Stats::hits, plain},
    {"misses", "misses", &Stats::misses, plain},
    {"inserts", "inserts", &Stats::inserts, plain},
    {"removes", "removes", &Stats::removes, plain},
    {"evictions", "evictions", &Stats::evictions, plain},
    {"generation", "generation", &Stats::generation, plain},
    {"renewals", "renewals", &Stats::renewals, plain},
    {"segment_bytes", "live index file", &Stats::segment_bytes, tools::human_bytes},
    {"live_bytes", "live records", &Stats::live_bytes, tools::human_bytes},
    {"garbage_bytes", "garbage", &Stats::garbage_bytes, tools::human_bytes},
    {"snapshot_entries", "entries in snapshot", &Stats::snapshot_entries, plain},
    {"snapshot_bytes", "snapshot", &Stats::snapshot_bytes, tools::human_bytes},
    {"unflushed_changes", "changes since then", &Stats::unflushed_changes, plain},
    {"flushes_done", "flushes done", &Stats::flushes_done, plain},
    {"flushes_failed", "flushes failed", &Stats::flushes_failed, plain},
    {"last_flush_micros", "last flush took", &Stats::last_flush_micros, micros},
    {"last_flush_at_secs", "last flush", &Stats::last_flush_at_secs, moment},
};

std::uint64_t count_of(const Stats& numbers, const cc::CounterRow& row) { return numbers.host[static_cast<std::size_t>(row.counter)]; }

std::uint64_t sum_of(const Stats& numbers, cc::CounterKind kind) {
  std::uint64_t sum = 0;
  for (const cc::CounterRow& row : cc::counter_rows()) sum += row.kind == kind ? count_of(numbers, row) : 0;
  return sum;
}

void show_json(const Stats& numbers) {
  tools::Json document;
  for (const Row& row : kRows) document[row.name] = numbers.*row.value;
  for (const cc::CounterRow& row : cc::counter_rows()) document[std::string("launcher_") + row.name] = count_of(numbers, row);
  tools::print_json(document);
}

// Of compiles that could have been served.
std::string hit_rate(const Stats& numbers) {
  const std::uint64_t hits = sum_of(numbers, cc::CounterKind::hit);
  const std::uint64_t all = hits + sum_of(numbers, cc::CounterKind::miss);
  return all == 0 ? "-" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(hits) / static_cast<double>(all));
}

void show_text(const Stats& numbers) {
  for (const Row& row : kRows) fmt::print("{:<20} {:>12}\n", row.label, row.text(numbers.*row.value));
  fmt::print("\n{:<20} {:>12}\n", "launcher: hit rate", hit_rate(numbers));
  using enum cc::CounterKind;
  for (const cc::CounterKind kind : {hit, miss, passed_on, not_stored, error, detail}) {
    const std::uint64_t sum = sum_of(numbers, kind);
    if (sum == 0) continue;
    fmt::print("  {:<18} {:>12}\n", cc::name_of(kind), sum);
    for (const cc::CounterRow& row : cc::counter_rows()) {
      if (row.kind == kind && count_of(numbers, row) != 0) fmt::print("    {:<37} {:>6}\n", row.label, count_of(numbers, row));
    }
  }
}

}  // namespace

int stats(const Context& context, const StatsOptions& options) {
  ArtifactStore store = options.zero ? open_to_change(context) : open_to_look(context);
  (context.json ? show_json : show_text)(store.stats());
  // To standard error: what is read by a program stays as it is.
  for (const std::string& problem : context.configuration.problems()) fmt::print(stderr, "settings: {}\n", tools::printable(problem));
  if (!options.zero) return tools::kGood;
  store.reset_counters().value();
  store.flush().value();  // else a restart would bring them back
  return tools::kGood;
}

}  // namespace zccache::index_tool
