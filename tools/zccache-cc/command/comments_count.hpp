// Whether an edit of comments can reach what a command makes.
#pragma once

#include "zccache-cc/command/command.hpp"
#include "zccache-cc/command/compiler.hpp"

namespace zccache::cc {

/// False for the plain compile of a C or C++ source to an object by options of which none keeps text, tells of it, or has others look at it.
/// That nothing was printed, and that nothing but the object and its dependency file was made, is for the caller to see.
[[nodiscard]] bool comments_may_count(const Command& command, Family family);

}  // namespace zccache::cc
