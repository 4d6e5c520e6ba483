// A configuration file: lines "key = value"; one that begins with # is a comment. Which file may be believed, and what it says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/table.hpp"

namespace zccache::config {

struct Value {
  const Setting* setting = nullptr;
  std::string text;
  std::string file;
  unsigned line = 0;
};

struct FileContent {
  std::vector<Value> values;          ///< understood and permitted; of two lines with one key, both, in order
  std::vector<std::string> problems;  ///< one line each, "FILE:LINE: ..."; such a line is ignored
};

/// What the text of a file says. `directory` is what a project's relative base directory is relative to.
[[nodiscard]] FileContent parse_file(std::string_view text, const std::string& file, Place place, const std::string& directory);

/// Reads a file that somebody else cannot have written: it belongs to us and nobody else may write to it. One that is not there is empty and
/// costs one system call; any other that is not read is a problem.
[[nodiscard]] FileContent read_file(const std::string& file, Place place, const std::string& directory);

/// `text` with that setting, in the place where it stood or at the end; without it where `value` is empty. All other lines stay.
[[nodiscard]] std::string with_setting(std::string_view text, const Setting& setting, std::string_view value);

}  // namespace zccache::config
