// What a store tells about itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace zccache {

/// How many counters there are whose meaning the program decides that uses the store.
inline constexpr std::size_t kHostCounters = 40;

/// A consistent-enough picture: each number is exact at some moment during the call, not all at the same one.
struct Stats {
  std::uint64_t entries = 0;
  std::uint64_t live_bytes = 0;     ///< bytes of the records that can be found
  std::uint64_t garbage_bytes = 0;  ///< bytes in the segment's extent that no lookup can reach; a renewal drops them
  std::uint64_t segment_bytes = 0;  ///< what the live index file takes on the disk; 0 when the snapshot is searched in place
  std::uint64_t generation = 0;     ///< how many live index files this directory has had
  std::uint64_t renewals = 0;

  // Since the directory was made, or since the counters were last reset. They survive restarts as far as the last flush.
  std::uint64_t hits = 0;    ///< told by whoever serves them (`count_hit`), never by a lookup
  std::uint64_t misses = 0;  ///< told likewise (`count_miss`)
  std::uint64_t inserts = 0;
  std::uint64_t removes = 0;
  std::uint64_t evictions = 0;
  std::array<std::uint64_t, kHostCounters> host{};  ///< told by `ArtifactStore::count`

  std::uint64_t flushes_done = 0;
  std::uint64_t flushes_failed = 0;
  std::uint64_t last_flush_micros = 0;   ///< duration of the last flush that succeeded
  std::uint64_t last_flush_at_secs = 0;  ///< seconds since the Unix epoch, 0 = never
  std::uint64_t snapshot_entries = 0;    ///< entries in the newest snapshot
  std::uint64_t snapshot_bytes = 0;
  std::uint64_t unflushed_changes = 0;  ///< changes since the newest snapshot
};

}  // namespace zccache
