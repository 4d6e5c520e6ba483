// compile_commands.json, as CMake, Meson and bear write it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pasted_command.hpp"

namespace zccache::index_tool {

/// The compiles of `source`, or of all sources where that is empty. `file` may be the directory that it is in. A source is named by its path,
/// or by the end of its path. Throws std::runtime_error for a file that is not there or says something else.
[[nodiscard]] std::vector<PastedCommand> read_compile_commands(const std::filesystem::path& file, const std::string& source);

}  // namespace zccache::index_tool
