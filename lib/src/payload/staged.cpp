#include "payload/staged.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <ctime>

#include "base/file.hpp"

namespace zccache {
namespace {

constexpr time_t kYoungSecs = 60;

struct flock whole_file() noexcept {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

}  // namespace

void mark_as_being_written(int fd) noexcept {
  struct flock range = whole_file();
  (void)::fcntl(fd, F_OFD_SETLK, &range);
}

bool is_left_behind(const std::filesystem::path& path) noexcept {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return false;
  const UniqueFd fd(descriptor);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const time_t age = ::time(nullptr) - status.st_mtime;
  struct flock range = whole_file();
  // Far from now in either direction: a time that is a little ahead is that of a clock read by another processor.
  return (age >= kYoungSecs || age <= -kYoungSecs) && ::fcntl(fd.get(), F_OFD_GETLK, &range) == 0 && range.l_type == F_UNLCK;
}

}  // namespace zccache
