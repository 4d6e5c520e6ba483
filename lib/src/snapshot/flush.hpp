// From the live index to the snapshot.
#pragma once

#include <functional>

#include <zccache/result.hpp>

#include "base/held_directory.hpp"
#include "live/live_index.hpp"
#include "snapshot/snapshot_writer.hpp"

namespace zccache {

/// Writes every entry of `index` to a new snapshot, as a reader: writers go on meanwhile, and what they add may or may not be in it. On return
/// `*base_sequence` is the last change that certainly is. `index` has to be index.live in `directory` when this begins. The snapshot gets its
/// place there if index.live is still of the same life, and `is_wanted` says so too. Requires the flusher lock. Errors: not_found if not;
/// no_space, lock_timeout, io.
[[nodiscard]] result<SnapshotSize> write_snapshot(const HeldDirectory& directory, const LiveIndex& index, std::uint64_t* base_sequence,
                                                  const std::function<bool()>& is_wanted);

}  // namespace zccache
