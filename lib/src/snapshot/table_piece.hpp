// The lookup table of a snapshot, built one contiguous piece after another.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "snapshot/slot.hpp"
#include "snapshot/slot_places.hpp"

namespace zccache {

/// Linear probing within one piece. What probes beyond its end is carried into the next piece, and from the last round to the first.
class TablePiece {
 public:
  explicit TablePiece(std::uint64_t table_slots) noexcept : table_slots_(table_slots) {}

  /// Goes on to the next piece: `partition` counts up from 0.
  void begin(std::size_t partition) {
    constexpr unsigned kShift = 64 - SlotPlaces::kPartitionBits;
    begin_ = end_;
    const bool last = partition + 1 == SlotPlaces::kPartitions;
    end_ = last ? table_slots_ : snapshot::first_slot(std::uint64_t{partition + 1} << kShift, table_slots_);
    slots_.assign(end_ - begin_, 0);
    for (const std::uint64_t slot : std::exchange(carried_, {})) put_from(0, slot);
  }
  void put(const SlotPlace& place) { put_from(snapshot::first_slot(place.hash_high, table_slots_) - begin_, place.slot); }

  [[nodiscard]] std::span<const std::uint64_t> slots() const noexcept { return slots_; }
  [[nodiscard]] std::span<const std::uint64_t> carried() const noexcept { return carried_; }

 private:
  void put_from(std::uint64_t at, std::uint64_t slot) {
    while (at < slots_.size() && slots_[at] != 0) ++at;
    if (at < slots_.size()) {
      slots_[at] = slot;
    } else {
      carried_.push_back(slot);
    }
  }

  std::uint64_t table_slots_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::vector<std::uint64_t> slots_;
  std::vector<std::uint64_t> carried_;
};

}  // namespace zccache
