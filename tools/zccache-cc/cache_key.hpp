// The key of a compile: a hash of everything that its outputs depend on.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "compiler.hpp"
#include "preprocess.hpp"
#include "search_path.hpp"
#include "source_files.hpp"

namespace zccache::cc {

/// Variables that change messages, or where the compiler finds its parts. Those that only the preprocessor reads are seen in its text.
inline constexpr std::array kMessageVariables = {
    "LANG",          "LANGUAGE",   "LC_ALL",   "LC_CTYPE",  "LC_MESSAGES",       "GCC_EXEC_PREFIX",
    "COMPILER_PATH", "GCC_COLORS", "GCC_URLS", "TERM_URLS", "SOURCE_DATE_EPOCH", "GCC_EXTRA_DIAGNOSTIC_OUTPUT"};

/// 32 lowercase hex digits. Components are tagged and carry their length, so two different compiles never hash the same bytes.
[[nodiscard]] std::string cache_key(const Compiler& compiler, const std::vector<StampedPath>& programs, const ParsedCommand& command,
                                    const Preprocessed& preprocessed, const std::vector<SourceFile>& files);

/// Why the environment makes the compiler do something that we do not understand; empty where it does not.
[[nodiscard]] std::string unknown_environment();

}  // namespace zccache::cc
