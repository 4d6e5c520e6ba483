// Makes the checksums of bytes that look like a snapshot right, where it is asked to.
#pragma once

#include <cstring>

#include "fuzz.hpp"

namespace zccache::fuzz {

enum Seals : std::uint8_t { kSealHeader = 1, kSealRecords = 2, kSealTable = 4, kSealFooter = 8 };

inline void seal_snapshot(std::span<std::byte> bytes, std::uint8_t seals) noexcept {
  format::SnapshotHeader header{};
  format::SnapshotFooter footer{};
  if (bytes.size() < sizeof header + sizeof footer) return;
  const std::size_t footer_offset = bytes.size() - sizeof footer;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::memcpy(&footer, bytes.data() + footer_offset, sizeof footer);
  if ((seals & kSealHeader) != 0) {
    header.magic = format::kSnapshotMagic;
    header.version = format::kFormatVersion;
    header.header_bytes = sizeof header;
    header.checksum = format::checksum64(&header, offsetof(format::SnapshotHeader, checksum));
    std::memcpy(bytes.data(), &header, sizeof header);
  }
  if ((seals & kSealRecords) != 0) {
    for (std::size_t at = sizeof header; at < footer_offset && at % format::kRecordAlignment == 0;)
      at = seal_record(bytes.first(footer_offset), at);
  }
  if ((seals & kSealTable) != 0 && footer.table_offset <= footer_offset) {
    footer.table_checksum = format::checksum64(bytes.data() + footer.table_offset, footer_offset - footer.table_offset);
  }
  if ((seals & kSealFooter) != 0) {
    footer.magic = format::kSnapshotEndMagic;
    footer.header_checksum = header.checksum;
    footer.checksum = format::checksum64(&footer, offsetof(format::SnapshotFooter, checksum));
  }
  std::memcpy(bytes.data() + footer_offset, &footer, sizeof footer);
}

}  // namespace zccache::fuzz
