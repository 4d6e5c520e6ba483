// One generation of the live index, as its readers see it.
#pragma once

#include <string_view>
#include <vector>

#include <zccache/result.hpp>

#include "base/boot.hpp"
#include "format/record.hpp"
#include "live/bucket_array.hpp"
#include "live/verified_records.hpp"
#include "segment/segment.hpp"

namespace zccache {

/// Lookups in a mapped generation: no lock, no system call, no allocation, no write. Any number of threads; a writer may be changing the index
/// in this or another process. A record that is returned is whole, checked, immutable, and valid as long as this object.
///
/// Links are checked against the mapping before they are followed, and walks are bounded, so that damaged bytes end in a miss.
class LiveIndex {
 public:
  [[nodiscard]] static result<LiveIndex> attach(const std::filesystem::path& path, Access access, const BootId& boot, Distrust* distrust);
  /// The map must have been constructed at the segment's map_offset.
  explicit LiveIndex(Segment segment) noexcept;

  /// Null if the key is absent.
  [[nodiscard]] const format::RecordHeader* find(std::string_view key) const noexcept;

  /// Asks for what a lookup or a change of this key will need first: for who has several keys before him, and waits for all of them at once.
  void prefetch(std::string_view key) const noexcept { prefetch_node(buckets_[map_->bucket(format::hash_key(key))]); }

  /// Calls `visit(const RecordHeader&)` for every entry until it returns false. Entries that change meanwhile appear in their old or new state.
  template <class Visit>
  void for_each(Visit visit) const {
    for_each_record([&](const format::RecordHeader& record) { return format::is_tombstone(record) || visit(record); });
  }

  /// As for_each, with the tombstones of removed keys.
  template <class Visit>
  void for_each_record(Visit visit) const {
    for (std::size_t bucket = 0; bucket < map_->bucket_count(); ++bucket) {
      if (bucket % kBucketsAhead == 0) prefetch_records(bucket);
      const bool go_on = walk_bucket(bucket, [&](const Node& node) {
        const format::RecordHeader* record = record_in(node.value.second);
        return record == nullptr || visit(*record);
      });
      if (!go_on) return;
    }
  }

  /// Whether a newer generation has replaced this one. Acquire: pairs with the release in LiveBuilder::publish(), so who sees it set also finds
  /// at the path what was renamed there, before any change to the newer generation was acknowledged.
  [[nodiscard]] bool retired() const noexcept { return header().retired.load(std::memory_order_acquire) != 0; }

  [[nodiscard]] format::LiveHeader& header() const noexcept { return segment_.header(); }
  [[nodiscard]] const Segment& segment() const noexcept { return segment_; }
  [[nodiscard]] Segment& segment() noexcept { return segment_; }
  [[nodiscard]] std::uint64_t garbage_bytes() const noexcept;
  /// What was written to the extent since the newest snapshot was begun: new records, removals, and what killed writers left.
  [[nodiscard]] std::uint64_t unflushed_bytes() const noexcept;
  /// Whether the counts can be those of this extent. Damaged ones would ask a renewal for room that no disk has.
  [[nodiscard]] bool counts_are_possible() const noexcept;
  /// Whether more of the extent is garbage than not: a renewal then takes less room than growing does. Removals that no snapshot knows of are
  /// garbage that a renewal keeps, and the next one would be due at once: they are among what was written since, which therefore does not
  /// count.
  [[nodiscard]] bool is_mostly_garbage() const noexcept {
    const std::uint64_t kept = header().last_removal <= header().flushed_sequence ? 0 : unflushed_bytes();
    return garbage_bytes() > kept && garbage_bytes() - kept > segment_.extent().used / 2;
  }

  /// For inspection: how many buckets have 0, 1, 2, … nodes, and how many chains lead out of the mapping or do not end.
  struct Chains {
    std::vector<std::uint64_t> lengths;
    std::uint64_t damaged = 0;
  };
  [[nodiscard]] Chains chains() const;

 private:
  friend class LiveWriter;

  /// Whether the map and the extent are what they were when they were made. What they hold is checked as it is used.
  [[nodiscard]] bool places_are_sound() const noexcept;

  struct SlotSearch {
    Slot* slot = nullptr;
    bool damaged = false;  ///< a link led out of the mapping, or the chain did not end
  };
  [[nodiscard]] SlotSearch find_slot(const format::Key128& hash) const noexcept;
  /// The checked record a slot refers to, tombstones included. Null for none and for a damaged one.
  [[nodiscard]] const format::RecordHeader* record_in(const Slot& slot) const noexcept {
    return whole(slot.get());  // acquire: pairs with the release that published the record
  }
  /// The record at an address that was loaded from a slot, if it lies in the mapping and is whole. Else null.
  [[nodiscard]] const format::RecordHeader* whole(const format::RecordHeader* record) const noexcept;
  /// The same, and was_checked() says so from now on.
  [[nodiscard]] const format::RecordHeader* check(const format::RecordHeader* record) const noexcept;
  /// Whether this process has checked the record there before; false for every other address.
  [[nodiscard]] bool was_checked(const format::RecordHeader* record) const noexcept {
    // The magic: a link that is astray by a few bytes may lead to the same block as the record that was checked.
    return verified_.contains(segment_.offset_of(record)) && record->magic == format::kRecordMagic;
  }

  /// Asks for the records of the next buckets of a walk: entries lie in the order in which they were inserted, buckets in that of the hash.
  static constexpr std::size_t kBucketsAhead = 32;
  void prefetch_records(std::size_t first_bucket) const noexcept;

  // With XXH3 and at most two entries a bucket, a chain of this length is not chance: an insane one in 2^100.
  static constexpr unsigned kMaxChain = 256;

  /// Calls `visit(Node&)` along a chain until it returns false; returns whether it never did. Ends at damage, which `*damaged` tells.
  template <class Visit>
  bool walk_bucket(std::size_t bucket, Visit visit, bool* damaged = nullptr) const {
    const Bucket* link = &buckets_[bucket];
    for (unsigned steps = 0;; ++steps) {
      Node* node = link->get();  // acquire: pairs with the release that published the node
      if (node == nullptr) return true;
      if (steps == kMaxChain || !segment_.contains(node, sizeof *node)) {
        if (damaged != nullptr) *damaged = true;
        return true;
      }
      if (!visit(*node)) return false;
      link = &node->next;
    }
  }

  Segment segment_;
  ArtifactMap* map_;
  const Bucket* buckets_;
  mutable VerifiedRecords verified_;
};

}  // namespace zccache
