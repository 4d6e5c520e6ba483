#include "zccache-cc/platform/paths.hpp"

#include <algorithm>

namespace zccache::cc {

std::string without_dots(std::string_view path) {
  std::string clean;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (part != "/" && part != "/.") clean += part;
    at = end;
  }
  return clean.empty() ? "/" : clean;
}

std::string absolute_path(std::string_view path, std::string_view directory) {
  if (path.starts_with('/')) return without_dots(path);
  return without_dots(std::string(directory).append("/").append(path));
}

}  // namespace zccache::cc
