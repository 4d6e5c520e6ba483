// report: one self-contained page with what is in a cache directory, and how it went.
#include <fmt/core.h>
#include <unistd.h>
#include <zccache/history.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command.hpp"
#include "common/human.hpp"
#include "common/outcome.hpp"
#include "common/target_file.hpp"
#include "entry.hpp"
#include "entry_kind.hpp"
#include "html.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
namespace {

constexpr std::size_t kRows = 15;

struct Total {
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
};

struct Age {
  const char* name;
  std::uint64_t below_secs;
};
constexpr std::uint64_t kDay = 86'400;
constexpr std::array kAges = {Age{"less than an hour", 3600}, Age{"less than a day", kDay}, Age{"less than a week", 7 * kDay},
                              Age{"less than 30 days", 30 * kDay}, Age{"older", ~std::uint64_t{0}}};

struct LargeEntry {
  std::uint64_t bytes = 0;
  std::string key;
  std::uint64_t stored_at_secs = 0;
  std::uint64_t used_at_secs = 0;
};

/// What one walk over the entries collects; its size does not depend on how many there are.
struct Contents {
  std::map<EntryKind, std::uint64_t> entries;
  // Of results, which have the payloads
  std::array<Total, kAges.size()> by_age;
  std::map<std::string, Total> by_output;
  std::vector<LargeEntry> largest;  // largest first
};

/// ".o", or the name itself where it has no extension; of many kinds the rest is "other".
std::string output_kind(std::string_view name) {
  const std::string extension = std::filesystem::path(name).extension();
  return extension.empty() ? std::string(name) : extension;
}

void add_outputs(Contents& contents, const ArtifactView& entry) {
  constexpr std::size_t kMostKinds = 1000;
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    std::string kind = output_kind(entry.output_name(i));
    if (contents.by_output.size() >= kMostKinds && !contents.by_output.contains(kind)) kind = "other";
    Total& total = contents.by_output[kind];
    total.bytes += entry.output_size(i);
    ++total.count;
  }
}

void add_large(Contents& contents, const ArtifactView& entry) {
  auto& largest = contents.largest;
  const auto place = std::ranges::upper_bound(largest, entry.total_size(), std::greater(), &LargeEntry::bytes);
  if (place == largest.end() && largest.size() == kRows) return;
  largest.insert(place, {entry.total_size(), std::string(entry.key()), entry.stored_at_secs(), last_use_of(entry)});
  if (largest.size() > kRows) largest.pop_back();
}

Contents contents_of(const ArtifactStore& store, std::uint64_t now) {
  Contents contents;
  store.for_each([&](const ArtifactView& entry) {
    const EntryKind kind = kind_of(entry.key());
    ++contents.entries[kind];
    if (kind != EntryKind::result) return true;
    const std::uint64_t age = now > entry.stored_at_secs() ? now - entry.stored_at_secs() : 0;
    const auto* row = std::ranges::find_if(kAges, [age](const Age& one) { return age < one.below_secs; });
    Total& total = contents.by_age[static_cast<std::size_t>(row - kAges.begin())];
    total.bytes += entry.total_size();
    ++total.count;
    add_outputs(contents, entry);
    add_large(contents, entry);
    return true;
  });
  return contents;
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

/// Of what was asked for between a flush and the one before; the counters may have been reset in between.
std::vector<html::Point> hit_rates(const std::vector<HistoryPoint>& history) {
  std::vector<html::Point> points;
  for (std::size_t i = 1; i < history.size(); ++i) {
    const HistoryPoint& before = history[i - 1];
    const HistoryPoint& now = history[i];
    if (now.hits < before.hits || now.misses < before.misses) continue;
    const auto hits = static_cast<double>(now.hits - before.hits);
    const double asked = hits + static_cast<double>(now.misses - before.misses);
    if (asked > 0) points.push_back({static_cast<double>(now.at_secs), hits / asked});
  }
  return points;
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

html::Table largest_entries(const Contents& contents, const ArtifactStore& store, std::uint64_t now) {
  html::Table table{{"size", "source", "key", "stored", "last used"}, {}};
  const Origins origins(store);
  for (const LargeEntry& entry : contents.largest) {
    const ArtifactView stored = store.find(entry.key);
    table.rows.push_back({tools::human_bytes(entry.bytes), stored ? origins.of(stored).source : "", entry.key,
                          tools::human_age(entry.stored_at_secs, now) + " ago", tools::human_age(entry.used_at_secs, now) + " ago"});
  }
  return table;
}

html::Table entries_by_kind(const Contents& contents) {
  html::Table table{{"kind", "entries"}, {}};
  for (const auto& [kind, count] : contents.entries) table.rows.push_back({name_of(kind), fmt::format("{}", count)});
  return table;
}

html::Table summary(const Stats& stats) {
  const std::uint64_t asked = stats.hits + stats.misses;
  const std::string rate = asked == 0 ? "-" : fmt::format("{:.1f}%", 100.0 * static_cast<double>(stats.hits) / static_cast<double>(asked));
  return {{"entries", "hits", "misses", "hit rate", "evictions", "index", "snapshot"},
          {{fmt::format("{}", stats.entries), fmt::format("{}", stats.hits), fmt::format("{}", stats.misses), rate,
            fmt::format("{}", stats.evictions), tools::human_bytes(stats.segment_bytes), tools::human_bytes(stats.snapshot_bytes)}}};
}

std::string page_of(const ArtifactStore& store) {
  const std::uint64_t now = tools::now_secs();
  const Contents contents = contents_of(store, now);
  const auto history = read_history(store.directory());
  html::Page page("Compiler cache " + store.directory().string());
  page.add("Now", html::render(summary(store.stats())));
  page.add("Size by age", html::render(bars_of_ages(contents)));
  page.add("Size by kind of output", html::render(bars_of_outputs(contents)));
  page.add("Hit rate from flush to flush", html::render(hit_rates(history), now));
  page.add("Slowest flushes", html::render(slowest_flushes(history, now)));
  page.add("Largest entries", html::render(largest_entries(contents, store, now)));
  page.add("Entries by kind", html::render(entries_by_kind(contents)));
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
