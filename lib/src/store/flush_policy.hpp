// When a snapshot is due: what it costs, weighed against what a power loss would take.
#pragma once

#include <chrono>
#include <cstdint>

#include <zccache/options.hpp>

#include "live/live_index.hpp"

namespace zccache {

/// What the decision depends on.
struct FlushFacts {
  std::uint64_t changes = 0;         ///< since the newest snapshot
  std::uint64_t changed_bytes = 0;   ///< written to the index since then, or gone from it
  std::uint64_t snapshot_bytes = 0;  ///< what a snapshot would write now
  std::chrono::milliseconds since_last{0};
  std::chrono::microseconds last_took{0};

  /// Relaxed loads of the header's words: one that is stale makes a snapshot due a change later.
  [[nodiscard]] static FlushFacts of(const LiveIndex& live, std::uint64_t now_millis) noexcept;
};

/// Whether a snapshot is due. By default: at most 4 bytes are written for each byte that changed, and at most a 50th of the time is spent on
/// it; but after an hour any change is written. `flush_interval` and `flush_changes`, if set, replace that by what they say.
[[nodiscard]] bool flush_is_due(const FlushFacts& facts, const OpenOptions& options) noexcept;

/// Whether a process that ends after `lived` writes a last snapshot: if it is worth its bytes, or if the process lived long enough for its cost
/// not to matter.
[[nodiscard]] bool last_flush_is_due(const FlushFacts& facts, std::chrono::milliseconds lived, const OpenOptions& options) noexcept;

}  // namespace zccache
