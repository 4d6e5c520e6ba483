// Watches a command by ptrace, where the kernel has no listener to give, and pumps its streams.
#pragma once

#include <sys/types.h>

#include "observe/listener.hpp"

namespace zccache::observe {

/// Traces a process that runs. 0, or errno.
[[nodiscard]] int seize(pid_t process) noexcept;

/// Until the command and all processes that it began have ended, and its streams have nothing more. Reaps any child of this process.
[[nodiscard]] Ended trace(Child& child, Streams& streams, Recorder& recorder);

}  // namespace zccache::observe
