#include "base/lock_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace zccache {

namespace {

struct flock byte_range(LockByte byte, short type) noexcept {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(byte);
  range.l_len = 1;
  return range;
}

// Doubling from a few microseconds, the time of a typical change, to a millisecond, where polling costs next to nothing.
constexpr std::chrono::microseconds kFirstPause{5};
constexpr std::chrono::microseconds kLongestPause{1000};

}  // namespace

LockFile::LockFile(std::string path, LockByte byte) : path_(std::move(path)), byte_(byte), mutex_(std::make_unique<std::mutex>()) {}

LockFile::Guard::~Guard() {
  // A guard that a fork copied into the child guards nothing there: the lock stayed with the parent.
  if (file_ != nullptr && file_->epoch_ == epoch_) file_->release();
}

result<LockFile::Guard> LockFile::acquire(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (auto pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    if (std::unique_lock in_process(*mutex_, std::try_to_lock); in_process) {
      auto locked = try_lock();
      if (!locked) return locked.error();
      if (*locked) {
        in_process.release();
        return Guard(this, epoch_);
      }
    }
    if (std::chrono::steady_clock::now() >= deadline) return Failure{Error::lock_timeout, path_};
    std::this_thread::sleep_for(pause);
  }
}

result<LockFile::Guard> LockFile::acquire_at_path(std::chrono::milliseconds timeout) {
  for (;;) {
    auto guard = acquire(timeout);
    if (!guard || is_at_path()) return guard;
    { const Guard released = std::move(*guard); }
    reopen();
  }
}

result<void> LockFile::open_if_needed() {
  // Locking a number that the host closed, and perhaps reused, would exclude nobody. What has the number now is not ours to close.
  if (fd_ && !is_ours()) fd_.release();
  if (fd_) return {};
  auto fd = open_file(path_, O_RDWR | O_CREAT);
  if (!fd) return fd.error();
  auto status = status_of(fd->get(), path_);
  if (!status) return status.error();
  fd_ = std::move(*fd);
  opened_ = *status;
  return {};
}

result<bool> LockFile::try_lock() {
  if (auto opened = open_if_needed(); !opened) return opened.error();
  struct flock range = byte_range(byte_, F_WRLCK);
  if (::fcntl(fd_.get(), F_OFD_SETLK, &range) == 0) return true;
  if (errno == EAGAIN || errno == EACCES || errno == EINTR || errno == EBADF) return false;
  return system_failure(path_);
}

bool LockFile::is_ours() const noexcept {
  struct stat now {};
  return ::fstat(fd_.get(), &now) == 0 && same_file(now, opened_);
}

bool LockFile::is_at_path() const noexcept {
  struct stat at_path {};
  return ::lstat(path_.c_str(), &at_path) == 0 && same_file(at_path, opened_);
}

void LockFile::reopen() noexcept {
  const std::lock_guard lock(*mutex_);
  fd_.reset();
}

void LockFile::release() noexcept {
  struct flock range = byte_range(byte_, F_UNLCK);
  // Where that fails, the lock would outlive this guard and time everybody else out. Closing releases it as well, unless the number is no
  // longer ours.
  if (::fcntl(fd_.get(), F_OFD_SETLK, &range) != 0 && is_ours()) fd_.reset();
  mutex_->unlock();
}

void LockFile::after_fork_in_child() noexcept {
  // Closing the child's copy releases nothing: the parent's descriptor still refers to the description. But it lets the lock end with the
  // parent.
  fd_.reset();
  ++epoch_;
  // A thread that is not in this process may have held it; a mutex in that state can only be left behind.
  (void)mutex_.release();
  mutex_ = std::make_unique<std::mutex>();
}

result<bool> is_locked(const std::filesystem::path& path, LockByte byte) {
  auto fd = open_file(path, O_RDWR);
  if (!fd) return fd.error();
  struct flock range = byte_range(byte, F_WRLCK);
  if (::fcntl(fd->get(), F_OFD_GETLK, &range) != 0) return system_failure(path.string());
  return range.l_type != F_UNLCK;
}

}  // namespace zccache
