// Where the records of a snapshot lie, grouped for its lookup table, in memory that is bounded whatever their number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include <zccache/result.hpp>

#include "base/file.hpp"

namespace zccache {

/// One record of a snapshot, as its lookup table needs it.
struct SlotPlace {
  std::uint64_t hash_high;
  std::uint64_t slot;  ///< as it will stand in the table
};

/// Collects places, and gives them back in partitions: by the top bits of the hash, so that each partition is a contiguous piece of the table.
/// Within a partition they keep the order in which they were added, so the table does not depend on how many fitted in memory.
///
/// A full buffer is sorted by partition and appended to an unlinked temporary file: 16 bytes for each entry, which reach the disk only if the
/// flush lasts long enough for the kernel to write them back.
class SlotPlaces {
 public:
  static constexpr unsigned kPartitionBits = 8;
  static constexpr std::size_t kPartitions = std::size_t{1} << kPartitionBits;
  static constexpr std::size_t kMostInMemory = std::size_t{256} << 10;  // 4 MiB, and as much again while it is sorted

  /// `spill_path`: the name the temporary file has for a moment. Requires the flusher lock from the first add() on.
  explicit SlotPlaces(std::filesystem::path spill_path, std::size_t most_in_memory = kMostInMemory)
      : spill_path_(std::move(spill_path)), most_in_memory_(most_in_memory) {}

  /// Errors: no_space, io.
  [[nodiscard]] result<void> add(const SlotPlace& place) {
    if (unsorted_.size() == most_in_memory_) {
      if (auto spilled = spill(); !spilled) return spilled;
    }
    unsorted_.push_back(place);
    ++count_;
    return {};
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  /// To be called after the last add(), before the first for_each_in(). Errors: no_space, io.
  [[nodiscard]] result<void> finish();

  /// Calls `use(const SlotPlace&)` for each place of a partition, in the order in which they were added. Errors: io.
  template <class Use>
  [[nodiscard]] result<void> for_each_in(std::size_t partition, Use use) {
    for (const Run& run : runs_) {
      const auto places = part_of(run, partition);
      if (!places) return places.error();
      for (const SlotPlace& place : *places) use(place);
    }
    return {};
  }

 private:
  /// Where each partition ends in a run of sorted places.
  struct Run {
    std::uint64_t offset;  ///< of the run in the temporary file, in places
    std::array<std::uint32_t, kPartitions> ends;
  };

  /// Makes a run of the places that are not sorted yet.
  void sort();
  [[nodiscard]] result<void> spill();
  /// A run's part of a partition; valid until the next call.
  [[nodiscard]] result<std::span<const SlotPlace>> part_of(const Run& run, std::size_t partition);

  std::filesystem::path spill_path_;
  std::size_t most_in_memory_;
  std::uint64_t count_ = 0;
  std::vector<SlotPlace> unsorted_;
  std::vector<SlotPlace> sorted_;  ///< the last run that was made: the only one, where nothing was spilled
  std::vector<Run> runs_;
  UniqueFd spilled_;               ///< the runs one after another
  std::vector<SlotPlace> loaded_;  ///< from there
};

}  // namespace zccache
