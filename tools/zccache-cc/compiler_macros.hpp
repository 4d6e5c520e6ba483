// The macros that the compiler itself defines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zccache::cc {

struct CompilerMacros {
  std::vector<std::string> names;  ///< but for is_reserved_for_compiler()
  std::vector<std::string> words;  ///< that any of them, those as well, may be replaced by; sorted, without decimal numbers
};

/// Reads what `-dM` prints.
[[nodiscard]] CompilerMacros parse_macros(std::string_view printed);

}  // namespace zccache::cc
