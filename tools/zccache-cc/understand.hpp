// Whether a compile can go through the cache, as far as its command line, the environment and the files around it say.
#pragma once

#include <span>

#include "arguments.hpp"
#include "cacheable.hpp"
#include "compiler.hpp"

namespace zccache::cc {

/// `argv` is the compiler's, its name included. The result points into it.
[[nodiscard]] Cacheable<ParsedCommand> understand(std::span<char* const> argv, const Compiler& compiler);

}  // namespace zccache::cc
