// `@file` in a command line: the arguments that stand in the file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::cc {

/// The words of a response file. Nothing where gcc, its later versions and clang do not read it alike: a backslash in single quotes, for one.
[[nodiscard]] std::optional<std::vector<std::string>> words_of_response_file(std::string_view content);

/// Those of the file at this path, up to a megabyte. Nothing where it cannot be read, or names further files.
[[nodiscard]] std::optional<std::vector<std::string>> words_of_response_file_at(const char* path);

}  // namespace zccache::cc
