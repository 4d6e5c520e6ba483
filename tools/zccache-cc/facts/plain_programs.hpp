// Programs that are known to look at variables as compilers do.
#pragma once

#include <string_view>

namespace zccache::cc {

/// Whether the program at `path` gets at variables by getenv(3), or by a name that stands in it: compilers, and what they run. Others may be
/// interpreters.
[[nodiscard]] bool is_plain_program(std::string_view path) noexcept;

}  // namespace zccache::cc
