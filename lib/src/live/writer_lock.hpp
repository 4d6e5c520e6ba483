// The writer lock of one generation of the live index.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include <zccache/result.hpp>

#include "base/byte_lock.hpp"
#include "live/live_index.hpp"

namespace zccache {

/// Held for as long as it lives. It is a lock on the very file that is changed under it: whatever somebody removes, renames or restores beside
/// it, two writers of one file exclude each other. It says nothing of what is at the live path: look there once you have it.
///
/// The threads of one process, to whom the kernel gives it all at once, are excluded by a ThreadLock before it.
class WriterLock {
 public:
  /// Waits for it. None if it cannot be had any more: the host closed the descriptor (or forked), and another file is at `path` by now.
  /// Cost when free: two system calls, and one for the release. Errors: lock_timeout, io.
  [[nodiscard]] static result<std::optional<WriterLock>> acquire(LiveIndex& live, const std::filesystem::path& path, Patience& patience);

  /// Of a generation that was made here: it is locked from birth.
  [[nodiscard]] static WriterLock of_new(LiveIndex& live) noexcept { return WriterLock(live); }

  WriterLock(WriterLock&& other) noexcept : live_(std::exchange(other.live_, nullptr)), forks_(other.forks_) {}
  WriterLock& operator=(WriterLock&& other) noexcept;
  ~WriterLock() { release(); }

 private:
  explicit WriterLock(LiveIndex& live) noexcept : live_(&live), forks_(live.segment().file()->forks()) {}
  void release() noexcept;

  LiveIndex* live_;
  unsigned forks_;
};

/// The same lock of a file that cannot be attached, so that nobody changes it while it is read and replaced.
class ForeignWriterLock {
 public:
  /// Of the file at `path`. None if there is no regular file, or another one each time. Errors: lock_timeout, io.
  [[nodiscard]] static result<std::optional<ForeignWriterLock>> acquire(const std::filesystem::path& path, Patience& patience);

  [[nodiscard]] const FileIdentity& identity() const noexcept { return file_->identity(); }

 private:
  explicit ForeignWriterLock(std::unique_ptr<LockableFile> file) noexcept : file_(std::move(file)) {}
  std::unique_ptr<LockableFile> file_;  // closing it gives the lock back
};

}  // namespace zccache
