#include "zccache-cc/platform/process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "observe/child_signals.hpp"

namespace zccache::cc {

void expect_children_and_limits() noexcept {
  std::signal(SIGCHLD, SIG_DFL);
  // A handler, because it does not outlive an exec: the compiler is to end as it would without us.
  if (std::signal(SIGXFSZ, [](int) {}) == SIG_IGN) std::signal(SIGXFSZ, SIG_IGN);
}

void die_if_stopped() noexcept {
  if (const int signal = observe::stop_signal(); signal != 0) end_like(signal);  // the status of a process that a signal ended is its number
}

void end_like(int wait_status) noexcept {
  if (WIFEXITED(wait_status)) ::_exit(WEXITSTATUS(wait_status));
  const int signal = WTERMSIG(wait_status);
  ::prctl(PR_SET_DUMPABLE, 0);  // the core is the compiler's, not ours
  std::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::raise(signal);
  constexpr int kKilledBySignal = 128;
  ::_exit(kKilledBySignal + signal);
}

}  // namespace zccache::cc
