// The function that one of ours stands in front of: another preloaded library's, or the C library's.
#pragma once

#include <dlfcn.h>

#include <atomic>

namespace zccache::observe::preload {

template <class Function>
class Next {
 public:
  /// Threads that meet here find the same. Relaxed: the address is all there is to see.
  [[nodiscard]] Function* get(const char* name) noexcept {
    Function* found = function_.load(std::memory_order_relaxed);
    if (found != nullptr) return found;
    found = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
    function_.store(found, std::memory_order_relaxed);
    return found;
  }

 private:
  std::atomic<Function*> function_ = nullptr;
};

}  // namespace zccache::observe::preload
