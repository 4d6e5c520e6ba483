#include "timeline.hpp"

#include <algorithm>
#include <array>

namespace zccache::index_tool {
namespace {

constexpr std::uint64_t kHour = 3600;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::array<std::uint64_t, 5> kLengths = {300, kHour, 6 * kHour, kDay, 7 * kDay};
constexpr std::size_t kHistoryKept = 4096;  // see <zccache/history.hpp>

struct Happened {
  std::uint64_t at_secs, hits, misses;
};

/// Counters only grow, unless they were set to zero.
std::uint64_t grown(std::uint64_t before, std::uint64_t now) { return now >= before ? now - before : now; }

std::vector<Happened> happened(const std::vector<HistoryPoint>& history, const Stats& now, std::uint64_t now_secs) {
  std::vector<Happened> all;
  HistoryPoint before;
  const auto add = [&](const HistoryPoint& point) {
    const Happened one{point.at_secs, grown(before.hits, point.hits), grown(before.misses, point.misses)};
    if (one.hits + one.misses != 0) all.push_back(one);
    before = point;
  };
  // What was before the oldest of a full ring is not known.
  const bool is_whole = history.size() < kHistoryKept;
  if (!is_whole) before = history.front();
  for (std::size_t i = is_whole ? 0 : 1; i < history.size(); ++i) add(history[i]);
  add({.at_secs = now_secs, .hits = now.hits, .misses = now.misses});
  std::ranges::stable_sort(all, {}, &Happened::at_secs);  // clocks are set back
  return all;
}

}  // namespace

Timeline timeline_of(const std::vector<HistoryPoint>& history, const Stats& now, std::uint64_t now_secs, std::int64_t utc_offset_secs) {
  const std::vector<Happened> all = happened(history, now, now_secs);
  if (all.empty()) return {};
  const auto offset = static_cast<std::uint64_t>(utc_offset_secs);  // modulo 2^64, as what it is added to
  const auto number_of = [&](std::uint64_t secs, std::uint64_t length) { return (secs + offset) / length; };
  const auto slices_by = [&](std::uint64_t length) {
    return number_of(all.back().at_secs, length) - number_of(all.front().at_secs, length) + 1;
  };
  const auto* fitting = std::ranges::find_if(kLengths, [&](std::uint64_t length) { return slices_by(length) <= kMostSlices; });
  const std::uint64_t length = fitting == kLengths.end() ? kLengths.back() : *fitting;

  Timeline timeline{.slice_secs = length, .slices = std::vector<Slice>(std::min<std::uint64_t>(slices_by(length), kMostSlices))};
  const std::uint64_t first = number_of(all.back().at_secs, length) + 1 - timeline.slices.size();
  for (std::size_t i = 0; i < timeline.slices.size(); ++i) timeline.slices[i].from_secs = (first + i) * length - offset;
  for (const Happened& one : all) {
    const std::uint64_t number = number_of(one.at_secs, length);
    if (number < first) continue;
    timeline.slices[number - first].hits += one.hits;
    timeline.slices[number - first].misses += one.misses;
  }
  return timeline;
}

}  // namespace zccache::index_tool
