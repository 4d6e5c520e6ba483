// `@file` in a command line: the arguments that stand in the file.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cacheable.hpp"
#include "source_files.hpp"

namespace zccache::cc {

/// Reads response files as gcc and clang do, relative to the working directory. Owns what it has read.
class ResponseFiles {
 public:
  /// `argv` with the arguments of each file in its place; they point into `argv` and into this object. Not cacheable where the compilers, or
  /// their versions, do not agree on what a file says, or where it is not there.
  [[nodiscard]] Cacheable<std::vector<char*>> expand(std::span<char* const> argv);

  /// The first file that is no longer what it was, or null: the compiler may have read something else.
  [[nodiscard]] const std::string* changed() const;

 private:
  [[nodiscard]] Cacheable<void> expand_into(std::vector<char*>& expanded, char* argument, int depth);

  std::vector<SourceFile> files_;
  std::size_t bytes_ = 0;  ///< of all of them
  std::deque<std::string> words_;
};

/// The words of a response file; absent where compilers do not agree on them.
[[nodiscard]] std::optional<std::vector<std::string>> words_of_response_file(std::string_view content);

}  // namespace zccache::cc
