// Memory of this process alone, in large pages where there are any: the best that a floor can lie in.
#pragma once

#include <cstddef>
#include <memory>

namespace zccache::bench {

struct UnmapPages {
  std::size_t bytes = 0;
  void operator()(std::byte* memory) const noexcept;
};
using LargePages = std::unique_ptr<std::byte[], UnmapPages>;

/// Zeros.
[[nodiscard]] LargePages large_pages(std::size_t bytes);

}  // namespace zccache::bench
