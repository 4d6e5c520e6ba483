// Stores into a mapped file for which the disk may have no room.
//
// The kernel can only say so by a signal. Where a file system writes a block anew whenever it changes (btrfs), or a file shares its blocks with
// a copy (xfs), the first store into any page may need a block, and on a full disk that store is a SIGBUS. Blocks that were asked for before
// do not help there. Asking the kernel to make the pages writable first (MADV_POPULATE_WRITE) does not either: it may write a page back,
// and then guard it again, between the question and the store.
//
// So a change runs in a guarded region. A store that faults there ends the region at that instruction, as SIGKILL would end the process: what
// is left behind is one of the states that a kill leaves, which the next change settles.
#pragma once

#include <setjmp.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace zccache {

/// From now on, in the whole process, a SIGBUS raised by a guarded store ends its region. Every other one reaches the handler that was there
/// before, or ends the process as it would have. Once: a handler that the host installs later is not replaced.
void handle_sigbus() noexcept;

namespace detail {

/// A guarded region that this thread is in.
struct GuardedRegion {
  std::uintptr_t begin, end;
  sigjmp_buf start;

  [[nodiscard]] bool contains(const void* address) const noexcept {
    const auto number = reinterpret_cast<std::uintptr_t>(address);
    return begin <= number && number < end;
  }
};

// initial-exec: the handler may be the first to look in its thread, and must not allocate to do so.
[[gnu::tls_model("initial-exec")]] inline constinit thread_local GuardedRegion* current_region = nullptr;
[[gnu::tls_model("initial-exec")]] inline constinit thread_local bool sigbus_is_unblocked = false;

/// A blocked signal cannot be handled, and a fault that raises one ends the process.
void unblock_sigbus() noexcept;

/// Makes a region the current one for a scope.
class RegionScope {
 public:
  explicit RegionScope(GuardedRegion& region) noexcept : outer_(std::exchange(current_region, &region)) {
    std::atomic_signal_fence(std::memory_order_seq_cst);  // no store into the mapping comes before ...
  }
  ~RegionScope() {
    std::atomic_signal_fence(std::memory_order_seq_cst);  // ... or after this thread says that it is in the region
    current_region = outer_;
  }
  RegionScope(const RegionScope&) = delete;
  RegionScope& operator=(const RegionScope&) = delete;

 private:
  GuardedRegion* outer_;
};

}  // namespace detail

/// Runs `stores()`, which stores into `mapping`. False if the disk had no room for one of them, which was then the first that did not happen.
/// What `stores` has written elsewhere by then is there; its destructors are not run, so it must hold nothing that needs one: no lock, no
/// descriptor, no memory of the heap. Not inlined: its caller's variables are in memory, and not in registers that the jump sets back.
template <class Stores>
[[nodiscard, gnu::noinline]] bool try_stores(std::span<const std::byte> mapping, const Stores& stores) {
  if (!detail::sigbus_is_unblocked) [[unlikely]] {
    detail::unblock_sigbus();
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(mapping.data());
  detail::GuardedRegion region{.begin = begin, .end = begin + mapping.size(), .start = {}};
  const detail::RegionScope scope(region);
  // 0: the handler restores the mask itself, and does not have to be saved here by a system call each time.
  if (sigsetjmp(region.start, 0) != 0) return false;  // NOLINT(cert-err52-cpp): no exception can leave a signal handler
  stores();
  return true;
}

}  // namespace zccache
