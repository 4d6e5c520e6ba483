// Reading a snapshot: in place, by lookup, where it is intact; record by record, around the damage, where it is not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include <zccache/result.hpp>

#include "base/file.hpp"
#include "format/record.hpp"

namespace zccache {

/// A mapped snapshot. Immutable; any number of threads. A record that is returned is whole, checked, and valid as long as this object.
class SnapshotReader {
 public:
  /// Maps a snapshot, intact or not. Errors: not_found, corrupt (empty, or nothing of it looks like a snapshot), version_mismatch, io.
  [[nodiscard]] static result<SnapshotReader> open(const std::filesystem::path& path);
  /// The file at `path`, already open.
  [[nodiscard]] static result<SnapshotReader> open(int fd, const std::filesystem::path& path);

  /// Whether header, table and footer agree. Records are checked one by one, as they are used.
  [[nodiscard]] bool intact() const noexcept { return table_slots_ != 0; }
  /// Whether the header agrees with itself; where it does not, origin() is all zero.
  [[nodiscard]] const format::SnapshotHeader& origin() const noexcept { return origin_; }
  /// How many records there should be; 0 if that is not known.
  [[nodiscard]] std::uint64_t record_count() const noexcept { return record_count_; }
  [[nodiscard]] std::size_t size() const noexcept { return mapping_.bytes().size(); }

  /// Null if the key is absent. Requires intact(). No lock, no system call, no allocation.
  [[nodiscard]] const format::RecordHeader* find(std::string_view key) const noexcept;

  /// Calls `visit(const RecordHeader&)` for every whole record until it returns false. Damage costs the records that it touches.
  template <class Visit>
  void for_each(Visit visit) const {
    std::size_t offset = sizeof(format::SnapshotHeader);
    while (const format::RecordHeader* record = format::next_record(records(), &offset)) {
      if (!visit(*record)) return;
    }
  }

 private:
  explicit SnapshotReader(ReadOnlyMapping mapping) noexcept : mapping_(std::move(mapping)) {}
  [[nodiscard]] bool read_header() noexcept;
  [[nodiscard]] bool read_footer() noexcept;
  /// The bytes up to the end of the records, from the start of the file.
  [[nodiscard]] std::span<const std::byte> records() const noexcept { return mapping_.bytes().first(records_end_); }

  ReadOnlyMapping mapping_;
  format::SnapshotHeader origin_{};
  const std::uint64_t* table_ = nullptr;
  std::uint64_t table_slots_ = 0;
  std::uint64_t record_count_ = 0;
  std::size_t records_end_ = 0;
};

}  // namespace zccache
