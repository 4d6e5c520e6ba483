// Renewal: a fresh generation of the live index, filled aside and put in the place of the old one. The one operation behind growth, compaction,
// clearing and repair.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <zccache/result.hpp>

#include "base/boot.hpp"
#include "base/held_directory.hpp"
#include "base/locked_temporary.hpp"
#include "live/live_index.hpp"
#include "live/predecessor.hpp"

namespace zccache {

/// What a generation must have room for.
struct Capacity {
  std::uint64_t entries = 0;
  std::uint64_t record_bytes = 0;

  /// The file size that this takes, at least `minimum_bytes`.
  [[nodiscard]] std::size_t file_bytes(std::size_t minimum_bytes) const noexcept;
};

/// What a new generation takes over from the past.
struct Inheritance {
  std::uint64_t life = 0;              ///< 0: it begins one
  std::uint64_t generation = 0;        ///< of the newest one known
  std::uint64_t last_sequence = 0;     ///< of the newest change
  std::uint64_t highest_sequence = 0;  ///< ever handed out; may be left at 0 where it is no larger
  std::uint64_t flushed_sequence = 0;
  std::uint64_t last_flush_at_millis = 0;
  std::uint64_t last_flush_micros = 0;
  std::uint64_t last_removal = 0;
  std::uint64_t snapshot_entries = 0;
  std::uint64_t snapshot_bytes = 0;
  std::uint64_t unflushed_bytes = 0;  ///< beside those of the generation that is replaced, if it is known
  format::Totals totals{};

  [[nodiscard]] static Inheritance of(const format::LiveHeader& header) noexcept;
};

/// Requires the writer lock of what it is to replace from create() to publish(), or the directory's lock if that is nothing. Discarded by its
/// destructor if not published; a kill leaves a temporary file, which the next create() removes.
class LiveBuilder {
 public:
  /// Makes a generation for what is needed, and `room` times as much as it grows: the disk is asked for the blocks then. Errors: no_space, io.
  [[nodiscard]] static result<LiveBuilder> create(const HeldDirectory& directory, const Capacity& needed, std::size_t room,
                                                  std::size_t minimum_bytes);

  /// The blocks that the file of a generation for what is needed has when it is new, where the disk has room for one that can grow.
  [[nodiscard]] static std::size_t first_blocks(const Capacity& needed, std::size_t minimum_bytes) noexcept;

  /// With room to grow, or just enough where the disk has no space for that.
  [[nodiscard]] static result<LiveBuilder> create_roomy(const HeldDirectory& directory, const Capacity& needed, std::size_t minimum_bytes);

  /// As create_roomy, with the entries of `old`, the removals that no snapshot knows of, and room for `more`. Damaged records are left behind.
  /// Errors: no_space, io; corrupt if the counts of `old` are not those of what is in it.
  [[nodiscard]] static result<LiveBuilder> copy_of(const LiveIndex& old, const HeldDirectory& directory, const Capacity& more,
                                                   std::size_t minimum_bytes);

  /// The record of an entry that was added, or null.
  [[nodiscard]] const format::RecordHeader* find(std::string_view key);

  /// Takes a whole record, which must stay where it is until publish(). Of two with one key the one with the larger sequence number stays, or,
  /// if they are equal, the one that was used later. A tombstone removes. False if the file has no room. Cheapest where the newest come first.
  /// Errors: no_space, io.
  [[nodiscard]] result<bool> add(const format::RecordHeader& record);

  /// As add(), for a record that goes afterwards.
  [[nodiscard]] result<bool> add_at_once(const format::RecordHeader& record);

  /// Puts the new generation in the place of `before`, which gives its counters and is retired. Returns it attached, and with its writer lock.
  /// Errors: not_found if something else is there by now, so that the caller has to look again; lock_timeout, io.
  [[nodiscard]] result<LiveIndex> publish(const Inheritance& past, const BootId& boot, const Predecessor& before) &&;

  [[nodiscard]] std::uint64_t entries() {
    place_waiting();
    return segment_.header().counts.entries;
  }

 private:
  // Records wait for each other, so that the cache misses of many are waited for at once.
  static constexpr std::size_t kBatch = 32;

  LiveBuilder(Segment segment, LockedTemporary file)
      : segment_(std::move(segment)), file_(std::move(file)), map_(segment_.at<ArtifactMap>(segment_.header().map_offset)) {}

  void place_waiting();
  /// Closes the counters of `old` and goes on with what they came to. `totals`: what they were before.
  void take_counters(const LiveIndex& old, format::Totals totals);
  void place(const format::Key128& hash, const format::RecordHeader& record);

  Segment segment_;
  LockedTemporary file_;
  ArtifactMap* map_;
  std::array<const format::RecordHeader*, kBatch> waiting_{};
  std::size_t waiting_count_ = 0;
  std::uint64_t waiting_bytes_ = 0;
  bool disk_full_ = false;  // a store into this generation failed: it is not whole, and is not published
};

/// Renews `old` with its own entries and room for `more`. Errors: no_space, io; corrupt if `old` has to be rebuilt.
[[nodiscard]] result<LiveIndex> renew(const HeldDirectory& directory, const LiveIndex& old, const Capacity& more, std::size_t minimum_bytes);

/// Renews `old` with nothing in it.
[[nodiscard]] result<LiveIndex> renew_empty(const HeldDirectory& directory, const LiveIndex& old, std::size_t minimum_bytes);

}  // namespace zccache
