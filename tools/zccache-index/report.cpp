// report: one self-contained page with what is in a cache directory, and how it went.
#include <fmt/core.h>
#include <unistd.h>
#include <zccache/eviction.hpp>
#include <zccache/history.hpp>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command.hpp"
#include "common/human.hpp"
#include "common/outcome.hpp"
#include "common/target_file.hpp"
#include "contents.hpp"
#include "html.hpp"
#include "open_index.hpp"
#include "timeline.hpp"
#include "zccache-cc/platform/counters.hpp"

namespace zccache::index_tool {
namespace {

constexpr std::size_t kRows = kMostStandouts;

std::tm local_time(std::uint64_t secs) {
  const auto time = static_cast<std::time_t>(secs);
  std::tm local{};
  ::localtime_r(&time, &local);
  return local;
}

std::string date(std::uint64_t secs, const char* format) {
  const std::tm local = local_time(secs);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &local)};
}

// --- Tiles

std::uint64_t counter_of(const Stats& stats, cc::Counter counter) { return stats.host[static_cast<std::size_t>(counter)]; }

html::Tile hit_rate(const Stats& stats) {
  const std::uint64_t asked = stats.hits + stats.misses;
  const double rate = asked == 0 ? 0 : static_cast<double>(stats.hits) / static_cast<double>(asked);
  return {.label = "Hit rate",
          .value = asked == 0 ? "-" : fmt::format("{:.1f} %", 100 * rate),
          .note = fmt::format("{} hits, {} misses", stats.hits, stats.misses),
          .filled = rate};
}

html::Tile size_of_limit(const std::filesystem::path& directory) {
  const std::uint64_t bytes = bytes_on_disk(directory);
  const std::uint64_t limit = EvictionPolicy::from_environment().max_size.on_disk_of(directory).value();
  html::Tile tile{.label = "Size", .value = tools::human_bytes(bytes), .note = "no limit"};
  if (limit == 0) return tile;
  tile.note = "of " + tools::human_bytes(limit);
  tile.filled = static_cast<double>(bytes) / static_cast<double>(limit);
  return tile;
}

std::vector<html::Tile> tiles_of(const ArtifactStore& store, const Contents& contents) {
  const Stats stats = store.stats();
  return {hit_rate(stats),
          {.label = "Time saved",
           .value = tools::human_duration(counter_of(stats, cc::Counter::saved_millis)),
           .note = "of compiling, since the counters began"},
          size_of_limit(store.directory()),
          {.label = "Results", .value = fmt::format("{}", contents.results()), .note = fmt::format("{} evicted so far", stats.evictions)}};
}

// --- Sections

std::vector<html::Column> columns_of(const Timeline& timeline) {
  const char* format = timeline.slice_secs < kDay ? "%b %d, %H:%M" : "%Y-%m-%d";
  std::vector<html::Column> columns;
  for (const Slice& slice : timeline.slices) columns.push_back({date(slice.from_secs, format), slice.hits, slice.misses});
  return columns;
}

html::Table reasons_of(const Stats& stats) {
  using enum cc::CounterKind;
  std::vector<const cc::CounterRow*> counted;
  for (const cc::CounterRow& row : cc::counter_rows()) {
    const bool is_reason = row.kind == passed_on || row.kind == not_stored || row.kind == error;
    if (is_reason && counter_of(stats, row.counter) != 0) counted.push_back(&row);
  }
  std::ranges::stable_sort(counted, std::greater(), [&](const cc::CounterRow* row) { return counter_of(stats, row->counter); });
  html::Table table{{"compiles", "reason", "what to do", "they were"}, {}};
  for (const cc::CounterRow* row : counted)
    table.rows.push_back({fmt::format("{}", counter_of(stats, row->counter)), row->label, row->cure, cc::name_of(row->kind)});
  return table;
}

/// The beginning of a key will do for `get`.
std::string short_key(const std::string& key) {
  constexpr std::size_t kShown = 16;
  return key.size() <= kShown ? key : key.substr(0, kShown) + "…";
}

