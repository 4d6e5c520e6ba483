#include "store/flush_policy.hpp"

#include <algorithm>

#include "snapshot/snapshot_writer.hpp"

namespace zccache {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// Over a build that fills an index, all snapshots together come to this many times the last one at most: each was written for a quarter of its
/// bytes, and those quarters add up to no more than the index.
constexpr std::uint64_t kBytesForEachChangedByte = 4;
/// Below this size the syncs cost more than the bytes.
constexpr std::uint64_t kSmallSnapshot = std::uint64_t{64} << 10;
/// The share of the time that flushing may take is one in so many.
constexpr int kPauseForEachFlush = 50;
constexpr milliseconds kShortestPause = std::chrono::seconds(5);
/// What changed longer ago than this is written, whatever it costs: an index of any size is written once an hour at most for this reason.
constexpr milliseconds kLongestWait = std::chrono::hours(1);
constexpr milliseconds kLongLife = std::chrono::minutes(1);

bool is_worth_its_bytes(const FlushFacts& facts) noexcept {
  return facts.snapshot_bytes <= kSmallSnapshot || facts.changed_bytes >= facts.snapshot_bytes / kBytesForEachChangedByte;
}

milliseconds pause_after(const FlushFacts& facts) noexcept { return duration_cast<milliseconds>(facts.last_took) * kPauseForEachFlush; }

/// A number of a shared word as a duration: one that is damaged must not overflow where it is computed with.
template <class Duration>
Duration bounded(std::uint64_t count) noexcept {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50;
  return Duration(std::min(count, kMost));
}

}  // namespace

FlushFacts FlushFacts::of(const LiveIndex& live, std::uint64_t now_millis) noexcept {
  const auto value = [](const format::Word& word) { return word.load(std::memory_order_relaxed); };
  const format::LiveHeader& header = live.header();
  const std::uint64_t flushed = value(header.flushed_sequence);
  const std::uint64_t size = snapshot_bytes_for(value(header.counts.entries), value(header.counts.live_bytes));
  const std::uint64_t before = value(header.snapshot_bytes);
  // Removals change the snapshot by what is no longer in it. Where there is no snapshot, all of it is new.
  const std::uint64_t changed = flushed == 0 ? size : live.unflushed_bytes() + (before > size ? before - size : 0);
  // A flush that failed is not tried again at once: whatever made it fail, it wrote. A clock that was set back makes it due.
  const std::uint64_t last = std::max(value(header.last_flush_at_millis), value(header.flush_failed_at_millis));
  const auto since = now_millis < last ? milliseconds::max() : bounded<milliseconds>(now_millis - last);
  return {.changes = value(header.counts.last_sequence) - flushed,
          .changed_bytes = changed,
          .snapshot_bytes = size,
          .since_last = since,
          .last_took = bounded<std::chrono::microseconds>(value(header.last_flush_micros))};
}

bool flush_is_due(const FlushFacts& facts, const OpenOptions& options) noexcept {
  if (facts.changes == 0) return false;
  if (options.flush_changes && facts.changes >= *options.flush_changes) return true;
  if (options.flush_interval) return facts.since_last >= *options.flush_interval;
  if (facts.since_last >= kLongestWait) return true;
  return facts.since_last >= std::max(kShortestPause, pause_after(facts)) && is_worth_its_bytes(facts);
}

bool last_flush_is_due(const FlushFacts& facts, milliseconds lived, const OpenOptions& options) noexcept {
  if (facts.changes == 0) return false;
  const milliseconds long_life = std::min(options.flush_interval.value_or(kLongLife), kLongLife);
  return is_worth_its_bytes(facts) || lived >= std::max(long_life, pause_after(facts));
}

}  // namespace zccache
