// Hits and misses over time, in slices of equal length, from what each flush noted.
#pragma once

#include <zccache/history.hpp>
#include <zccache/stats.hpp>

#include <cstdint>
#include <vector>

namespace zccache::index_tool {

struct Slice {
  std::uint64_t from_secs = 0;  ///< Unix epoch
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};

struct Timeline {
  std::uint64_t slice_secs = 0;
  std::vector<Slice> slices;  ///< without gaps, oldest first; at most kMostSlices. Empty where nothing was asked for
};

inline constexpr std::size_t kMostSlices = 48;

/// What happened between two flushes counts at the later one; what came after the last, at `now_secs`. Slices begin at full hours, days and
/// weeks of the clock that is `utc_offset_secs` ahead of UTC.
[[nodiscard]] Timeline timeline_of(const std::vector<HistoryPoint>& history, const Stats& now, std::uint64_t now_secs,
                                   std::int64_t utc_offset_secs);

}  // namespace zccache::index_tool
