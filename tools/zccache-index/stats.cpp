// stats: sizes and counters.
#include <fmt/core.h>

#include <string>

#include "command.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "open_index.hpp"

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

}  // namespace

int stats(const Context& context) {
  const Stats numbers = open_to_look(context).stats();
  if (context.json) {
    tools::Json document;
    for (const Row& row : kRows) document[row.name] = numbers.*row.value;
    tools::print_json(document);
  } else {
    for (const Row& row : kRows) fmt::print("{:<20} {:>12}\n", row.label, row.text(numbers.*row.value));
  }
  return tools::kGood;
}

}  // namespace zccache::index_tool
