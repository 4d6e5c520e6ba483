// Which cache directory a program works on.
#pragma once

#include <filesystem>
#include <string>

namespace zccache::tools {

/// `given`, else the default directory. Throws UsageError where there is neither.
[[nodiscard]] std::filesystem::path chosen_directory(const std::string& given);

}  // namespace zccache::tools
