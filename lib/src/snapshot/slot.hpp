// The lookup table of a snapshot: where a key's probing starts, and what a slot says.
#pragma once

#include <cstdint>

#include "format/hash.hpp"
#include "format/layout.hpp"

namespace zccache::snapshot {

/// At most four of five slots are taken: probes stay short, and the table costs ten bytes an entry.
constexpr std::uint64_t slots_for(std::uint64_t entries) noexcept { return entries + entries / 4 + 1; }

/// Of a snapshot with so many records.
constexpr std::uint64_t file_bytes(std::uint64_t entries, std::uint64_t record_bytes) noexcept {
  return sizeof(format::SnapshotHeader) + record_bytes + slots_for(entries) * sizeof(std::uint64_t) + sizeof(format::SnapshotFooter);
}

/// Maps a hash evenly to [0, slots) with a multiplication (D. Lemire, "Fast Random Integer Generation in an Interval", 2019).
constexpr std::uint64_t first_slot(std::uint64_t hash_high, std::uint64_t slots) noexcept {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(hash_high) * slots >> 64);
}

constexpr std::uint64_t make_slot(const format::Key128& hash, std::uint64_t record_offset) noexcept {
  return hash.low >> format::kSlotOffsetBits << format::kSlotOffsetBits | record_offset / format::kRecordAlignment;
}
constexpr bool same_tag(std::uint64_t slot, const format::Key128& hash) noexcept { return (slot ^ hash.low) >> format::kSlotOffsetBits == 0; }
constexpr std::uint64_t record_offset(std::uint64_t slot) noexcept {
  return (slot & ((std::uint64_t{1} << format::kSlotOffsetBits) - 1)) * format::kRecordAlignment;
}

}  // namespace zccache::snapshot
