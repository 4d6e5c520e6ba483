// Lets one allocation of this program fail.
#pragma once

#include <cstdint>

namespace zccache::test {

/// False under a sanitizer, which brings its own `new`.
[[nodiscard]] bool can_fail_new() noexcept;

/// The n-th `new` of the calling thread from here on throws, the first being 1.
void fail_new_at(std::uint64_t nth) noexcept;

/// Whether it came to that.
bool stop_failing_new() noexcept;

}  // namespace zccache::test
