#include "observe/child.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "observe/child_signals.hpp"
#include "observe/filter.hpp"
#include "observe/tracer.hpp"

namespace zccache::observe {
namespace {

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV  // Linux 5.19
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

// What parent and child say to each other.
struct Message {
  enum class Kind { watching, cannot_watch, trace_me, go, cannot_execute } kind;
  int error;
};

// Plain buffers: the child may be the copy of a process that held any lock.
bool send(int channel, Message message, int descriptor = -1) noexcept {
  iovec bytes{&message, sizeof message};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr whole{};
  whole.msg_iov = &bytes;
  whole.msg_iovlen = 1;
  if (descriptor >= 0) {
    whole.msg_control = control.data();
    whole.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&whole);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  return ::sendmsg(channel, &whole, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof message);
}

bool receive(int channel, Message& message, tools::Descriptor* descriptor = nullptr) noexcept {
  iovec bytes{&message, sizeof message};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr whole{};
  whole.msg_iov = &bytes;
  whole.msg_iovlen = 1;
  whole.msg_control = control.data();
  whole.msg_controllen = control.size();
  ssize_t n = 0;
  do {
    n = ::recvmsg(channel, &whole, MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n != static_cast<ssize_t>(sizeof message)) return false;
  const cmsghdr* header = CMSG_FIRSTHDR(&whole);
  if (header != nullptr && descriptor != nullptr) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(header), sizeof number);
    *descriptor = tools::Descriptor(number);
  }
  return true;
}

// --- In the child: no allocation, no lock

struct Plan {
  const Run& run;
  char* const* observed_envp;
  std::vector<sock_filter>& notify;
  std::vector<sock_filter>& trace;
  const sigset_t& signal_mask;
  pid_t parent;
  int channel;
  int output;
  int diagnostics;
};

int install(std::vector<sock_filter>& filter, unsigned long flags) noexcept {
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

// Whoever administers the system needs no promise to gain no privileges, and the command keeps its set-user-ID programs.
int install_with_promise(std::vector<sock_filter>& filter, unsigned long flags) noexcept {
  int answer = install(filter, flags);
  if (answer < 0 && errno == EACCES && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) answer = install(filter, flags);
  return answer;
}

// Linux 5.0 has listeners, Linux 5.5 those that may let a call go on. Before that every call would wait for an answer that we cannot give.
bool can_let_calls_go_on() noexcept {
  struct utsname machine {};
  int major = 0;
  int minor = 0;
  if (::uname(&machine) != 0 || std::sscanf(machine.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 5 || (major == 5 && minor >= 5);
}

int install_listener(std::vector<sock_filter>& filter) noexcept {
  if (!can_let_calls_go_on()) {
    errno = ENOSYS;
    return -1;
  }
  // While we look, a signal that does not kill can wait: else each call that is interrupted so is asked twice.
  const int listener = install_with_promise(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  if (listener >= 0 || errno != EINVAL) return listener;
  return install_with_promise(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

[[noreturn]] void give_up(const Plan& plan, int error) noexcept {
  send(plan.channel, {Message::Kind::cannot_execute, error});
  ::_exit(127);
}

void set_streams(const Plan& plan) noexcept {
  if (!plan.run.inherit_stdin) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0) give_up(plan, errno);
    if (nothing != STDIN_FILENO) ::close(nothing);
  }
  if (!plan.run.capture) return;
  // Out of the way first: where streams are closed, a pipe may have got the number of one.
  const int output = ::fcntl(plan.output, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int diagnostics = ::fcntl(plan.diagnostics, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (::dup2(output, STDOUT_FILENO) < 0 || ::dup2(diagnostics, STDERR_FILENO) < 0) give_up(plan, errno);
}

// Asks each question once, about nothing. A filter that was there before may take calls for itself that were to stop for us, and the
// tracer would never hear of them: the observer counts what comes. (Of listeners there is only one.)
void provoke() noexcept {
  for (const CallShape& shape : observed_calls()) {
    if (is_about_files(shape)) ::syscall(shape.number, -1L, -1L, -1L, -1L, -1L, -1L);
  }
}

// Whether the observer watches from here on.
bool be_watched(const Plan& plan) noexcept {
  if (plan.run.mode == Mode::automatic || plan.run.mode == Mode::notify) {
    const int listener = install_listener(plan.notify);
    if (listener >= 0) {
      send(plan.channel, {Message::Kind::watching, 0}, listener);
      ::close(listener);
      return true;
    }
    if (plan.run.mode == Mode::notify) {
      send(plan.channel, {Message::Kind::cannot_watch, errno});
      return false;
    }
  }
  if (plan.run.mode == Mode::off) {
    send(plan.channel, {Message::Kind::cannot_watch, 0});
    return false;
  }
  // The filter comes after the tracer: without one the calls that it stops would fail.
  send(plan.channel, {Message::Kind::trace_me, 0});
  Message order{};
  if (!receive(plan.channel, order) || order.kind != Message::Kind::go) return false;
  const bool installed = install_with_promise(plan.trace, 0) >= 0;
  send(plan.channel, installed ? Message{Message::Kind::watching, 0} : Message{Message::Kind::cannot_watch, errno});
  if (installed) provoke();
  return installed;
}

[[noreturn]] void become_command(const Plan& plan) noexcept {
  // A compiler without a launcher would write files that nobody waits for, and its next call would fail.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(127);
  set_streams(plan);
  char* const* envp = be_watched(plan) ? plan.observed_envp : plan.run.envp;
  sigprocmask(SIG_SETMASK, &plan.signal_mask, nullptr);
  ::execve(plan.run.path, plan.run.argv, envp);
  give_up(plan, errno);
}

// --- In the parent

void agree(const Run& run, Child& child) {
  Message message{};
  if (!receive(child.channel.get(), message, &child.listener)) {
    child.why_not = "the process ended before it could be observed";
    return;
  }
  if (message.kind == Message::Kind::cannot_execute) {
    child.error = message.error;
    return;
  }
  if (message.kind == Message::Kind::trace_me) {
    const int error = seize(child.process);
    send(child.channel.get(), {error == 0 ? Message::Kind::go : Message::Kind::cannot_watch, error});
    if (error != 0) {
      child.why_not = std::string("ptrace: ") + std::strerror(error);
      return;
    }
    if (!receive(child.channel.get(), message)) message = {Message::Kind::cannot_watch, ESRCH};
    if (message.kind == Message::Kind::watching) child.how = Mode::ptrace;
  } else if (message.kind == Message::Kind::watching) {
    child.how = Mode::notify;
  }
  if (child.how == Mode::off)
    child.why_not = run.mode == Mode::off ? "observation is off" : std::string("seccomp: ") + std::strerror(message.error);
}

bool is_null_device(const struct stat& file) { return S_ISCHR(file.st_mode) && ::major(file.st_rdev) == 1 && ::minor(file.st_rdev) == 3; }

}  // namespace

std::vector<InheritedInput> inherited_inputs(bool with_stdin) {
  std::vector<InheritedInput> inputs;
  const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir("/proc/self/fd"), ::closedir);
  while (const dirent* entry = all ? ::readdir(all.get()) : nullptr) {
    const int number = std::atoi(entry->d_name);
    if (number == STDOUT_FILENO || number == STDERR_FILENO || (number == STDIN_FILENO && !with_stdin) || entry->d_name[0] == '.') continue;
    const int flags = ::fcntl(number, F_GETFD);
    struct stat file {};
    if (flags < 0 || (flags & FD_CLOEXEC) != 0 || ::fstat(number, &file) != 0) continue;
    // Nothing comes from there, as long as it is that: of standard input the next command may have another, and does not say so.
    if (is_null_device(file) && number != STDIN_FILENO) continue;
    inputs.push_back({number, file.st_dev, file.st_ino});
  }
  return inputs;
}

int start(const Run& run, const Environment& environment, const std::vector<InheritedInput>& inputs, const Pipe& output,
          const Pipe& diagnostics, Child& child) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return errno;
  child.channel = tools::Descriptor(ends[0]);
  tools::Descriptor other_end(ends[1]);
  std::vector<int> numbers;
  for (const InheritedInput& input : inputs) {
    if (numbers.size() < kMostInputs) numbers.push_back(input.number);
  }
  std::vector<sock_filter> notify = make_filter(SECCOMP_RET_USER_NOTIF, numbers);
  std::vector<sock_filter> trace = make_filter(SECCOMP_RET_TRACE, numbers);
  {
    const StopSignalsWait wait;
    if (stop_signal() != 0) return EINTR;
    const Plan plan{
        run, environment.get(), notify, trace, wait.before(), ::getpid(), other_end.get(), output.write_end.get(), diagnostics.write_end.get()};
    child.process = ::fork();
    if (child.process < 0) return errno;
    if (child.process == 0) become_command(plan);
    child_runs(child.process);
  }
  child.end = tools::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child.process, 0)));
  other_end.reset();  // so that the end of the child is the end of what it says
  agree(run, child);
  return 0;
}

int error_of_execution(const Child& child) {
  if (child.error != 0) return child.error;
  Message message{};
  return receive(child.channel.get(), message) && message.kind == Message::Kind::cannot_execute ? message.error : 0;
}

}  // namespace zccache::observe
