// Writing the flat snapshot: a stream of records, then a lookup table, then a footer; aside, durable, and by rename.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <zccache/result.hpp>

#include "base/locked_temporary.hpp"
#include "format/record.hpp"
#include "snapshot/slot.hpp"
#include "snapshot/slot_places.hpp"

namespace zccache {

/// What stands in the header of a snapshot.
struct SnapshotOrigin {
  std::uint64_t generation = 0;
  std::uint64_t base_sequence = 0;  ///< every change up to this one is in it
  std::uint64_t life = 0;
  format::Totals totals{};
};

struct SnapshotSize {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// The size of a snapshot of so many entries, whose records take so many bytes.
constexpr std::uint64_t snapshot_bytes_for(std::uint64_t entries, std::uint64_t record_bytes) noexcept {
  return sizeof(format::SnapshotHeader) + record_bytes + snapshot::slots_for(entries) * sizeof(std::uint64_t) + sizeof(format::SnapshotFooter);
}

/// Needs 9 MiB of memory at most for up to 100 million entries, and beyond that as much as a 256th of the lookup table twice. Discarded if not
/// committed; a kill leaves a temporary file, which the next create() removes.
class SnapshotWriter {
 public:
  /// Errors: no_space, io.
  [[nodiscard]] static result<SnapshotWriter> create(const HeldDirectory& directory, const SnapshotOrigin& origin,
                                                     std::size_t most_places_in_memory = SlotPlaces::kMostInMemory);

  /// Adds a whole record that is no tombstone; each key once.
  [[nodiscard]] result<void> add(const format::RecordHeader& record);

  /// Writes the rest, syncs, keeps the snapshot of before as the previous one, renames, and syncs the directory. `is_wanted` is asked right
  /// before the rename, under the directory's lock: what index.live is does not change until the snapshot is in place.
  /// Errors: not_found if it is not wanted, or the directory is gone; no_space, io.
  [[nodiscard]] result<SnapshotSize> commit(const std::function<bool()>& is_wanted) &&;

 private:
  SnapshotWriter(LockedTemporary file, const format::SnapshotHeader& header, SlotPlaces places)
      : file_(std::move(file)), header_checksum_(header.checksum), places_(std::move(places)) {}

  [[nodiscard]] result<void> append(std::span<const std::byte> bytes);
  /// Where the next `bytes` of the file go.
  [[nodiscard]] result<std::byte*> claim(std::size_t bytes);
  [[nodiscard]] result<void> write_out();
  /// Writes the lookup table, and returns its checksum.
  [[nodiscard]] result<std::uint64_t> write_table(std::uint64_t slots);
  /// Puts what probed beyond the end of the table into the first empty slots at its front.
  [[nodiscard]] result<void> wrap_round(std::uint64_t table_offset, std::span<const std::uint64_t> carried);
  [[nodiscard]] result<std::uint64_t> checksum_of_written(std::uint64_t from);

  LockedTemporary file_;
  std::uint64_t header_checksum_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t buffered_ = 0;
  std::uint64_t offset_ = 0;  ///< of the next byte, buffered ones included
  SlotPlaces places_;
};

}  // namespace zccache
