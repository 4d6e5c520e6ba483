#include "observe/child_signals.hpp"

#include <array>

namespace zccache::observe {
namespace {

constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGHUP};

// Shared with the signal handlers. Lock-free, and one thread runs commands.
volatile std::sig_atomic_t running = 0;
volatile std::sig_atomic_t stopped_by = 0;

void on_stop_signal(int signal) {
  stopped_by = signal;
  if (running != 0) ::kill(running, signal);
}

}  // namespace

void relay_stop_signals() noexcept {
  for (const int signal : kStopSignals) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;  // as nohup wants it
    struct sigaction relay {};
    relay.sa_handler = on_stop_signal;
    sigaction(signal, &relay, nullptr);
  }
}

int stop_signal() noexcept { return stopped_by; }

void child_runs(pid_t child) noexcept { running = child; }

void kill_running_child() noexcept {
  if (running != 0) ::kill(running, SIGKILL);
}

StopSignalsWait::StopSignalsWait() noexcept {
  sigset_t stop;
  sigemptyset(&stop);
  for (const int signal : kStopSignals) sigaddset(&stop, signal);
  sigprocmask(SIG_BLOCK, &stop, &before_);
}

StopSignalsWait::~StopSignalsWait() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace zccache::observe
