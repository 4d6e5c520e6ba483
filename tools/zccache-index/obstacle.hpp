// What keeps compiles from being stored in a cache directory, for a person. Looks only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "zccache-cc/platform/settings.hpp"

namespace zccache::index_tool {

struct Obstacle {
  std::string found;
  std::string cure;
  bool hides = false;  ///< what is there cannot even be read
};

/// Of the directory: its owner, its mode, a symlink, the file system, a missing right; where it is missing, of the place where it would be
/// made.
[[nodiscard]] std::vector<Obstacle> obstacles_at(const std::filesystem::path& directory);

/// Of what the user has set.
[[nodiscard]] std::vector<Obstacle> obstacles_set(const cc::Settings& settings);

}  // namespace zccache::index_tool
