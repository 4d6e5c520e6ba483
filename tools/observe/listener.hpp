// Watches a command through the kernel's notifications of its calls, and pumps its streams.
#pragma once

#include "observe/child.hpp"
#include "observe/pipes.hpp"
#include "observe/recorder.hpp"

namespace zccache::observe {

struct Ended {
  int wait_status = 0;
  rusage usage{};
};

/// Until the command has ended and its streams have nothing more: a process that outlives it may hold them open for ever. Such a process
/// goes on to be answered, by a process left behind for that. Also for commands that are not observed.
[[nodiscard]] Ended listen(Child& child, Streams& streams, Recorder& recorder);

/// Reaps it. What nobody knows the end of has not succeeded.
[[nodiscard]] Ended reap(pid_t child);

}  // namespace zccache::observe
