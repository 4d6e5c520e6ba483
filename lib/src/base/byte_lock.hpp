// Locks between processes, taken on an open file. The kernel owns them: they go when their holder exits, is killed or execs. They belong to the
// open file description and not to a process or thread id, so two containers with equal ids exclude each other.
#pragma once

#include <chrono>

#include <zccache/result.hpp>

#include "base/file.hpp"
#include "base/fork.hpp"

namespace zccache {

/// Which byte is locked: `writer` of a live index, the others of index.lock.
enum class LockByte { writer = 0, flusher = 1, collector = 2 };

/// An open file on which this process takes locks. A forked child closes its copy: otherwise a lock of the parent's would live as long as the
/// child does, and a lock of the child's would be one with the parent's.
class LockableFile final {
 public:
  LockableFile() = default;
  LockableFile(UniqueFd fd, const struct stat& status) noexcept { open(std::move(fd), status); }

  void open(UniqueFd fd, const struct stat& status) noexcept;
  void close() noexcept { fd_.reset(); }

  /// Whether the descriptor is still what was opened. The host may have closed it, and reused its number: then that is left to the host.
  [[nodiscard]] bool is_open() noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] const FileIdentity& identity() const noexcept { return identity_; }
  /// How many forks this object has come through, as the child. What an earlier count had locked is the parent's.
  [[nodiscard]] unsigned forks() const noexcept { return forks_; }

  /// False: somebody else has it. Requires is_open(). `path` is what a failure calls it. Errors: io.
  [[nodiscard]] result<bool> try_lock(LockByte byte, const std::filesystem::path& path);
  void unlock(LockByte byte) noexcept;

  /// Sets its times to now, so that who cleans up by age leaves it. Not those of a file with a second name, which may not be ours.
  void refresh_times() const noexcept;

 private:
  friend class ForkListener;
  void after_fork_in_child() noexcept;

  UniqueFd fd_;
  FileIdentity identity_;
  unsigned forks_ = 0;
  const ForkListener fork_listener_{*this, ForkListener::OnlyInChild{}};  // last: sees the rest whole
};

/// Whether somebody has it, by another descriptor than this one. For inspection.
[[nodiscard]] result<bool> is_locked(int fd, LockByte byte, const std::filesystem::path& path);

/// How long a caller goes on polling for a lock. F_OFD_SETLKW would queue, but has no time-out (docs/concurrency.md).
class Patience {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Patience(std::chrono::milliseconds timeout) noexcept : timeout_(timeout), begin_(Clock::now()) {}

  [[nodiscard]] std::chrono::milliseconds timeout() const noexcept { return timeout_; }
  [[nodiscard]] Clock::time_point begin() const noexcept { return begin_; }
  [[nodiscard]] Clock::time_point end() const noexcept { return begin_ + timeout_; }

  /// Pauses and returns true, or returns false once `end` has come.
  [[nodiscard]] bool pause_before(Clock::time_point end) noexcept;
  [[nodiscard]] bool pause() noexcept { return pause_before(end()); }

 private:
  std::chrono::milliseconds timeout_;
  Clock::time_point begin_;
  std::chrono::microseconds next_{0};
};

}  // namespace zccache
