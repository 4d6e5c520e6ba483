// One compile, from the command line to its end.
#pragma once

#include "config/configuration.hpp"
#include "zccache-cc/command/compiler.hpp"
#include "zccache-cc/platform/settings.hpp"

namespace zccache::cc {

/// Serves the compile from the cache, or runs it under observation and stores it, or becomes the compiler. `argv` is the compiler's, its name
/// included. What is wrong with the configuration is said in the log. Returns the exit code.
[[nodiscard]] int launch(const Compiler& compiler, char** argv, const Settings& settings, const config::Configuration& configuration);

}  // namespace zccache::cc
