// From the live index to the snapshot.
#pragma once

#include <zccache/result.hpp>

#include "base/directory.hpp"
#include "live/live_index.hpp"
#include "snapshot/snapshot_writer.hpp"

namespace zccache {

/// Writes every entry of `index` to a new snapshot, as a reader: writers go on meanwhile, and what they add may or may not be in it. On return
/// `*base_sequence` is the last change that certainly is. Requires the flusher lock. Errors: no_space, io.
[[nodiscard]] result<SnapshotSize> write_snapshot(const CacheDirectory& directory, const LiveIndex& index, std::uint64_t* base_sequence);

}  // namespace zccache