html::Table standouts(const char* by, const std::vector<Standout>& all, std::string (*text)(std::uint64_t), std::uint64_t now) {
  html::Table table{{by, "source", "last used", "stored", "key"}, {}};
  for (const Standout& one : all) {
    table.rows.push_back({text(one.value), one.source.empty() ? "-" : one.source, tools::human_age(one.used_at_secs, now) + " ago",
                          tools::human_age(one.stored_at_secs, now) + " ago", short_key(one.key)});
  }
  return table;
}

std::string size_and_count(const Total& total) { return fmt::format("{} in {}", tools::human_bytes(total.bytes), total.count); }

std::vector<html::Bar> bars_of_ages(const Contents& contents) {
  std::vector<html::Bar> bars;
  for (std::size_t i = 0; i < kAges.size(); ++i) {
    const Total& total = contents.by_age[i];
    bars.push_back({kAges[i].name, static_cast<double>(total.bytes), size_and_count(total)});
  }
  return bars;
}

std::vector<html::Bar> bars_of_outputs(const Contents& contents) {
  std::vector<html::Bar> bars;
  for (const auto& [kind, total] : contents.by_output) bars.push_back({kind, static_cast<double>(total.bytes), size_and_count(total)});
  std::ranges::sort(bars, std::greater(), &html::Bar::value);
  if (bars.size() > kRows) bars.resize(kRows);
  return bars;
}

html::Table slowest_flushes(std::vector<HistoryPoint> history, std::uint64_t now) {
  std::ranges::sort(history, std::greater(), &HistoryPoint::flush_micros);
  if (history.size() > kRows) history.resize(kRows);
  html::Table table{{"took", "entries", "when"}, {}};
  for (const HistoryPoint& point : history) {
    table.rows.push_back({fmt::format("{:.1f} ms", static_cast<double>(point.flush_micros) / 1000), fmt::format("{}", point.entries),
                          tools::human_age(point.at_secs, now) + " ago"});
  }
  return table;
}

html::Table index_table(const Contents& contents, const Stats& stats) {
  html::Table table{{"the index", ""}, {}};
  for (const auto& [kind, count] : contents.entries) table.rows.push_back({name_of(kind) + std::string(" entries"), fmt::format("{}", count)});
  table.rows.push_back({"live index file", tools::human_bytes(stats.segment_bytes)});
  table.rows.push_back({"snapshot", tools::human_bytes(stats.snapshot_bytes)});
  return table;
}

std::string page_of(const ArtifactStore& store) {
  const std::uint64_t now = tools::now_secs();
  const Contents contents = contents_of(store, now);
  const Stats stats = store.stats();
  const auto history = read_history(store.directory());
  html::Page page("Compiler cache " + store.directory().string(), "As it was on " + date(now, "%Y-%m-%d at %H:%M %Z"));
  page.add(html::render(tiles_of(store, contents)));
  page.add("Hits and misses over time", html::render(columns_of(timeline_of(history, stats, now, local_time(now).tm_gmtoff))));
  page.add("Not cached, by reason", html::render(reasons_of(stats)));
  page.add("Slowest compiles", html::render(standouts("took", contents.slowest, tools::human_duration, now)));
  page.add("Largest results", html::render(standouts("size", contents.largest, tools::human_bytes, now)));
  page.add("Size by age", html::render(bars_of_ages(contents)));
  page.add("Size by kind of output", html::render(bars_of_outputs(contents)));
  page.add_folded("The index itself", html::render(index_table(contents, stats)) + html::render(slowest_flushes(history, now)));
  return page.text();
}

/// Written aside: who reads the page meanwhile sees the old one or the new one.
void write_page(const std::string& name, const std::string& text) {
  const std::string file = tools::target_file(name);
  const std::string temporary = std::filesystem::path(file).parent_path() / fmt::format(".{}.tmp", ::getpid());
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code failed;
  if (out) std::filesystem::rename(temporary, file, failed);
  if (out && !failed) return;
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  throw std::runtime_error(fmt::format("cannot write {}", file));
}

}  // namespace

int report(const Context& context, const ReportOptions& options) {
  const ArtifactStore store = open_to_look(context);
  write_page(options.html, page_of(store));
  return tools::kGood;
}

}  // namespace zccache::index_tool
