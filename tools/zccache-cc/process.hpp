// Runs the compiler as a child of ours, and ends as it ended.
#pragma once

#include <unistd.h>

#include <string>

#include "cacheable.hpp"

namespace zccache::cc {

struct Finished {
  int wait_status = 0;
  std::string output;       ///< what it wrote to its standard output
  std::string diagnostics;  ///< ... and to its standard error
  [[nodiscard]] bool succeeded() const noexcept { return wait_status == 0; }
};

enum class StandardInput { inherited, empty };

/// Runs `path` to its end and keeps what it writes.
[[nodiscard]] Cacheable<Finished> run_captured(const char* path, char* const* argv, StandardInput input, char* const* environment = environ);

/// Before anything else. Whoever started us may ignore SIGCHLD, and then the kernel forgets how children ended; and a file that may not grow
/// further is to be an error like others, not our end.
void expect_children_and_limits() noexcept;

/// From now on SIGINT, SIGTERM and SIGHUP only go to the running child. We end by die_if_stopped(), where no file of ours is half made.
void relay_stop_signals() noexcept;
void die_if_stopped() noexcept;

/// Ends this process as the child ended: with its exit code, or by its signal.
[[noreturn]] void end_like(int wait_status) noexcept;

/// For a signal handler that is about to give up.
void kill_running_child() noexcept;

}  // namespace zccache::cc
