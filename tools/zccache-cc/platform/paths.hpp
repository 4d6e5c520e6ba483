// Paths as text.
#pragma once

#include <string>
#include <string_view>

namespace zccache::cc {

/// Without "." and empty parts, which lead nowhere else; ".." may, where a link stands before it, and stays.
[[nodiscard]] std::string without_dots(std::string_view path);

/// `path`, from `directory` if it is relative; without dots.
[[nodiscard]] std::string absolute_path(std::string_view path, std::string_view directory);

[[nodiscard]] bool is_at_or_below(std::string_view path, std::string_view directory) noexcept;

/// The last part of a path.
[[nodiscard]] inline std::string_view file_name(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

}  // namespace zccache::cc
