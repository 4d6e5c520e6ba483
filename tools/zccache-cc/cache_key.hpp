// The key of a compile: a hash of everything that its outputs depend on.
#pragma once

#include <string>
#include <vector>

#include "arguments.hpp"
#include "compiler.hpp"
#include "preprocess.hpp"
#include "source_files.hpp"

namespace zccache::cc {

/// 32 lowercase hex digits. Components are tagged and carry their length, so two different compiles never hash the same bytes.
[[nodiscard]] std::string cache_key(const Compiler& compiler, const ParsedCommand& command, const Preprocessed& preprocessed,
                                    const std::vector<SourceFile>& files);

/// Why the environment makes the compiler do something that we do not understand; empty where it does not.
[[nodiscard]] std::string unknown_environment();

}  // namespace zccache::cc
