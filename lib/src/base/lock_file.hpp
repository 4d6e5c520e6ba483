// Locks between processes: open-file-description byte locks on one empty file.
//
// The kernel owns them. They go when their holder exits, is killed or execs; nothing is stored in the file, so nothing is stale after a copy, a
// restore or a reboot; and they know neither process nor thread ids, so two containers with equal ids exclude each other.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include <zccache/result.hpp>

#include "base/file.hpp"
#include "base/fork.hpp"

namespace zccache {

/// Which byte of the file.
enum class LockByte { writer = 0, flusher = 1, collector = 2 };

/// One process's access to one lock byte. Thread-safe. Excludes the threads of this process by a mutex of its own, since the kernel's lock
/// belongs to the description and not to a thread.
///
/// A fork in another thread while the lock is held would leave the child a copy of the description and so the lock; the child therefore closes
/// it (pthread_atfork) and opens its own at its first use.
class LockFile final {
 public:
  LockFile(std::string path, LockByte byte);

  /// Released by its destructor.
  class Guard {
   public:
    Guard(Guard&& other) noexcept : file_(std::exchange(other.file_, nullptr)), epoch_(other.epoch_) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard();

   private:
    friend class LockFile;
    Guard(LockFile* file, unsigned epoch) noexcept : file_(file), epoch_(epoch) {}
    LockFile* file_;
    unsigned epoch_;
  };

  /// Creates the file if need be. Waits with back-off up to `timeout`; zero tries once. Opens the file anew if the host closed the descriptor,
  /// or closed it and reused its number. Errors: lock_timeout, not_found (the directory is gone), no_space, io.
  /// Cost when free: two system calls, and one for the release.
  [[nodiscard]] result<Guard> acquire(std::chrono::milliseconds timeout);

  /// The same, and the file that is locked is the one at the path when this returns.
  [[nodiscard]] result<Guard> acquire_at_path(std::chrono::milliseconds timeout);

  /// Whether the file that is locked is still the one at the path: a lock on a file that somebody removed excludes nobody. Requires the lock.
  [[nodiscard]] bool is_at_path() const noexcept;

  /// Opens whatever is at the path at the next acquire(). Requires that no guard is alive.
  void reopen() noexcept;

 private:
  friend ForkListener;

  [[nodiscard]] result<void> open_if_needed();
  /// Whether the descriptor is still what we opened: the host may have closed it, and reused its number.
  [[nodiscard]] bool is_ours() const noexcept;
  [[nodiscard]] result<bool> try_lock();
  void release() noexcept;
  // Whoever holds the lock goes on holding it in the parent: a fork does not wait for changes.
  void before_fork() noexcept {}
  void after_fork_in_parent() noexcept {}
  void after_fork_in_child() noexcept;

  const std::string path_;
  const LockByte byte_;
  std::unique_ptr<std::mutex> mutex_;
  UniqueFd fd_;
  struct stat opened_ {};                    // what fd_ was when we opened it
  unsigned epoch_ = 0;                       // how many forks this object has come through, as the child
  const ForkListener fork_listener_{*this};  // last: sees the rest whole
};

/// Whether somebody holds it at this moment. For inspection; creates nothing.
[[nodiscard]] result<bool> is_locked(const std::filesystem::path& path, LockByte byte);

}  // namespace zccache
