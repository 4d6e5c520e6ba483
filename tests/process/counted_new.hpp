// Counts what this program allocates with `new`.
#pragma once

#include <cstdint>

namespace zccache::test {

/// By the calling thread, since it started.
[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace zccache::test
