// The command between fork and exec: its streams, its filter, and the agreement with the observer about how it is watched.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/descriptor.hpp"
#include "observe/environment.hpp"
#include "observe/observer.hpp"
#include "observe/pipes.hpp"
#include "observe/recorder.hpp"

namespace zccache::observe {

/// Descriptors that the command will be started with and could read; not /dev/null, but for standard input.
[[nodiscard]] std::vector<InheritedInput> inherited_inputs(bool with_stdin);

struct Child {
  pid_t process = 0;
  tools::Descriptor end;       ///< becomes readable when it has ended; closed where the kernel has no such thing
  tools::Descriptor channel;   ///< to the process, until it has become the command
  tools::Descriptor listener;  ///< with Mode::notify
  Mode how = Mode::off;
  std::string why_not;  ///< observed, if that is so
  int error = 0;        ///< it could not even get so far
};

/// Forks. On return it is being observed as `how` says, and about to execute. `how` off: nothing of the system could be had, or asked for.
/// Fails (errno) where there is no process to have.
[[nodiscard]] int start(const Run& run, const Environment& environment, const std::vector<InheritedInput>& inputs, const Pipe& output,
                        const Pipe& diagnostics, Child& child);

/// After its end: 0, or the errno with which it could not execute.
[[nodiscard]] int error_of_execution(const Child& child);

}  // namespace zccache::observe
