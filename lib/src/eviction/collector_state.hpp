// When the next collection is due: one line in a small file, written by the last one.
#pragma once

#include <cstdint>

#include <zccache/eviction.hpp>

#include "base/directory.hpp"

namespace zccache {

/// What a collection leaves for those that ask whether another one is due.
struct CollectorState {
  std::uint64_t inserts = 0;       ///< of the store, at the end of it
  std::uint64_t next_inserts = 0;  ///< due from this many on
  std::uint64_t next_at_secs = 0;  ///< or from this time on
  std::uint64_t policy = 0;        ///< or under another policy than this
};

/// A number for everything in a policy.
[[nodiscard]] std::uint64_t identity(const EvictionPolicy& policy) noexcept;

/// The state of a directory without a collection so far: due after a few inserts.
[[nodiscard]] CollectorState first_state(const EvictionPolicy& policy) noexcept;

/// Due when half of the room that is left may be taken, or after a day.
[[nodiscard]] CollectorState next_state(const EvictionPolicy& policy, const CollectionReport& report, std::uint64_t inserts,
                                        std::uint64_t now_secs) noexcept;

/// What cannot be read or understood is the first state.
[[nodiscard]] CollectorState read_state(const CacheDirectory& directory, const EvictionPolicy& policy) noexcept;
/// Requires the collector lock. Not synced: it can be made again.
[[nodiscard]] result<void> write_state(const CacheDirectory& directory, const CollectorState& state);

}  // namespace zccache
