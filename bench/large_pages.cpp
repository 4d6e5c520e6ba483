#include "large_pages.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

namespace zccache::bench {

LargePages large_pages(std::size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  madvise(memory, bytes, MADV_HUGEPAGE);
  return LargePages(static_cast<std::byte*>(memory), UnmapPages{bytes});
}

void UnmapPages::operator()(std::byte* memory) const noexcept { munmap(memory, bytes); }

}  // namespace zccache::bench
