#include "unit/failing_new.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t left = 0;  // until the one that fails; 0: none does

}  // namespace

namespace zccache::test {

void fail_new_at(std::uint64_t nth) noexcept { left = nth; }

bool stop_failing_new() noexcept {
  const bool failed = left == 0;
  left = 0;
  return failed;
}

}  // namespace zccache::test

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
bool zccache::test::can_fail_new() noexcept { return false; }
#else
bool zccache::test::can_fail_new() noexcept { return true; }

void* operator new(std::size_t size) {
  if (left != 0 && --left == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
#endif
