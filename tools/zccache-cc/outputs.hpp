// The files that a compile makes.
#pragma once

#include <ctime>
#include <string>

#include "arguments.hpp"
#include "compiler.hpp"

namespace zccache::cc {

/// Why these outputs cannot be served by putting a file in their place; empty where they can. Then each also says whether the compiler would
/// have kept the mode of the file that is there.
[[nodiscard]] std::string look_at_outputs(ParsedCommand& command, Family family);

/// Why what stands at the outputs' places is not what a compile begun at `start` made; empty where it is.
[[nodiscard]] std::string stale_output(const ParsedCommand& command, const timespec& start);

/// Writes all of it, as far as anybody reads it.
void write_out(int fd, std::string_view bytes) noexcept;

}  // namespace zccache::cc
