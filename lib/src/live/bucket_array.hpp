// The arrays and nodes of the map as Boost lays them out, for those who follow its links themselves: readers, which check each link before they
// use it, and prefetches. A local iterator of Boost's would do the same, but keeps each link in an atomic of its own on the stack, and to write
// it there and read it again costs as much as the rest of a step.
//
// A map's first allocation is its buckets, its second the groups; each lies at the front of what is left of the extent. So the buckets are the
// first thing in it. Pinned like all else that artifact_map.hpp relies on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "live/artifact_map.hpp"

namespace zccache {

struct Node {
  AtomicOffsetPtr<Node> next;
  ArtifactMap::value_type value;
};
inline constexpr std::size_t kNodeBytes = sizeof(Node);

/// The link to the first node.
using Bucket = AtomicOffsetPtr<Node>;

/// What Boost keeps for every 64 buckets. Those that have nodes are in a ring, which begins and ends at the last one.
struct BucketGroup {
  AtomicOffsetPtr<Bucket> buckets;
  std::size_t bitmask;
  AtomicOffsetPtr<BucketGroup> next, prev;
};
inline constexpr std::size_t kBucketsOfGroup = 64;

/// Bytes of both arrays of a map with `buckets` buckets: with a sentinel behind the last one.
constexpr std::size_t map_array_bytes(std::size_t buckets) noexcept {
  return (buckets + 1) * sizeof(Bucket) + (buckets / kBucketsOfGroup + 1) * sizeof(BucketGroup);
}

inline const Bucket* buckets_of(const format::ExtentHeader& extent) noexcept { return reinterpret_cast<const Bucket*>(extent_memory(extent)); }

/// Whether the ring begins where an insert may store: the first one into a group puts the group there, and so changes the one that was first.
inline bool ring_is_sound(const ArtifactMap& map, const format::ExtentHeader& extent) noexcept {
  const std::size_t last = map.bucket_count() / kBucketsOfGroup;
  const auto* groups = reinterpret_cast<const BucketGroup*>(buckets_of(extent) + map.bucket_count() + 1);
  // As numbers: a damaged link is an address anywhere.
  const std::uintptr_t distance = reinterpret_cast<std::uintptr_t>(groups[last].next.get()) - reinterpret_cast<std::uintptr_t>(groups);
  return distance % sizeof(BucketGroup) == 0 && distance / sizeof(BucketGroup) <= last;
}

/// Asks for the first node of a bucket, and returns its address; null if the bucket is empty. The address may be anything where the file is
/// damaged.
inline const Node* prefetch_node(const Bucket& bucket) noexcept {
  const Node* node = bucket.get();
  if (node != nullptr) __builtin_prefetch(node);
  return node;
}

}  // namespace zccache
