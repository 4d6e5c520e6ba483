// Writing the flat snapshot: a stream of records, then a lookup table, then a footer; aside, durable, and by rename.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <zccache/result.hpp>

#include "base/directory.hpp"
#include "base/file.hpp"
#include "format/record.hpp"

namespace zccache {

/// What stands in the header of a snapshot.
struct SnapshotOrigin {
  std::uint64_t generation = 0;
  std::uint64_t base_sequence = 0;  ///< every change up to this one is in it
  format::Totals totals{};
};

struct SnapshotSize {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// Requires the flusher lock from create() to commit(). Needs 16 bytes of memory an entry beside a buffer. Discarded if not committed; a kill
/// leaves a temporary file, which the next create() removes.
class SnapshotWriter {
 public:
  /// Errors: no_space, io.
  [[nodiscard]] static result<SnapshotWriter> create(const CacheDirectory& directory, const SnapshotOrigin& origin);

  /// Adds a whole record that is no tombstone; each key once.
  [[nodiscard]] result<void> add(const format::RecordHeader& record);

  /// Writes the rest, syncs, keeps the snapshot of before as the previous one, renames, and syncs the directory.
  [[nodiscard]] result<SnapshotSize> commit() &&;

 private:
  struct Place {
    std::uint64_t hash_high;
    std::uint64_t slot;  ///< as in the table
  };

  SnapshotWriter(const CacheDirectory& directory, AtomicFile file, const format::SnapshotHeader& header)
      : directory_(directory), file_(std::move(file)), header_checksum_(header.checksum) {}

  [[nodiscard]] result<void> append(std::span<const std::byte> bytes);
  /// Where the next `bytes` of the file go.
  [[nodiscard]] result<std::byte*> claim(std::size_t bytes);
  [[nodiscard]] result<void> write_out();
  [[nodiscard]] std::vector<std::uint64_t> table() const;

  CacheDirectory directory_;
  AtomicFile file_;
  std::uint64_t header_checksum_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t buffered_ = 0;
  std::uint64_t offset_ = 0;  ///< of the next byte, buffered ones included
  std::vector<Place> places_;
};

}  // namespace zccache
