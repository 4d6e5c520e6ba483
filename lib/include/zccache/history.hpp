// What a cache directory was like at each of its flushes, as far back as is kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace zccache {

/// The counters are since the directory was made; the difference of two points is what happened between them, unless they were reset.
struct HistoryPoint {
  std::uint64_t at_secs = 0;  ///< when the flush ended, Unix epoch
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t inserts = 0;
  std::uint64_t evictions = 0;
  std::uint64_t entries = 0;
  std::uint64_t live_bytes = 0;    ///< of the records that could be found
  std::uint64_t flush_micros = 0;  ///< how long the flush took
};

/// The newest 4096, oldest first; empty where there is none. Looks only; takes no lock.
[[nodiscard]] std::vector<HistoryPoint> read_history(const std::filesystem::path& dir);

}  // namespace zccache
