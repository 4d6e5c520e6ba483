// Runs the compiler as a preprocessor.
#pragma once

#include <string>

#include "arguments.hpp"
#include "cacheable.hpp"
#include "compiler.hpp"

namespace zccache::cc {

struct Preprocessed {
  std::string text;
  std::string diagnostics;   ///< what the preprocessor said
  std::string dependencies;  ///< the dependency file, where the command makes one: it may name files that no line marker does
};

/// `name` is what the compiler is called by in its own arguments.
[[nodiscard]] Cacheable<Preprocessed> preprocess(const Compiler& compiler, const char* name, const ParsedCommand& command);

/// Why this text does not say all that the compiler reads, or null.
[[nodiscard]] const char* reads_other_files(std::string_view text) noexcept;

}  // namespace zccache::cc
