// A process under ptrace(2), run from one system call to the next or instruction by instruction, and killed or made to fail wherever the test
// wants. x86-64 only.
//
// The code to be looked at stands between begin_watching() and end_watching() in the child; what comes before runs at full speed.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace zccache::test {

/// Called in the child: from here on the tracer decides.
void begin_watching();
/// Called in the child: the end of what is looked at.
void end_watching();

/// A system call that is about to be made.
struct SystemCall {
  long number = -1;
  std::array<std::uint64_t, 6> arguments{};
};

/// A forked, single-threaded process that is traced by the thread that made it. It starts stopped at its begin_watching(). Killed and reaped by
/// the destructor.
class Tracee {
 public:
  explicit Tracee(const std::function<int()>& body);
  ~Tracee();
  Tracee(const Tracee&) = delete;
  Tracee& operator=(const Tracee&) = delete;

  /// Whether it got to its begin_watching().
  [[nodiscard]] bool watching() const noexcept { return pid_ > 0 && !ended_; }

  /// Runs to the entry of the next system call. Absent at end_watching().
  [[nodiscard]] std::optional<SystemCall> next_call();
  /// After next_call(): lets it happen, and stops when it has returned. What it returned.
  std::int64_t finish_call();
  /// After next_call(): it does not happen, and returns -`error`.
  void fail_call(int error);
  /// After next_call(): it happens, and returns -`error` all the same, as close(2) does.
  void finish_call_as_failed(int error);
  /// After next_call(): replaces argument `index`.
  void set_argument(std::size_t index, std::uint64_t value);

  /// Executes one instruction, where the next one is no system call. Whether it did.
  [[nodiscard]] bool step();

  /// Lets it go on to its end, and returns its exit code, or 128 + signal.
  int finish();
  void kill() noexcept;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  int wait();
  /// Goes on as the ptrace request says, to the next stop; its wait status.
  int resume(int request);
  void set_result(std::int64_t value);

  pid_t pid_ = -1;
  bool ended_ = false;
};

}  // namespace zccache::test
