// The container of the live index: an unmodified boost::unordered_map, read without a lock while one writer adds to it.
//
// Why that is safe is a matter of the container's implementation, not of its documentation, so the versions are pinned. What is relied on, and
// was read in the source of every release in the range (boost/unordered/detail/fca.hpp, closed addressing with grouped buckets):
//
// 1. Links are `allocator_traits::pointer` objects: the bucket's and the node's `next`. Ours are atomics with acquire and release order.
// 2. An insert builds the node, then stores `node->next = bucket->next`, then `bucket->next = node`. The last store publishes the node.
//    Until then no reader can reach it; after it, everything in the node is visible.
// 3. `bucket(k)` reads only the number of buckets, which never changes after construction. Readers follow the links themselves
//    (bucket_array.hpp). Neither reads `size_`, the groups or their bitmaps, which the writer changes without atomics.
// 4. Nothing is rehashed: max_load_factor is infinite. Nothing is erased. So no link ever changes but from null to a node, at the front.
// 5. A writer killed anywhere in (2) leaves a bucket group whose links or bit are stale or set early. Only iteration over the whole map and
//    erasing look at them, and nobody does either; the next insert into an empty group sets them anew, following only links that point
//    to groups of the same array. `size_` may be short by one per kill; it is only compared with an infinite load.
//
// Guarded by tests: the live index under ThreadSanitizer, and a writer killed at every instruction.
#pragma once

#include <boost/unordered_map.hpp>
#include <boost/version.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

#include "format/hash.hpp"
#include "format/layout.hpp"
#include "segment/extent.hpp"

static_assert(BOOST_VERSION >= 108100 && BOOST_VERSION <= 109100,
              "read boost/unordered/detail/fca.hpp of this release against the five points above, then widen the range");

namespace zccache {

/// The value of a key: an immutable record, a tombstone, or null while its first insert is under way.
using Slot = AtomicOffsetPtr<const format::RecordHeader>;

struct KeyHash {
  using is_avalanching = void;
  std::size_t operator()(const format::Key128& key) const noexcept { return key.low; }
};

using ArtifactMap =
    boost::unordered_map<format::Key128, Slot, KeyHash, std::equal_to<format::Key128>, ExtentAllocator<std::pair<const format::Key128, Slot>>>;

/// Where the map object holds its count of elements: the one word of it that an insert changes.
inline constexpr std::size_t kMapCountOffset = sizeof(std::size_t);

/// Of what never changes in a map object: how many buckets there are, and where. A damaged one would lead lookups anywhere, even to code.
inline std::uint64_t checksum_of(const ArtifactMap& map) noexcept {
  constexpr std::size_t kAfterCount = kMapCountOffset + sizeof(std::size_t);
  std::array<std::byte, sizeof map> bytes{};
  const auto* object = reinterpret_cast<const std::byte*>(&map);
  std::memcpy(bytes.data(), object, kMapCountOffset);  // the count is not even read: a writer may be changing it
  std::memcpy(bytes.data() + kAfterCount, object + kAfterCount, sizeof map - kAfterCount);
  return format::checksum64(bytes.data(), bytes.size());
}

inline constexpr float kNeverRehash = std::numeric_limits<float>::infinity();

}  // namespace zccache
