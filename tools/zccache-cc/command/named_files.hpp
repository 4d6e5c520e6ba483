// The files that a command names as they stand: what a link or any other program is made of, as far as that can be told before it runs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::cc {

struct NamedFiles {
  std::vector<std::string> paths;  ///< in the order of the arguments
  std::uint64_t bytes = 0;         ///< together
};

/// The arguments that are names of regular files. Each argument has to end with a NUL.
[[nodiscard]] NamedFiles files_named_by(std::span<const std::string_view> arguments);

}  // namespace zccache::cc
