// Writing, checking and reading one record.
#pragma once

#include <zccache/artifact.hpp>
#include <zccache/result.hpp>

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "format/layout.hpp"

namespace zccache::format {

/// 1 to kMaxKeyBytes bytes, no control byte, no '/'.
[[nodiscard]] bool is_valid_key(std::string_view key) noexcept;

/// Whether the two can be stored. Errors: invalid_key, invalid_artifact, record_too_large; the subject names the key.
[[nodiscard]] result<void> check_entry(std::string_view key, const Artifact& artifact);

/// Bytes of the record of a checked entry.
[[nodiscard]] std::size_t record_bytes(std::string_view key, const Artifact& artifact) noexcept;
[[nodiscard]] std::size_t tombstone_bytes(std::string_view key) noexcept;

/// Writes a record to `to`, which is aligned to kRecordAlignment and holds record_bytes(); returns it.
RecordHeader* encode_record(void* to, std::string_view key, const Artifact& artifact, std::uint64_t sequence) noexcept;
RecordHeader* encode_tombstone(void* to, std::string_view key, std::uint64_t sequence) noexcept;

/// Copies a whole record to `to`, which is aligned to kRecordAlignment and holds `record.length` bytes. Others may be touching the original.
RecordHeader* copy_record(void* to, const RecordHeader& record) noexcept;

/// Notes that the entry was used at this time. Coarse, so that a hot entry is not written by each of its readers: it writes only if what
/// stands there is kUsedAtMinutes away. The record lies in a mapping that may be written.
void note_use(const RecordHeader& record, std::uint64_t now_secs) noexcept;
inline constexpr std::uint32_t kUsedAtMinutes = 10;
[[nodiscard]] inline std::uint64_t used_at_secs(const RecordHeader& record) noexcept {
  // Relaxed: a number for itself, which publishes nothing.
  return std::uint64_t{60} * record.used_at_minutes.load(std::memory_order_relaxed);
}

/// Of two records with one key: whether `a` is the one to keep. The change that came later; of one change, the copy that was used later.
[[nodiscard]] inline bool is_newer(const RecordHeader& a, const RecordHeader& b) noexcept {
  return a.sequence != b.sequence ? a.sequence > b.sequence : used_at_secs(a) > used_at_secs(b);
}

/// The record at the start of `bytes` if it is whole: magic, length within `bytes`, parts that add up, checksum. Else null. Bytes may be
/// anything and need not be aligned to more than kRecordAlignment.
[[nodiscard]] const RecordHeader* checked_record(std::span<const std::byte> bytes) noexcept;

/// Finds the next whole record that begins at or after `*offset`, which is moved behind it, and before `end`. Null if there is none. For bytes
/// that may be damaged anywhere.
[[nodiscard]] const RecordHeader* next_record(std::span<const std::byte> bytes, std::size_t* offset, std::size_t end) noexcept;
[[nodiscard]] inline const RecordHeader* next_record(std::span<const std::byte> bytes, std::size_t* offset) noexcept {
  return next_record(bytes, offset, bytes.size());
}

// The parts of a whole record.
[[nodiscard]] inline const OutputEntry* outputs_of(const RecordHeader& record) noexcept {
  return reinterpret_cast<const OutputEntry*>(&record + 1);
}
[[nodiscard]] inline std::string_view key_of(const RecordHeader& record) noexcept {
  return {reinterpret_cast<const char*>(outputs_of(record) + record.output_count), record.key_size};
}
[[nodiscard]] inline std::string_view names_of(const RecordHeader& record) noexcept {
  const std::size_t size = record.output_count == 0 ? 0 : outputs_of(record)[record.output_count - 1].name_end;
  return {key_of(record).data() + record.key_size, size};
}
[[nodiscard]] inline std::string_view stdout_of(const RecordHeader& record) noexcept {
  const std::string_view names = names_of(record);
  return {names.data() + names.size(), record.stdout_size};
}
[[nodiscard]] inline std::string_view stderr_of(const RecordHeader& record) noexcept {
  const std::string_view out = stdout_of(record);
  return {out.data() + out.size(), record.stderr_size};
}
[[nodiscard]] inline bool is_tombstone(const RecordHeader& record) noexcept { return (record.flags & kTombstone) != 0; }
[[nodiscard]] inline std::span<const std::byte> bytes_of(const RecordHeader& record) noexcept {
  return {reinterpret_cast<const std::byte*>(&record), record.length};
}

}  // namespace zccache::format
