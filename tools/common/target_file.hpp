// Files that a program writes where it is told to.
#pragma once

#include <filesystem>

namespace zccache::tools {

/// The place of a file that is written aside and renamed: what a symlink at `name` leads to. Throws where something is there that is no regular
/// file, a device say: a file would take its place.
[[nodiscard]] std::filesystem::path target_file(const std::filesystem::path& name);

}  // namespace zccache::tools
