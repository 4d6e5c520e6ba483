// Paths as text.
#pragma once

#include <string>
#include <string_view>

#include "common/paths.hpp"

namespace zccache::cc {

/// Without "." and empty parts, which lead nowhere else; ".." may, where a link stands before it, and stays.
[[nodiscard]] std::string without_dots(std::string_view path);

/// `path`, from `directory` if it is relative; without dots.
[[nodiscard]] std::string absolute_path(std::string_view path, std::string_view directory);

/// Whether it came with the system, and so changes with a package only.
[[nodiscard]] inline bool is_of_system(std::string_view path) noexcept { return path.starts_with("/usr/") || path.starts_with("/lib"); }

using tools::file_name;
using tools::is_at_or_below;

}  // namespace zccache::cc
