// Whether a compile can go through the cache, as far as its command line, the environment and the files around it say.
#pragma once

#include <span>

#include "arguments.hpp"
#include "cacheable.hpp"
#include "compiler.hpp"
#include "response_files.hpp"

namespace zccache::cc {

/// `argv` is the compiler's, its name included. The result points into it, and into `files`, which then has what stands in its response files.
[[nodiscard]] Cacheable<ParsedCommand> understand(std::span<char* const> argv, const Compiler& compiler, ResponseFiles& files);

}  // namespace zccache::cc
