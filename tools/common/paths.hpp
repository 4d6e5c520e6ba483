// Paths and lists of them, as text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace zccache::tools {

/// Of a directory without slashes at its end.
[[nodiscard]] inline bool is_at_or_below(std::string_view path, std::string_view directory) noexcept {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/' || directory == "/");
}

/// The last part of a path.
[[nodiscard]] inline std::string_view file_name(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

/// Calls `action` with each part of a list, but for empty ones.
template <class Action>
void for_each_part(std::string_view list, char separator, Action action) {
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(part.size() + 1, list.size()));
    if (!part.empty()) action(part);
  }
}

/// The same of directories separated by colons, without slashes at their ends.
template <class Action>
void for_each_directory(std::string_view list, Action action) {
  for_each_part(list, ':', [&](std::string_view directory) {
    while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
    action(directory);
  });
}

}  // namespace zccache::tools
