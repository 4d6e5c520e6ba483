// Which records of a mapping this process has checked already: a checksum reads all of a record, and costs more than the rest of a lookup.
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
///
/// One bit stands for a block of the mapping in which one record begins at most. Where in it, the note does not say: who follows a link that
/// may be damaged also looks for a record's magic there.
class VerifiedRecords {
 public:
  /// No two records begin in one block: each is longer.
  static constexpr std::uint64_t kBlockBytes = 64;

  /// Of a mapping that nothing is known of yet.
  VerifiedRecords() noexcept : mapping_(next_mapping_.fetch_add(1, std::memory_order_relaxed) << kMappingShift) {}

  [[nodiscard]] bool contains(std::uint64_t offset) const noexcept {
    if (offset >= kLargestOffset) return false;
    // Relaxed: the mark says that the bytes were right, and they were so before this thread found them.
    const std::uint64_t word = words_[place_of(offset)].load(std::memory_order_relaxed);
    return ((word ^ tag_of(offset)) & ~kBits) == 0 && (word & bit_of(offset)) != 0;
  }
  void add(std::uint64_t offset) noexcept {
    if (offset >= kLargestOffset) return;
    std::atomic<std::uint64_t>& word = words_[place_of(offset)];
    const std::uint64_t before = word.load(std::memory_order_relaxed);
    const std::uint64_t tag = tag_of(offset);
    // Two threads at once may lose one of their notes.
    word.store((((before ^ tag) & ~kBits) == 0 ? before : tag) | bit_of(offset), std::memory_order_relaxed);
  }

 private:
  // A word: the number of the mapping, the part of the offset that its place does not give, and a bit for each of 32 blocks. 2^28 mappings have
  // to come and go before one is taken for another. Neighbours in the file are neighbours here, so that the notes of 1,000,000 entries fill 2
  // MiB.
  static constexpr std::uint64_t kBits = 0xFFFF'FFFF;
  static constexpr std::uint64_t kBytesOfWord = 32 * kBlockBytes;
  static constexpr unsigned kMappingShift = 36;
  static constexpr unsigned kRoundShift = 32;
  static constexpr std::uint64_t kPlaces = std::uint64_t{1} << 18;
  static constexpr std::uint64_t kRounds = std::uint64_t{1} << (kMappingShift - kRoundShift);
  static constexpr std::uint64_t kLargestOffset = kRounds * kPlaces * kBytesOfWord;  // 8 GiB

  [[nodiscard]] std::uint64_t tag_of(std::uint64_t offset) const noexcept {
    return mapping_ | offset / (kPlaces * kBytesOfWord) << kRoundShift;
  }
  [[nodiscard]] static std::uint64_t bit_of(std::uint64_t offset) noexcept { return std::uint64_t{1} << (offset / kBlockBytes % 32); }
  [[nodiscard]] static std::size_t place_of(std::uint64_t offset) noexcept { return offset / kBytesOfWord % kPlaces; }

  static inline constinit std::array<std::atomic<std::uint64_t>, kPlaces> words_{};
  static inline constinit std::atomic<std::uint64_t> next_mapping_{1};

  std::uint64_t mapping_;
};

}  // namespace zccache
