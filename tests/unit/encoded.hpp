// Records in memory of their own, aligned as in the files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "format/hash.hpp"
#include "format/record.hpp"

namespace zccache::test {

class Encoded {
 public:
  Encoded(std::string_view key, const Artifact& artifact, std::uint64_t sequence) : words_(format::record_bytes(key, artifact) / kWord) {
    format::encode_record(words_.data(), key, artifact, sequence);
  }
  [[nodiscard]] static Encoded tombstone(std::string_view key, std::uint64_t sequence) {
    Encoded encoded(format::tombstone_bytes(key));
    format::encode_tombstone(encoded.words_.data(), key, sequence);
    return encoded;
  }

  [[nodiscard]] std::span<std::byte> bytes() noexcept { return std::as_writable_bytes(std::span(words_)); }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span(words_)); }
  [[nodiscard]] format::RecordHeader& header() noexcept { return *reinterpret_cast<format::RecordHeader*>(words_.data()); }

  /// Makes the checksum right again after a change.
  void seal() noexcept {
    header().checksum = format::checksum64(bytes().data() + format::kRecordChecksumFrom, bytes().size() - format::kRecordChecksumFrom);
  }

 private:
  static constexpr std::size_t kWord = sizeof(std::uint64_t);
  explicit Encoded(std::size_t bytes) : words_(bytes / kWord) {}

  std::vector<std::uint64_t> words_;
};

/// Whether the byte at this offset of a record is of the one word that may change.
constexpr bool is_time_of_use(std::size_t offset) noexcept {
  constexpr std::size_t kBegin = offsetof(format::RecordHeader, used_at_minutes);
  return offset >= kBegin && offset < kBegin + sizeof(format::RecordHeader::used_at_minutes);
}

inline void flip_bit(std::span<std::byte> bytes, std::size_t bit) noexcept { bytes[bit / 8] ^= std::byte{1} << bit % 8; }

}  // namespace zccache::test
