// A memory barrier whose whole cost is on one side: next to nothing for those who pass it all the time, a system call for the one who seldom
// does.
//
// The pattern: the frequent side stores A, passes the light barrier, loads B. The rare side stores B, passes the heavy barrier, loads A. Then
// at least one of the two sees the other's store. With two ordinary barriers the frequent side would pay one at each passage. Known from
// sys_membarrier(2) and from P1202, "Asymmetric Fences" (D. Goldblatt, 2018).
#pragma once

#include <atomic>

namespace zccache {

/// Keeps the compiler from moving the load before the store. The processor still may; heavy_barrier() makes up for it.
inline void light_barrier() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

/// Makes every running thread of this process pass a full barrier before it returns (threads that are not running have passed one when they
/// were switched out). False where the kernel or a sandbox does not offer it: then nothing is ordered. Two system calls, about a microsecond.
[[nodiscard]] bool heavy_barrier() noexcept;

}  // namespace zccache
