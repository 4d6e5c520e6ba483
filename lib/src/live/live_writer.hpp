// Changing the live index, under the writer lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <zccache/artifact.hpp>

#include "live/live_index.hpp"

namespace zccache {

enum class Change {
  done,
  absent,   ///< nothing to remove
  full,     ///< renew with more room, then try again
  damaged,  ///< the index must be rebuilt before it can be changed
};

/// Adds, replaces and removes entries of a generation that others are reading. Requires the writer lock for as long as it lives, and an index
/// that is attached read_write and not retired.
///
/// One change is one release store into a slot. Around it, `pending` and `dirty` keep the counts right: a writer killed at any instruction
/// leaves the old or the new record, some bytes that nothing refers to, and at most one pending change, which the next LiveWriter settles in a
/// few loads and stores. Nothing is walked or rebuilt because of a kill.
class LiveWriter {
 public:
  explicit LiveWriter(LiveIndex& index) noexcept : index_(index), header_(index.header()) { settle(); }

  /// What an insert of this entry would come to: done, full or damaged. After "done", that insert is certain to be done as well, as long as the
  /// lock is held. The entry must have passed check_entry(), here and below.
  [[nodiscard]] Change can_insert(std::string_view key, const Artifact& artifact) const noexcept;
  [[nodiscard]] Change insert(std::string_view key, const Artifact& artifact) noexcept;
  [[nodiscard]] Change remove(std::string_view key) noexcept;

 private:
  /// A plain copy of the counts, to compute with.
  struct CountValues {
    std::uint64_t entries, live_bytes, last_sequence, inserts, removes;
  };
  [[nodiscard]] static CountValues load(const format::Counts& from) noexcept;
  static void store(format::Counts& to, const CountValues& values) noexcept;

  [[nodiscard]] Change can_take(const LiveIndex::SlotSearch& search, std::size_t length) const noexcept;
  /// The slot of a key, made (null) if there is none. Null if there is no room for it.
  [[nodiscard]] Slot* make_slot(const format::Key128& hash) noexcept;
  /// A sequence number that no record has or will have, whether this change happens or not.
  [[nodiscard]] std::uint64_t hand_out_sequence() noexcept;
  void publish(Slot& slot, const format::RecordHeader* record, const CountValues& after) noexcept;
  void settle() noexcept;

  LiveIndex& index_;
  format::LiveHeader& header_;
};

}  // namespace zccache
