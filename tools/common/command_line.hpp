// A program's way in: options and what they have in common. CLI11 takes seconds to compile, so only the file with main() includes this.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "common/directory.hpp"
#include "common/outcome.hpp"

namespace zccache::tools {

/// The line that `--help` and every usage error show: "zccache-index get KEY [--json]".
void set_usage(CLI::App& app, std::string form);

/// Adds `--dir`, for chosen_directory().
void add_directory_option(CLI::App& app, std::string& directory);

/// A check for `CLI::Option::check`: a whole number from `least` to `most`.
[[nodiscard]] CLI::Validator whole_number(std::int64_t least, std::int64_t most = std::numeric_limits<std::int64_t>::max());
/// A number of seconds over 0, perhaps with a fraction.
[[nodiscard]] CLI::Validator seconds();

/// Adds `--version`, parses, runs `body`, and turns what it throws (No, UsageError, FailureException, any other) into a message and an exit
/// code. Output that could not be written is a failure too.
[[nodiscard]] int run(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

}  // namespace zccache::tools
