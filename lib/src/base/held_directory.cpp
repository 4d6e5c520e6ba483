#include "base/held_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace zccache {

struct HeldDirectory::Lock::Held {
  LockableFile file;
  std::filesystem::path path;
  std::chrono::milliseconds lock_timeout;
  bool locked = false;
};

HeldDirectory::Lock::Lock(std::shared_ptr<Held> held) noexcept : held_(std::move(held)), forks_(held_ ? held_->file.forks() : 0) {}

HeldDirectory::Lock::~Lock() {
  // In a forked child the copy of the descriptor is closed, and the lock is the parent's.
  if (!held_ || held_->file.forks() != forks_) return;
  held_->locked = false;
  ::flock(held_->file.fd(), LOCK_UN);
}

result<HeldDirectory> HeldDirectory::open(const std::filesystem::path& path, std::chrono::milliseconds lock_timeout) {
  auto fd = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!fd)
    return fd.error().error == Error::not_found ? fd.error() : Failure{Error::directory_unusable, path.string(), fd.error().system_error};
  auto status = status_of(fd->get(), path);
  if (!status) return status.error();
  if (status->st_uid != ::geteuid() || (status->st_mode & (S_IWGRP | S_IWOTH)) != 0) return Failure{Error::directory_untrusted, path.string()};
  auto held = std::make_shared<Lock::Held>();
  held->file.open(std::move(*fd), *status);
  held->path = path;
  held->lock_timeout = lock_timeout;
  return HeldDirectory(std::move(held));
}

result<HeldDirectory::Lock> HeldDirectory::lock() const {
  if (held_->locked) return Lock(nullptr);
  for (Patience patience(held_->lock_timeout);;) {
    if (::flock(fd(), LOCK_EX | LOCK_NB) == 0) {
      held_->locked = true;
      return Lock(held_);
    }
    if (errno != EWOULDBLOCK && errno != EINTR) return system_failure(path().string());
    if (!patience.pause()) return Failure{Error::lock_timeout, path().string()};
  }
}

int HeldDirectory::fd() const noexcept { return held_->file.fd(); }
const std::filesystem::path& HeldDirectory::path() const noexcept { return held_->path; }

std::optional<FileIdentity> HeldDirectory::find(const char* name) const noexcept {
  struct stat status {};
  if (::fstatat(fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return FileIdentity::of(status);
}

result<void> HeldDirectory::sync() const {
  while (::fsync(fd()) != 0) {
    if (errno != EINTR) return system_failure(path().string());
  }
  return {};
}

}  // namespace zccache
