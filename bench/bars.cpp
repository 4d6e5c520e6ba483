#include "bars.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>

#include "engine.hpp"
#include "filling.hpp"
#include "measure.hpp"

namespace zccache::bench {
namespace {

enum class Wanted { at_least, at_most };

/// At which sizes a bar is to be met.
enum class Sizes {
  each,
  million,
  largest_to_smallest,  ///< `over` at the largest size that was measured, `under` at the smallest
};

struct Quantity {
  const char* what;
  const char* name;
};

struct Bar {
  const char* benchmark;
  const char* text;
  Quantity over;
  Quantity under;
  Wanted wanted;
  double limit;
  Sizes sizes = Sizes::each;
};

constexpr const char* kHot = "hit, one of 1000 hot keys";
constexpr const char* kAny = "hit, any key";
constexpr const char* kAttach = "attach, one lookup, close";
constexpr const char* kAttachToRead = "attach read-only, one lookup, close";
constexpr const char* kOne = "insert, one at a time";
constexpr const char* kBatch = "insert, 1000 together";
constexpr const char* kTail = "lookup beside a writer, p99.9";
constexpr const char* kFlush = "flush to disk";
constexpr const char* kReload = "first lookup after a reboot";
constexpr const char* kMemory = "memory for the flush";
constexpr const char* kLive = "bytes per entry, live";
constexpr const char* kKept = "bytes per entry, after a reboot";
constexpr const char* kMapFloor = "floor: open, mmap, touch two pages, munmap";
constexpr const char* kHashFloor = "floor: hash and one compare";
constexpr const char* kCopyFloor = "floor: memcpy of our snapshot";
constexpr const char* kRecordFloor = "floor: the key and the record";
constexpr const char* kOwnRecordFloor = "floor: our record";

constexpr const char* kMissCompile = "compile, miss";
constexpr const char* kHitCompile = "compile, hit";
constexpr const char* kWarmBuild = "whole build, all hits";
constexpr const char* kNothingFloor = "floor: a process that does nothing";

constexpr Bar kBars[] = {
    {"lookup", "hot lookup: lmdb, renewed / ours", {kHot, "lmdb, renewed"}, {kHot, kOurs}, Wanted::at_least, 5},
    {"lookup", "hot lookup: ours / floor", {kHot, kOurs}, {kHot, kHashFloor}, Wanted::at_most, 2},
    {"lookup", "hot lookup: socket / ours", {kHot, "socket"}, {kHot, kOurs}, Wanted::at_least, 200},
    {"lookup", "any key: lmdb, renewed / ours", {kAny, "lmdb, renewed"}, {kAny, kOurs}, Wanted::at_least, 3.5, Sizes::million},
    {"lookup", "any key: tdb / ours", {kAny, "tdb"}, {kAny, kOurs}, Wanted::at_least, 2, Sizes::million},
    {"lookup", "any key: original / ours", {kAny, "original"}, {kAny, kOurs}, Wanted::at_least, 2, Sizes::million},
    {"attach", "attach: lmdb / ours", {kAttach, "lmdb"}, {kAttach, kOurs}, Wanted::at_least, 3},
    {"attach", "attach read-only: lmdb / ours", {kAttachToRead, "lmdb"}, {kAttachToRead, kOurs}, Wanted::at_least, 3},
    {"attach", "attach: ours / floor", {kAttach, kOurs}, {kAttach, kMapFloor}, Wanted::at_most, 2},
    {"attach", "attach: ours, largest / smallest", {kAttach, kOurs}, {kAttach, kOurs}, Wanted::at_most, 1.2, Sizes::largest_to_smallest},
    {"insert", "one at a time: lmdb / ours", {kOne, "lmdb"}, {kOne, kOurs}, Wanted::at_least, 1},
    {"insert", "1000 together: lmdb / ours", {kBatch, "lmdb"}, {kBatch, kOurs}, Wanted::at_least, 3},
    {"mixed", "p99.9 beside a writer / alone", {kTail, kOurs}, {kTail, "zccache, alone"}, Wanted::at_most, 1.5},
    {"snapshot", "flush: original / ours", {kFlush, "original"}, {kFlush, kOurs}, Wanted::at_least, 10, Sizes::million},
    {"snapshot", "reload: original / ours", {kReload, "original"}, {kReload, kOurs}, Wanted::at_least, 10, Sizes::million},
    {"snapshot", "memory for the flush: ours / snapshot", {kMemory, kOurs}, {kMemory, kCopyFloor}, Wanted::at_most, 1.2},
    {"snapshot", "snapshots of a build that fills it: all / last", {kFilling, kOurs}, {kFilling, kLastSnapshot}, Wanted::at_most, 5},
    {"snapshot", "bytes per entry, live / our record", {kLive, kOurs}, {kLive, kOwnRecordFloor}, Wanted::at_most, 1.5},
    {"snapshot", "bytes per entry, live / key and record", {kLive, kOurs}, {kLive, kRecordFloor}, Wanted::at_most, 1.5},
    {"snapshot", "bytes per entry, snapshot / our record", {kKept, kOurs}, {kKept, kOwnRecordFloor}, Wanted::at_most, 1.15},
    {"snapshot", "bytes per entry, snapshot / key and record", {kKept, kOurs}, {kKept, kRecordFloor}, Wanted::at_most, 1.15},
    {"launcher", "hit: ccache / ours", {kHitCompile, "ccache"}, {kHitCompile, kOurs}, Wanted::at_least, 5},
    {"launcher", "hit: sccache / ours", {kHitCompile, "sccache"}, {kHitCompile, kOurs}, Wanted::at_least, 25},
    {"launcher", "hit: ours / a process that does nothing", {kHitCompile, kOurs}, {kHitCompile, kNothingFloor}, Wanted::at_most, 2},
    {"launcher", "miss: ccache / ours", {kMissCompile, "ccache"}, {kMissCompile, kOurs}, Wanted::at_least, 1},
    {"launcher", "whole build, all hits: ccache / ours", {kWarmBuild, "ccache"}, {kWarmBuild, kOurs}, Wanted::at_least, 3},
};

const Row* find(const Rows& rows, const Quantity& quantity, std::size_t entries) {
  const auto row = std::ranges::find_if(rows, [&](const Row& candidate) {
    return candidate.what == quantity.what && candidate.name == quantity.name && candidate.entries == entries;
  });
  return row == rows.end() ? nullptr : &*row;
}

std::optional<Verdict> judge(const Bar& bar, const Rows& rows, std::size_t over_entries, std::size_t under_entries) {
  const Row* over = find(rows, bar.over, over_entries);
  const Row* under = find(rows, bar.under, under_entries);
  if (over == nullptr || under == nullptr) return std::nullopt;  // an engine that is missing, or was not chosen
  const bool at_least = bar.wanted == Wanted::at_least;
  const double reached = ratio_of(over->samples, under->samples);
  return Verdict{bar.text, fmt::format("{} {:g}", at_least ? "at least" : "at most", bar.limit), reached,
                 at_least ? reached >= bar.limit : reached <= bar.limit, over_entries};
}

}  // namespace

std::vector<Verdict> judge(const std::string& benchmark, const Rows& rows, bool at_any_size) {
  constexpr std::size_t kMillion = 1'000'000;
  std::set<std::size_t> sizes;
  for (const Row& row : rows) sizes.insert(row.entries);
  std::vector<Verdict> verdicts;
  const auto add = [&](const std::optional<Verdict>& verdict) {
    if (verdict) verdicts.push_back(*verdict);
  };
  for (const Bar& bar : kBars) {
    if (benchmark != bar.benchmark) continue;
    if (bar.sizes == Sizes::largest_to_smallest) {
      if (sizes.size() > 1) add(judge(bar, rows, *sizes.rbegin(), *sizes.begin()));
      continue;
    }
    for (const std::size_t entries : sizes) {
      if (bar.sizes == Sizes::each || entries == kMillion || at_any_size) add(judge(bar, rows, entries, entries));
    }
  }
  return verdicts;
}

}  // namespace zccache::bench
