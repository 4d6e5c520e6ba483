#include "observe/answers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "common/descriptor.hpp"
#include "observe/file_status.hpp"

namespace zccache::observe {
namespace {

int allowed(const std::string& path, int mode, int flags) { return ::faccessat(AT_FDCWD, path.c_str(), mode, flags) == 0 ? 0 : errno; }

}  // namespace

Answer answer_to_status(const std::string& path, bool follow) {
  struct stat found {};
  if (::fstatat(AT_FDCWD, path.c_str(), &found, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) return {errno, {}};
  return {0, to_status(found)};
}

Answer answer_to_open_read(const std::string& path, int flags) {
  const Answer there = answer_to_status(path, (flags & O_NOFOLLOW) == 0);
  if (there.error != 0) return there;
  if (S_ISLNK(there.status.mode)) return {ELOOP, {}};
  if (!S_ISREG(there.status.mode) && !S_ISDIR(there.status.mode)) return {allowed(path, R_OK, AT_EACCESS), there.status};
  constexpr int kHarmless = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const tools::Descriptor file(::open(path.c_str(), kHarmless | (flags & (O_DIRECTORY | O_NOFOLLOW))));
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0) return {errno, {}};
  return {0, to_status(found)};
}

Answer answer_to_open_write(const std::string& path, int flags) {
  const bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  Answer before = answer_to_status(path, (flags & O_NOFOLLOW) == 0 && !exclusive);
  const bool creates = (flags & O_CREAT) != 0;
  if (before.error == ENOENT && creates) {
    before.error = answer_to_change_of_directory_of(path);
    return before;
  }
  if (before.error != 0) return before;
  if (exclusive) before.error = EEXIST;
  if (before.error == 0 && S_ISLNK(before.status.mode)) before.error = ELOOP;
  if (before.error == 0 && S_ISDIR(before.status.mode)) before.error = EISDIR;
  const int wanted = (flags & O_ACCMODE) == O_RDWR ? R_OK | W_OK : (flags & O_ACCMODE) == O_WRONLY ? W_OK : R_OK;
  if (before.error == 0) before.error = allowed(path, wanted, AT_EACCESS);
  return before;
}

Answer answer_to_execute(const std::string& path, bool follow) {
  Answer there = answer_to_status(path, follow);
  if (there.error != 0) return there;
  if (S_ISLNK(there.status.mode)) return {ELOOP, {}};
  if (!S_ISREG(there.status.mode)) return {EACCES, {}};
  there.error = allowed(path, X_OK, AT_EACCESS);
  return there;
}

int answer_to_access(const std::string& path, unsigned mode, int flags) { return allowed(path, static_cast<int>(mode), flags); }

int answer_to_read_link(const std::string& path, std::string& target) {
  std::array<char, PATH_MAX> text;
  const ssize_t n = ::readlink(path.c_str(), text.data(), text.size());
  if (n < 0) return errno;
  target.assign(text.data(), static_cast<std::size_t>(n));
  return 0;
}

int answer_to_change_of_directory_of(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  const std::size_t slash = path.find_last_of('/', end);
  if (slash == std::string::npos) return 0;
  return allowed(path.substr(0, slash + 1), W_OK | X_OK, AT_EACCESS);
}

}  // namespace zccache::observe
