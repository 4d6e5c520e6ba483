// A small number for each thread, so that threads can count beside each other instead of on one cache line.
#pragma once

#include <atomic>
#include <limits>

namespace zccache {

inline constexpr unsigned kThreadSlots = 32;
/// Taken by every thread that comes after the others are given out; what is kept in it must be changed by atomic read-modify-write.
inline constexpr unsigned kSharedSlot = 0;

namespace detail {
inline constexpr unsigned kNoSlotYet = std::numeric_limits<unsigned>::max();
inline constinit thread_local unsigned thread_slot = kNoSlotYet;
inline constinit std::atomic<unsigned> next_thread_slot{kSharedSlot + 1};
}  // namespace detail

/// The calling thread's slot, below kThreadSlots. But for kSharedSlot no other thread ever has the same: slots are not given back, since a
/// thread that ends would have to say so, and a process that has had more threads than slots pays no more than a contended counter.
[[nodiscard]] inline unsigned thread_slot() noexcept {
  unsigned& slot = detail::thread_slot;
  if (slot == detail::kNoSlotYet) [[unlikely]] {
    // Looked at before it is raised, so that it cannot wrap round. Relaxed: it is only a number.
    const bool left = detail::next_thread_slot.load(std::memory_order_relaxed) < kThreadSlots;
    const unsigned next = left ? detail::next_thread_slot.fetch_add(1, std::memory_order_relaxed) : kThreadSlots;
    slot = next < kThreadSlots ? next : kSharedSlot;
  }
  return slot;
}

}  // namespace zccache
