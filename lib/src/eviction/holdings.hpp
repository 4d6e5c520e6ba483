// What entries take on the disk: their payload, and their part of the index.
#pragma once

#include <cstdint>

#include <zccache/artifact_store.hpp>

namespace zccache {

/// Of one entry, or of several.
struct Holdings {
  std::uint64_t entries = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t payload_bytes = 0;  ///< blocks on disk

  Holdings& operator+=(const Holdings& more) noexcept;
  /// Down to nothing at most: the files may have changed since they were counted.
  Holdings& operator-=(const Holdings& less) noexcept;
};

/// The entry without its payload.
[[nodiscard]] Holdings record_of(const ArtifactView& entry) noexcept;

/// The index files of `store` once it has been flushed and compacted with so much in it: the live index, the snapshot and the one before it.
[[nodiscard]] std::uint64_t index_bytes(const ArtifactStore& store, const Holdings& holdings);

}  // namespace zccache
