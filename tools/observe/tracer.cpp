#include "observe/tracer.hpp"

#include <poll.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <unordered_set>

#include "observe/child_signals.hpp"

namespace zccache::observe {
namespace {

constexpr unsigned long kOptions =
    PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

// Tells by a descriptor that a child has stopped or ended.
class ChildNews {
 public:
  ChildNews() {
    sigset_t news;
    sigemptyset(&news);
    sigaddset(&news, SIGCHLD);
    sigprocmask(SIG_BLOCK, &news, &before_);
    file_ = tools::Descriptor(::signalfd(-1, &news, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~ChildNews() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  ChildNews(const ChildNews&) = delete;
  ChildNews& operator=(const ChildNews&) = delete;

  [[nodiscard]] int get() const noexcept { return file_.get(); }
  void take() const noexcept {
    signalfd_siginfo one;
    while (::read(file_.get(), &one, sizeof one) > 0) {
    }
  }

 private:
  sigset_t before_;
  tools::Descriptor file_;
};

// Which processes and threads there are. A new one may be seen, and even end, before its parent's news of it are.
class Tracees {
 public:
  void announced(pid_t one) {
    if (ended_early_.erase(one) == 0) alive_.insert(one);
  }
  void ended(pid_t one) {
    if (alive_.erase(one) == 0) ended_early_.insert(one);
  }
  void none_left() noexcept { alive_.clear(); }
  [[nodiscard]] bool any() const noexcept { return !alive_.empty(); }

 private:
  std::unordered_set<pid_t> alive_;
  std::unordered_set<pid_t> ended_early_;
};

bool stops_a_group(int signal) { return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU; }

void resume(pid_t process, int signal) noexcept { ::ptrace(PTRACE_CONT, process, nullptr, signal); }

void note_call(pid_t process, Recorder& recorder) {
  __ptrace_syscall_info call{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof call, &call) < 0 || call.op != PTRACE_SYSCALL_INFO_SECCOMP) return;
  StoppedCall question{process, static_cast<int>(call.seccomp.nr), call.arch, {}};
  std::copy(std::begin(call.seccomp.args), std::end(call.seccomp.args), question.arguments.begin());
  recorder.note(question);
}

pid_t other_of(pid_t process) {
  unsigned long other = 0;
  ::ptrace(PTRACE_GETEVENTMSG, process, nullptr, &other);
  return static_cast<pid_t>(other);
}

void on_stop(pid_t process, int status, Tracees& tracees, Recorder& recorder) {
  const int signal = WSTOPSIG(status);
  switch (status >> 16) {
    case PTRACE_EVENT_SECCOMP:
      note_call(process, recorder);
      return resume(process, 0);
    case PTRACE_EVENT_CLONE:
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
      tracees.announced(other_of(process));
      return resume(process, 0);
    case PTRACE_EVENT_EXEC:
      // A thread that executes takes the number of its process over; its own vanishes without an end.
      if (const pid_t before = other_of(process); before != process) tracees.ended(before);
      return resume(process, 0);
    case PTRACE_EVENT_STOP:
      // A group that was stopped, as by Ctrl-Z, stays so until it is continued. Else it is a new process.
      if (!stops_a_group(signal)) return resume(process, 0);
      ::ptrace(PTRACE_LISTEN, process, nullptr, nullptr);
      return;
    default:
      return resume(process, signal);
  }
}

}  // namespace

int seize(pid_t process) noexcept { return ::ptrace(PTRACE_SEIZE, process, nullptr, kOptions) == 0 ? 0 : errno; }

Ended trace(Child& child, Streams& streams, Recorder& recorder) {
  const ChildNews news;
  Tracees tracees;
  tracees.announced(child.process);
  Ended ended{W_EXITCODE(1, 0), {}};
  for (;;) {
    int status = 0;
    rusage usage{};
    while (const pid_t process = ::wait4(-1, &status, __WALL | WNOHANG, &usage)) {
      if (process < 0) {
        if (errno == ECHILD) tracees.none_left();
        break;
      }
      if (WIFSTOPPED(status)) {
        on_stop(process, status, tracees, recorder);
        continue;
      }
      tracees.ended(process);
      if (process != child.process) continue;
      child_runs(0);
      ended = {status, usage};
    }
    if (!streams.drain() && !tracees.any()) break;
    if (!tracees.any()) continue;
    const auto [output, diagnostics] = streams.waits();
    std::array<pollfd, 3> waits{pollfd{news.get(), POLLIN, 0}, output, diagnostics};
    if (::poll(waits.data(), waits.size(), -1) > 0 && waits[0].revents != 0) news.take();
  }
  return ended;
}

}  // namespace zccache::observe
