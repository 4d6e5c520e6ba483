// Which records of a mapping this process has checked already: a checksum costs more than all the rest of a lookup that hits the processor's
// caches.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace zccache {

/// A note in this process's memory, no more: forgetting one costs another check. Lock-free; a page that is never written to costs nothing.
///
/// A record is immutable, so one check is enough for as long as its mapping lives, unless something writes where nobody may: that is then found
/// by every process that comes later, and by this one where the note has made room for another.
class VerifiedRecords {
 public:
  /// Of a mapping that nothing is known of yet.
  VerifiedRecords() noexcept : mapping_(next_mapping_.fetch_add(1, std::memory_order_relaxed) << kOffsetBits) {}

  [[nodiscard]] bool contains(std::uint64_t offset) const noexcept {
    // Relaxed: the mark says that the bytes were right, and they were so before this thread found them.
    return offset < kLargestOffset && offset % 8 == 0 && marks_[place_of(offset)].load(std::memory_order_relaxed) == mark_of(offset);
  }
  void add(std::uint64_t offset) noexcept {
    if (offset < kLargestOffset) marks_[place_of(offset)].store(mark_of(offset), std::memory_order_relaxed);
  }

 private:
  // A mark is the number of the mapping above the record's offset in words: 2^28 mappings have to come and go, and the last of them hold a
  // record at the same place, before one is taken for another.
  static constexpr unsigned kOffsetBits = 36;
  static constexpr std::uint64_t kLargestOffset = std::uint64_t{8} << kOffsetBits;
  static constexpr unsigned kPlaceBits = 14;

  [[nodiscard]] std::uint64_t mark_of(std::uint64_t offset) const noexcept { return mapping_ | offset / 8; }
  [[nodiscard]] static std::size_t place_of(std::uint64_t offset) noexcept {
    constexpr std::uint64_t kGolden = 0x9E37'79B9'7F4A'7C15;  // multiplicative hashing: Knuth, TAOCP 3, 6.4
    return static_cast<std::size_t>(offset * kGolden >> (64 - kPlaceBits));
  }

  static inline constinit std::array<std::atomic<std::uint64_t>, std::size_t{1} << kPlaceBits> marks_{};
  static inline constinit std::atomic<std::uint64_t> next_mapping_{1};

  std::uint64_t mapping_;
};

}  // namespace zccache
