// Options of the launcher itself: its own, and those that users of ccache and sccache have in their fingers.
#pragma once

#include <string>

namespace zccache::cc {

/// As `--help` lists them.
[[nodiscard]] std::string help_on_options();

/// What `zccache-cc -s` and its like do: becomes zccache-index, or says which command does it. Returns the exit code.
[[nodiscard]] int run_own_option(const char* option);

}  // namespace zccache::cc
