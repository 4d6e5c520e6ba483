// Locks that belong to a cache directory: bytes of index.lock, which is an empty file. Nothing is stored in it, so nothing is stale after a
// copy, a restore or a reboot.
//
// Somebody may remove the file while others have it open, and a lock on it then excludes nobody who comes later. So these locks only save work
// (one flusher, one collector); what they do is made safe by the locks of the live index and of the directory.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include <zccache/result.hpp>

#include "base/byte_lock.hpp"
#include "base/held_directory.hpp"
#include "base/thread_lock.hpp"

namespace zccache {

/// One process's access to one lock byte. Thread-safe.
class LockFile final {
 public:
  LockFile(std::string path, LockByte byte) : path_(std::move(path)), byte_(byte) {}

  /// Released by its destructor.
  class Guard {
   public:
    Guard(Guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)), forks_(other.forks_), alone_(std::move(other.alone_)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard();

   private:
    friend class LockFile;
    Guard(LockFile* lock, ThreadLock::Guard alone) noexcept : lock_(lock), forks_(lock->file_.forks()), alone_(std::move(alone)) {}
    LockFile* lock_;
    unsigned forks_;
    ThreadLock::Guard alone_;
  };

  /// Creates the file if need be. Waits with back-off up to `timeout`; zero tries once. Opens the file anew if the host closed the descriptor,
  /// or closed it and reused its number. Errors: lock_timeout, not_found (the directory is gone), no_space, io.
  /// Cost when free: two system calls, and one for the release.
  [[nodiscard]] result<Guard> acquire(std::chrono::milliseconds timeout);

  /// The same, and the file that is locked is the one at the path when this returns.
  [[nodiscard]] result<Guard> acquire_at_path(std::chrono::milliseconds timeout);

  /// Whether the file that is locked is still the one at the path. Requires the lock.
  [[nodiscard]] bool is_at_path() const noexcept;

  /// Whether it is the one in `directory`. Requires the lock.
  [[nodiscard]] bool is_in(const HeldDirectory& directory) const noexcept { return directory.find(name()) == file_.identity(); }

  /// As LockableFile's. Requires the lock.
  void refresh_times() const noexcept { file_.refresh_times(); }

 private:
  [[nodiscard]] result<void> open_if_needed();
  [[nodiscard]] const char* name() const noexcept { return path_.c_str() + path_.rfind('/') + 1; }

  const std::string path_;
  const LockByte byte_;
  ThreadLock threads_;
  LockableFile file_;
};

/// Whether somebody holds it at this moment. For inspection; creates nothing.
[[nodiscard]] result<bool> is_locked(const std::filesystem::path& path, LockByte byte);

}  // namespace zccache
