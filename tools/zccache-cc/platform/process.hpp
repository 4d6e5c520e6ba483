// How this process lives beside the compiler, and ends as it ended.
#pragma once

namespace zccache::cc {

/// Before anything else. Whoever started us may ignore SIGCHLD, and then the kernel forgets how children ended; and a file that may not grow
/// further is to be an error like others, not our end.
void expect_children_and_limits() noexcept;

/// Where a stop signal came, which has gone to the compiler: ends this process by it, where no file of ours is half made.
void die_if_stopped() noexcept;

/// Ends this process as the child ended: with its exit code, or by its signal.
[[noreturn]] void end_like(int wait_status) noexcept;

}  // namespace zccache::cc
