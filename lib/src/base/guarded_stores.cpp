#include "base/guarded_stores.hpp"

#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <csignal>

namespace zccache {
namespace {

/// Written once, before our handler is installed.
struct sigaction previous {};

void do_as_by_default(int signal, siginfo_t* info) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGBUS, &action, nullptr);
  // The same signal once more, as it was: it ends the process when this handler returns, and a core dump tells where and why.
  ::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), ::gettid(), signal, info);
}

/// As if our handler had not been installed.
void pass_on(int signal, siginfo_t* info, void* context) {
  const bool was_sent = info->si_code <= 0;  // by kill() and its like, and not raised by an instruction: only this can be ignored
  if (previous.sa_handler == SIG_IGN && was_sent) return;
  if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) return do_as_by_default(signal, info);
  if ((previous.sa_flags & static_cast<int>(SA_RESETHAND)) != 0) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGBUS, &action, nullptr);
  }
  (previous.sa_flags & SA_SIGINFO) != 0 ? previous.sa_sigaction(signal, info, context) : previous.sa_handler(signal);
}

void on_sigbus(int signal, siginfo_t* info, void* context) {
  detail::GuardedRegion* region = detail::current_region;
  if (region == nullptr || info->si_code != BUS_ADRERR || !region->contains(info->si_addr)) return pass_on(signal, info, context);
  // The mask of the instruction that faulted: for the time of a handler the kernel blocks more, and this one does not return.
  ::pthread_sigmask(SIG_SETMASK, &static_cast<const ucontext_t*>(context)->uc_sigmask, nullptr);
  siglongjmp(region->start, 1);  // NOLINT(cert-err52-cpp): no exception can leave a signal handler
}

bool install_handler() noexcept {
  if (::sigaction(SIGBUS, nullptr, &previous) != 0) return false;
  // With its mask and its flags, so that what is passed on arrives as it would have; and where a thread has a stack for signals, on that.
  struct sigaction ours = previous;
  ours.sa_sigaction = on_sigbus;
  ours.sa_flags = (previous.sa_flags & ~static_cast<int>(SA_RESETHAND)) | SA_SIGINFO | SA_ONSTACK;
  return ::sigaction(SIGBUS, &ours, nullptr) == 0;
}

std::atomic<bool> is_handled{false};

}  // namespace

void handle_sigbus() noexcept {
  // Never twice: what is there by then may pass on to ours, and would be called by it in turn.
  static const bool installed = install_handler();
  is_handled.store(installed, std::memory_order_relaxed);
}

void detail::unblock_sigbus() noexcept {
  if (!is_handled.load(std::memory_order_relaxed)) return;  // a host that wants its signals left alone keeps its masks as well
  sigset_t sigbus;
  sigemptyset(&sigbus);
  sigaddset(&sigbus, SIGBUS);
  sigbus_is_unblocked = ::pthread_sigmask(SIG_UNBLOCK, &sigbus, nullptr) == 0;
}

}  // namespace zccache
