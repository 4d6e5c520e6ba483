#include "base/byte_lock.hpp"

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

void LockableFile::open(UniqueFd fd, const struct stat& status) noexcept {
  fd_ = std::move(fd);
  identity_ = FileIdentity::of(status);
}

bool LockableFile::is_open() noexcept {
  struct stat now {};
  if (fd_ && (::fstat(fd_.get(), &now) != 0 || FileIdentity::of(now) != identity_)) fd_.release();
  return static_cast<bool>(fd_);
}

result<bool> LockableFile::try_lock(LockByte byte, const std::filesystem::path& path) {
  struct flock range = byte_range(byte, F_WRLCK);
  if (::fcntl(fd_.get(), F_OFD_SETLK, &range) == 0) return true;
  // EBADF: the host closed it this very moment. The next look finds that out.
  if (errno == EAGAIN || errno == EACCES || errno == EINTR || errno == EBADF) return false;
  return system_failure(path.string());
}

void LockableFile::unlock(LockByte byte) noexcept {
  struct flock range = byte_range(byte, F_UNLCK);
  // Where that fails, the lock would outlive its holder and time everybody else out. Closing releases it as well.
  if (::fcntl(fd_.get(), F_OFD_SETLK, &range) != 0 && is_open()) fd_.reset();
}

void LockableFile::refresh_times() const noexcept {
  struct stat now {};
  if (::fstat(fd_.get(), &now) == 0 && now.st_nlink == 1) ::futimens(fd_.get(), nullptr);
}

void LockableFile::after_fork_in_child() noexcept {
  // Releases nothing: the parent's descriptor still refers to the description. But it lets the lock end with the parent.
  fd_.reset();
  ++forks_;
}

result<bool> is_locked(int fd, LockByte byte, const std::filesystem::path& path) {
  struct flock range = byte_range(byte, F_WRLCK);
  if (::fcntl(fd, F_OFD_GETLK, &range) != 0) return system_failure(path.string());
  return range.l_type != F_UNLCK;
}

bool Patience::pause_before(Clock::time_point end) noexcept {
  if (Clock::now() >= end) return false;
  next_ = std::clamp(2 * next_, kFirstPause, kLongestPause);
  std::this_thread::sleep_for(next_);
  return true;
}

}  // namespace zccache
