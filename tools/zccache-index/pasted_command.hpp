// A compile as a person pastes it: a line of a terminal, of `ninja -v` or of a makefile, with what stands before the compiler.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zccache::index_tool {

struct PastedCommand {
  std::string directory;                                       ///< where it runs, relative to here; empty: here
  std::vector<std::pair<std::string, std::string>> variables;  ///< assigned for it: FOO=bar gcc …
  std::vector<std::string> words;                              ///< the compiler and its arguments; empty: there is none
};

/// Splits a line as a shell does: quotes, backslashes, and the operators && || ; | as words of their own. Expands nothing.
[[nodiscard]] std::vector<std::string> words_of_line(std::string_view line);

/// Takes off what is not the compile: "[3/9]", `cd X &&`, assignments, launchers. Of several commands it is the first that calls a compiler.
[[nodiscard]] PastedCommand command_among(const std::vector<std::string>& words);

}  // namespace zccache::index_tool
