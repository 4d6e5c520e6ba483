// Counts what this program allocates with `new`.
#pragma once

#include <cstdint>

namespace zccache::test {

/// By the calling thread, since it started. Always 0 under a sanitizer.
[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace zccache::test
