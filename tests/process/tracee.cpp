#include "process/tracee.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace zccache::test {
namespace {

// A call that nothing else makes marks the end, so that whoever makes calls fail knows to leave it alone.
constexpr long kMark = SYS_kill;
constexpr int kCallStop = SIGTRAP | 0x80;  // with PTRACE_O_TRACESYSGOOD

bool stopped_by(int status, int signal) noexcept { return WIFSTOPPED(status) && WSTOPSIG(status) == signal; }

void check(long outcome, const char* what) {
  if (outcome < 0) throw std::runtime_error(what);
}

user_regs_struct registers_of(pid_t pid) {
  user_regs_struct registers{};
  check(::ptrace(PTRACE_GETREGS, pid, nullptr, &registers), "PTRACE_GETREGS");
  return registers;
}

void set_registers(pid_t pid, user_regs_struct registers) { check(::ptrace(PTRACE_SETREGS, pid, nullptr, &registers), "PTRACE_SETREGS"); }

}  // namespace

void begin_watching() {
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::syscall(kMark, ::getpid(), SIGSTOP);
}

void end_watching() { ::syscall(kMark, ::getpid(), SIGSTOP); }

Tracee::Tracee(const std::function<int()>& body) : pid_(::fork()) {
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      ::_exit(body());
    } catch (...) {
      ::_exit(99);
    }
  }
  if (!stopped_by(wait(), SIGSTOP)) {
    ended_ = true;
    return;
  }
  check(::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), "PTRACE_SETOPTIONS");
}

Tracee::~Tracee() { kill(); }

int Tracee::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error("waitpid");
  }
  if (!WIFSTOPPED(status)) pid_ = -1;
  return status;
}

int Tracee::resume(int request) {
  for (;;) {
    check(::ptrace(static_cast<__ptrace_request>(request), pid_, nullptr, nullptr), "ptrace");
    const int status = wait();
    // Somebody who pauses the whole suite for a while stops and continues this process as well: not a thing that it did.
    if (!stopped_by(status, SIGSTOP) && !stopped_by(status, SIGCONT)) return status;
  }
}

std::optional<SystemCall> Tracee::next_call() {
  const int status = resume(PTRACE_SYSCALL);
  if (!stopped_by(status, kCallStop)) throw std::runtime_error("the traced process went down, with wait status " + std::to_string(status));
  const user_regs_struct registers = registers_of(pid_);
  const SystemCall call{.number = static_cast<long>(registers.orig_rax),
                        .arguments = {registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9}};
  if (call.number != kMark) return call;
  ended_ = true;
  return std::nullopt;
}

std::int64_t Tracee::finish_call() {
  if (!stopped_by(resume(PTRACE_SYSCALL), kCallStop)) throw std::runtime_error("the traced process went down in a system call");
  return static_cast<std::int64_t>(registers_of(pid_).rax);
}

void Tracee::fail_call(int error) {
  user_regs_struct registers = registers_of(pid_);
  registers.orig_rax = ~0ULL;  // there is no such call
  set_registers(pid_, registers);
  finish_call_as_failed(error);
}

void Tracee::finish_call_as_failed(int error) {
  (void)finish_call();
  set_result(-static_cast<std::int64_t>(error));
}

void Tracee::set_argument(std::size_t index, std::uint64_t value) {
  user_regs_struct registers = registers_of(pid_);
  const std::array places{&registers.rdi, &registers.rsi, &registers.rdx, &registers.r10, &registers.r8, &registers.r9};
  *places.at(index) = value;
  set_registers(pid_, registers);
}

void Tracee::set_result(std::int64_t value) {
  user_regs_struct registers = registers_of(pid_);
  registers.rax = static_cast<unsigned long long>(value);
  set_registers(pid_, registers);
}

bool Tracee::step() {
  constexpr unsigned long kSystemCallInstruction = 0x050f;
  const long next = ::ptrace(PTRACE_PEEKUSER, pid_, offsetof(user_regs_struct, rip), nullptr);
  const long code = ::ptrace(PTRACE_PEEKTEXT, pid_, next, nullptr);
  if ((static_cast<unsigned long>(code) & 0xffff) == kSystemCallInstruction) return false;
  const int status = resume(PTRACE_SINGLESTEP);
  if (!stopped_by(status, SIGTRAP)) throw std::runtime_error("the traced process went down, with wait status " + std::to_string(status));
  return true;
}

int Tracee::finish() {
  for (;;) {
    check(::ptrace(PTRACE_CONT, pid_, nullptr, nullptr), "PTRACE_CONT");
    const int status = wait();
    if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    // A mark: over it.
  }
}

void Tracee::kill() noexcept {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace zccache::test
