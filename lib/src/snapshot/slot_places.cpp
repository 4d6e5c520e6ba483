#include "snapshot/slot_places.hpp"

#include <numeric>

namespace zccache {
namespace {

constexpr unsigned kHashBits = 64;

std::size_t partition_of(const SlotPlace& place) noexcept { return place.hash_high >> (kHashBits - SlotPlaces::kPartitionBits); }

}  // namespace

// A counting sort: two passes, and it keeps the order within a partition.
void SlotPlaces::sort() {
  Run& run = runs_.emplace_back(Run{.offset = count_ - unsorted_.size(), .ends = {}});
  for (const SlotPlace& place : unsorted_) ++run.ends[partition_of(place)];
  // How many there are in each partition becomes where it begins, and then, as it fills, where it ends.
  std::exclusive_scan(run.ends.begin(), run.ends.end(), run.ends.begin(), std::uint32_t{0});
  sorted_.resize(unsorted_.size());
  for (const SlotPlace& place : unsorted_) sorted_[run.ends[partition_of(place)]++] = place;
  unsorted_.clear();
}

result<void> SlotPlaces::spill() {
  if (!spilled_) {
    auto file = AtomicFile::create(spill_path_);
    if (!file) return file.error();
    spilled_ = std::move(*file).without_name();  // a kill from here on leaves nothing behind
  }
  sort();
  return write_all(spilled_.get(), std::as_bytes(std::span(sorted_)), spill_path_);
}

result<void> SlotPlaces::finish() {
  if (!spilled_) {
    sort();
  } else {
    if (auto spilled = spill(); !spilled) return spilled;
    sorted_ = {};
  }
  unsorted_ = {};
  return {};
}

result<std::span<const SlotPlace>> SlotPlaces::part_of(const Run& run, std::size_t partition) {
  const std::size_t begin = partition == 0 ? 0 : run.ends[partition - 1];
  const std::size_t count = run.ends[partition] - begin;
  if (!spilled_) return std::span(sorted_).subspan(begin, count);
  loaded_.resize(count);
  if (auto read = read_all(spilled_.get(), (run.offset + begin) * sizeof(SlotPlace), std::as_writable_bytes(std::span(loaded_)), spill_path_);
      !read)
    return read.error();
  return loaded_;
}

}  // namespace zccache
