#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "common/descriptor.hpp"

namespace zccache::cc {
namespace {

constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGHUP};

// Shared with the signal handlers. Lock-free, and this program has one thread.
volatile std::sig_atomic_t running_child = 0;
volatile std::sig_atomic_t stop_signal = 0;

void on_stop_signal(int signal) {
  stop_signal = signal;
  if (running_child != 0) ::kill(running_child, signal);
}

// While one lives, a stop signal waits: it finds a child that is known, or none.
class StopSignalsWait {
 public:
  StopSignalsWait() {
    sigset_t stop;
    sigemptyset(&stop);
    for (const int signal : kStopSignals) sigaddset(&stop, signal);
    sigprocmask(SIG_BLOCK, &stop, &before_);
  }
  ~StopSignalsWait() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  StopSignalsWait(const StopSignalsWait&) = delete;
  StopSignalsWait& operator=(const StopSignalsWait&) = delete;

  [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
  sigset_t before_;
};

struct Pipe {
  tools::Descriptor read_end;
  tools::Descriptor write_end;

  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read_end = tools::Descriptor(ends[0]);
    write_end = tools::Descriptor(ends[1]);
    constexpr int kRoom = 1 << 20;  // preprocessed text is large: fewer switches to and fro
    ::fcntl(ends[0], F_SETPIPE_SZ, kRoom);
    return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
  }
};

class SpawnSettings {
 public:
  explicit SpawnSettings(const sigset_t& signal_mask) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &signal_mask);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void redirect(int target, const Pipe& pipe) { posix_spawn_file_actions_adddup2(&actions_, pipe.write_end.get(), target); }
  void empty_input() { posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0); }
  int spawn(pid_t& child, const char* path, char* const* argv, char* const* environment) {
    return ::posix_spawn(&child, path, &actions_, &attributes_, argv, environment);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Appends what is there. Whether anything was; closes the pipe at its end.
bool drain(tools::Descriptor& pipe, std::string& bytes) {
  std::array<char, 1 << 16> chunk;
  while (pipe) {
    const ssize_t n = ::read(pipe.get(), chunk.data(), chunk.size());
    if (n > 0) {
      bytes.append(chunk.data(), static_cast<std::size_t>(n));
      return true;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || errno != EAGAIN) pipe.reset();
    break;
  }
  return false;
}

// Until both pipes end, or the child has ended and no more is there: a process that outlives it may hold a pipe open for ever.
void collect(pid_t child, tools::Descriptor& output, tools::Descriptor& diagnostics, Finished& finished) {
  const tools::Descriptor end_of_child(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  while (output || diagnostics) {
    std::array<pollfd, 3> waits{pollfd{output.get(), POLLIN, 0}, {diagnostics.get(), POLLIN, 0}, {end_of_child.get(), POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;  // interrupted
    const bool more_output = drain(output, finished.output);
    const bool more_diagnostics = drain(diagnostics, finished.diagnostics);
    if (!more_output && !more_diagnostics && waits[2].revents != 0) return;
  }
}

NotCacheable not_started(const char* path, int error) {
  return {Counter::could_not_run, std::string(path) + " could not be started: " + std::strerror(error)};
}

int wait_for(pid_t child) {
  siginfo_t info;
  while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  running_child = 0;  // before its number may be given to another process
  // What nobody knows the end of has not succeeded.
  int status = W_EXITCODE(1, 0);
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Cacheable<Finished> run_captured(const char* path, char* const* argv, StandardInput input, char* const* environment) {
  Pipe output;
  Pipe diagnostics;
  if (!output.open() || !diagnostics.open()) return not_started(path, errno);
  pid_t child = 0;
  {
    const StopSignalsWait wait;
    die_if_stopped();
    SpawnSettings settings(wait.before());
    settings.redirect(STDOUT_FILENO, output);
    settings.redirect(STDERR_FILENO, diagnostics);
    if (input == StandardInput::empty) settings.empty_input();
    if (const int error = settings.spawn(child, path, argv, environment); error != 0) return not_started(path, error);
    running_child = child;
  }
  output.write_end.reset();
  diagnostics.write_end.reset();

  Finished finished;
  collect(child, output.read_end, diagnostics.read_end, finished);
  finished.wait_status = wait_for(child);
  return finished;
}

void expect_children_and_limits() noexcept {
  std::signal(SIGCHLD, SIG_DFL);
  // A handler, because it does not outlive an exec: the compiler is to end as it would without us.
  if (std::signal(SIGXFSZ, [](int) {}) == SIG_IGN) std::signal(SIGXFSZ, SIG_IGN);
}

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

void die_if_stopped() noexcept {
  if (stop_signal != 0) end_like(stop_signal);  // the status of a process that a signal ended is its number
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

void kill_running_child() noexcept {
  if (running_child != 0) ::kill(running_child, SIGKILL);
}

}  // namespace zccache::cc
