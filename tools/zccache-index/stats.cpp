// stats: what the cache did and how full it is, for a person; why it holds nothing, where that is so; all numbers with --json.
#include <fmt/core.h>
#include <zccache/eviction.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "command.hpp"
#include "common/directory.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "entry_kind.hpp"
#include "obstacle.hpp"
#include "open_index.hpp"
#include "zccache-cc/platform/counters.hpp"

namespace zccache::index_tool {
namespace {

/// All that is shown. Of a directory that is not there yet: zeros.
struct Picture {
  std::filesystem::path directory;
  Stats numbers;
  std::uint64_t results = 0;
  std::uint64_t bytes_on_disk = 0;
  std::uint64_t max_bytes = 0;  ///< 0: no limit
  std::vector<Obstacle> obstacles;
};

std::string plain(std::uint64_t number) { return fmt::format("{}", number); }
std::string micros(std::uint64_t duration) { return duration == 0 ? "-" : fmt::format("{:.1f} ms", static_cast<double>(duration) / 1000); }
std::string moment(std::uint64_t secs) { return secs == 0 ? "never" : tools::human_age(secs, tools::now_secs()) + " ago"; }

struct Row {
  const char* name;  ///< in JSON
  const char* label;
  std::uint64_t Stats::*value;
  std::string (*text)(std::uint64_t);
  bool only_grows = false;  ///< but for `--zero` and a new directory
};

constexpr Row kRows[] = {
    {"entries", "entries", &Stats::entries, plain},
    {"hits", "hits", &Stats::hits, plain, true},
    {"misses", "misses", &Stats::misses, plain, true},
    {"inserts", "inserts", &Stats::inserts, plain, true},
    {"removes", "removes", &Stats::removes, plain, true},
    {"evictions", "evictions", &Stats::evictions, plain, true},
    {"generation", "generation", &Stats::generation, plain},
    {"renewals", "renewals", &Stats::renewals, plain, true},
    {"segment_bytes", "live index file", &Stats::segment_bytes, tools::human_bytes},
    {"live_bytes", "live records", &Stats::live_bytes, tools::human_bytes},
    {"garbage_bytes", "garbage", &Stats::garbage_bytes, tools::human_bytes},
    {"snapshot_entries", "entries in snapshot", &Stats::snapshot_entries, plain},
    {"snapshot_bytes", "snapshot", &Stats::snapshot_bytes, tools::human_bytes},
    {"unflushed_changes", "changes since then", &Stats::unflushed_changes, plain},
    {"flushes_done", "flushes done", &Stats::flushes_done, plain, true},
    {"flushes_failed", "flushes failed", &Stats::flushes_failed, plain, true},
    {"last_flush_micros", "last flush took", &Stats::last_flush_micros, micros},
    {"last_flush_at_secs", "last flush", &Stats::last_flush_at_secs, moment},
};

// --- What is found out

std::uint64_t count_of(const Stats& numbers, const cc::CounterRow& row) { return numbers.host[static_cast<std::size_t>(row.counter)]; }

std::uint64_t sum_of(const Stats& numbers, cc::CounterKind kind) {
  std::uint64_t sum = 0;
  for (const cc::CounterRow& row : cc::counter_rows()) sum += row.kind == kind ? count_of(numbers, row) : 0;
  return sum;
}

std::uint64_t count_results(const ArtifactStore& store) {
  std::uint64_t count = 0;
  store.for_each([&](const ArtifactView& entry) {
    count += kind_of(entry.key()) == EntryKind::result ? 1 : 0;
    return true;
  });
  return count;
}

Picture picture_of(const std::filesystem::path& directory, const std::optional<ArtifactStore>& store, std::vector<Obstacle> obstacles) {
  Picture picture;
  picture.directory = directory;
  picture.obstacles = std::move(obstacles);
  const SizeLimit limit = EvictionPolicy::from_environment().max_size;
  picture.max_bytes = limit.percent == 0 ? limit.bytes : 0;
  if (!store) return picture;
  picture.numbers = store->stats();
  picture.results = count_results(*store);
  picture.bytes_on_disk = bytes_on_disk(directory);
  picture.max_bytes = limit.on_disk_of(directory).value();
  return picture;
}

/// Where nothing is stored although nothing is in the way: what the launcher counted says it.
std::string why_empty(const Stats& numbers) {
  using enum cc::CounterKind;
  const std::uint64_t passed = sum_of(numbers, passed_on);
  const std::uint64_t compiled = sum_of(numbers, miss);
  if (compiled != 0 && sum_of(numbers, not_stored) >= compiled) return "no compile so far could be stored, for the reasons below";
  if (compiled == 0 && passed != 0) return "all that came so far was passed on to the compiler, for the reasons below";
  if (sum_of(numbers, error) != 0) return "something went wrong each time, as below";
  if (compiled + sum_of(numbers, hit) != 0) return "what was stored has been removed or evicted";
  return "no compile has come by yet; put zccache-cc in front of the compiler";
}

// --- How it is told

void show_json(const Picture& picture) {
  tools::Json document;
  for (const Row& row : kRows) document[row.name] = picture.numbers.*row.value;
  document["results"] = picture.results;
  document["bytes_on_disk"] = picture.bytes_on_disk;
  document["max_bytes"] = picture.max_bytes;
  for (const cc::CounterRow& row : cc::counter_rows()) document[std::string("launcher_") + row.name] = count_of(picture.numbers, row);
  tools::print_json(document);
}

// The text format of Prometheus, for its node exporter's directory of text files.
void show_sample(const std::string& name, bool only_grows, std::string_view help, std::uint64_t value) {
  const std::string full = "zccache_" + name + (only_grows ? "_total" : "");
  fmt::print("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", full, help, only_grows ? "counter" : "gauge", value);
}

void show_prometheus(const Picture& picture) {
  for (const Row& row : kRows) show_sample(row.name, row.only_grows, row.label, picture.numbers.*row.value);
  show_sample("results", false, "results stored", picture.results);
  show_sample("bytes_on_disk", false, "size of the directory", picture.bytes_on_disk);
  show_sample("max_bytes", false, "how large it may grow; 0: no limit", picture.max_bytes);
  for (const cc::CounterRow& row : cc::counter_rows())
    show_sample(std::string("launcher_") + row.name, true, fmt::format("{}: {}", cc::name_of(row.kind), row.label),
                count_of(picture.numbers, row));
}

double share(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

std::string percent(std::uint64_t part, std::uint64_t whole) { return whole == 0 ? "-" : fmt::format("{:.1f} %", 100 * share(part, whole)); }

std::string bar(std::uint64_t part, std::uint64_t whole) {
  constexpr std::size_t kWidth = 20;
  const auto full = static_cast<std::size_t>(std::min(1.0, share(part, whole)) * kWidth + 0.5);
  return fmt::format("[{}{}]", std::string(full, '#'), std::string(kWidth - full, '.'));
}

std::string size_of_limit(const Picture& picture) {
  const std::string size = tools::human_bytes(picture.bytes_on_disk);
  if (picture.max_bytes == 0) return size + ", no limit";
  return fmt::format("{} of {}  {} {}", size, tools::human_bytes(picture.max_bytes), bar(picture.bytes_on_disk, picture.max_bytes),
                     percent(picture.bytes_on_disk, picture.max_bytes));
}

void line(std::string_view label, std::string_view value) { fmt::print("{:<17} {}\n", label, value); }

void show_reasons(const Stats& numbers, cc::CounterKind kind) {
  const std::uint64_t sum = sum_of(numbers, kind);
  if (sum == 0) return;
  line(cc::name_of(kind), plain(sum));
  std::vector<const cc::CounterRow*> rows;
  for (const cc::CounterRow& row : cc::counter_rows()) {
    if (row.kind == kind && count_of(numbers, row) != 0) rows.push_back(&row);
  }
  std::ranges::stable_sort(rows, std::greater(), [&](const cc::CounterRow* row) { return count_of(numbers, *row); });
  for (const cc::CounterRow* row : rows) fmt::print("{:>9}  {:<34} -> {}\n", count_of(numbers, *row), row->label, row->cure);
}

void show_details(const Stats& numbers, cc::CounterKind kind) {
  for (const cc::CounterRow& row : cc::counter_rows()) {
    const bool is_shown = row.kind == kind && count_of(numbers, row) != 0;
    if (is_shown) fmt::print("{:>9}  {}\n", count_of(numbers, row), row.label);
  }
}

void show_times(const Stats& numbers) {
  for (const cc::CounterRow& row : cc::counter_rows()) {
    if (row.kind == cc::CounterKind::time) line(row.label, tools::human_duration(count_of(numbers, row)));
  }
}

void show_text(const Picture& picture, bool verbose) {
  const Stats& numbers = picture.numbers;
  line("directory", tools::printable(picture.directory.string()));
  for (const Obstacle& one : picture.obstacles) fmt::print("nothing is stored: {}\n  -> {}\n", tools::printable(one.found), one.cure);
  if (picture.results == 0 && picture.obstacles.empty()) fmt::print("nothing is stored: {}\n", why_empty(numbers));
  line("size", size_of_limit(picture));
  line("results stored", plain(picture.results));
  line("hit rate", percent(numbers.hits, numbers.hits + numbers.misses));
  line("hits", plain(numbers.hits));
  show_details(numbers, cc::CounterKind::detail);
  line("misses", plain(numbers.misses));
  show_times(numbers);
  using enum cc::CounterKind;
  for (const cc::CounterKind kind : {passed_on, not_stored, error}) show_reasons(numbers, kind);
  if (sum_of(numbers, server) != 0) line(cc::name_of(server), "");
  show_details(numbers, server);
  if (!verbose) return;
  fmt::print("\n");
  for (const Row& row : kRows) fmt::print("{:<20} {:>12}\n", row.label, row.text(numbers.*row.value));
}

}  // namespace

int stats(const Context& context, const StatsOptions& options) {
  const std::filesystem::path directory = tools::chosen_directory(context.directory);
  std::vector<Obstacle> obstacles = obstacles_at(directory);
  if (!obstacles.empty() && obstacles.front().hides) {
    throw std::runtime_error(fmt::format("{}: nothing is cached: {}; {}", directory.string(), obstacles.front().found, obstacles.front().cure));
  }
  std::ranges::move(obstacles_set(cc::Settings::from_environment()), std::back_inserter(obstacles));
  std::optional<ArtifactStore> store = open_if_there(context, options.zero ? Purpose::change : Purpose::look);
  const Picture picture = picture_of(directory, store, std::move(obstacles));
  if (context.json) {
    show_json(picture);
  } else if (options.prometheus) {
    show_prometheus(picture);
  } else {
    show_text(picture, options.verbose);
  }
  // To standard error: what is read by a program stays as it is.
  for (const std::string& problem : context.configuration.problems()) fmt::print(stderr, "settings: {}\n", tools::printable(problem));
  if (!options.zero || !store) return tools::kGood;
  store->reset_counters().value();
  store->flush().value();  // else a restart would bring them back
  return tools::kGood;
}

}  // namespace zccache::index_tool
