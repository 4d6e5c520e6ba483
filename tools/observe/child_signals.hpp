// Stop signals and the one child that runs: what a signal handler may touch.
#pragma once

#include <sys/types.h>

#include <csignal>

namespace zccache::observe {

/// From now on SIGINT, SIGTERM and SIGHUP only go to the running child, and stop_signal() tells. Ignored ones stay ignored.
void relay_stop_signals() noexcept;

/// The last one that came, or 0.
[[nodiscard]] int stop_signal() noexcept;

/// The child that signals are relayed to; 0 for none. Before its number can be given to another process.
void child_runs(pid_t child) noexcept;

/// For a signal handler that is about to give up.
void kill_running_child() noexcept;

/// While one lives, a stop signal waits: it finds a child that is known, or none.
class StopSignalsWait {
 public:
  StopSignalsWait() noexcept;
  ~StopSignalsWait();
  StopSignalsWait(const StopSignalsWait&) = delete;
  StopSignalsWait& operator=(const StopSignalsWait&) = delete;

  [[nodiscard]] const sigset_t& before() const noexcept { return before_; }  ///< the mask that a child is to have

 private:
  sigset_t before_;
};

}  // namespace zccache::observe
