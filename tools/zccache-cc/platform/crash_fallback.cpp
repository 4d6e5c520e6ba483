#include "zccache-cc/platform/crash_fallback.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>

#include "observe/child_signals.hpp"

namespace zccache::cc {
namespace {

constexpr std::array kFaults = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

// What the handler works with. Set before it can run; it must not allocate, and nothing but plain stores happens to it later.
struct Fallback {
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  sigset_t signal_mask{};
  volatile std::sig_atomic_t exit_code = -1;
};
Fallback fallback;
alignas(16) std::array<char, 1 << 16> handler_stack;

void on_fault(int signal) {
  if (fallback.exit_code >= 0) ::_exit(fallback.exit_code);
  observe::kill_running_child();
  sigprocmask(SIG_SETMASK, &fallback.signal_mask, nullptr);  // the mask survives exec
  ::execve(fallback.path, fallback.argv, fallback.environment);
  ::raise(signal);  // by now it has its default action
}

}  // namespace

void guard_by_compiler(const char* path, char* const* argv, char* const* environment) noexcept {
  fallback.path = path;
  fallback.argv = argv;
  fallback.environment = environment;
  sigprocmask(SIG_SETMASK, nullptr, &fallback.signal_mask);

  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  sigaltstack(&stack, nullptr);
  for (const int fault : kFaults) {
    struct sigaction action {};
    action.sa_handler = on_fault;
    action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND);
    sigaction(fault, &action, nullptr);
  }
  std::set_terminate(std::abort);  // the usual one writes to what would be the compiler's standard error
}

void guard_by_exit(int exit_code) noexcept { fallback.exit_code = exit_code; }

}  // namespace zccache::cc
