#include "base/lock_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace zccache {

LockFile::Guard::~Guard() {
  // A guard that a fork copied into the child guards nothing there: the lock stayed with the parent.
  if (lock_ != nullptr && lock_->file_.forks() == forks_) lock_->file_.unlock(lock_->byte_);
}

result<LockFile::Guard> LockFile::acquire(std::chrono::milliseconds timeout) {
  for (Patience patience(timeout);;) {
    if (auto alone = threads_.try_lock()) {
      if (auto opened = open_if_needed(); !opened) return opened.error();
      auto locked = file_.try_lock(byte_, path_);
      if (!locked) return locked.error();
      if (*locked) return Guard(this, std::move(*alone));
    }
    if (!patience.pause()) return Failure{Error::lock_timeout, path_};
  }
}

result<LockFile::Guard> LockFile::acquire_at_path(std::chrono::milliseconds timeout) {
  for (;;) {
    auto guard = acquire(timeout);
    if (!guard || is_at_path()) return guard;
    file_.close();  // and with it goes the lock; the next round opens what is at the path now
  }
}

result<void> LockFile::open_if_needed() {
  // Locking a number that the host closed, and perhaps reused, would exclude nobody.
  if (file_.is_open()) return {};
  auto fd = open_file(path_, O_RDWR | O_CREAT);
  if (!fd) return fd.error();
  auto status = status_of(fd->get(), path_);
  if (!status) return status.error();
  file_.open(std::move(*fd), *status);
  return {};
}

bool LockFile::is_at_path() const noexcept {
  struct stat at_path {};
  return ::lstat(path_.c_str(), &at_path) == 0 && FileIdentity::of(at_path) == file_.identity();
}

result<bool> is_locked(const std::filesystem::path& path, LockByte byte) {
  auto fd = open_file(path, O_RDWR);
  if (!fd) return fd.error();
  return is_locked(fd->get(), byte, path);
}

}  // namespace zccache
