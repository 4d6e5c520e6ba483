// Stores into shared memory that never touch two pages at once.
//
// A store across the end of a page needs both pages writable at one moment. On a full btrfs that moment may never come: to find room for the
// second page the kernel writes back what is dirty, the first page with it, and guards that again. The instruction then faults for ever. What
// memcpy() and the compiler make of a plain copy are such stores.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace zccache::format {

/// memcpy() by aligned words, and by bytes where it begins and ends. Atomic, so that no compiler makes wider stores of them; relaxed: what is
/// stored is published by another store.
inline void store_by_words(void* to, const void* from, std::size_t size) noexcept {
  auto* target = static_cast<std::byte*>(to);
  const auto* source = static_cast<const std::byte*>(from);
  while (size != 0) {
    std::uint64_t word = 0;
    if (size >= sizeof word && reinterpret_cast<std::uintptr_t>(target) % sizeof word == 0) {
      std::memcpy(&word, source, sizeof word);
      std::atomic_ref(*reinterpret_cast<std::uint64_t*>(target)).store(word, std::memory_order_relaxed);
      target += sizeof word, source += sizeof word, size -= sizeof word;
    } else {
      std::atomic_ref(*target).store(*source, std::memory_order_relaxed);
      ++target, ++source, --size;
    }
  }
}

}  // namespace zccache::format
