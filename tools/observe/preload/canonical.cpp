// realpath. gcc calls it for every header, and the C library asks of every part of the path whether it is a link: four thousand questions
// in a compile, of which a few hundred differ.
//
// Asks exactly what the C library would ask. What is odd (no memory, too long, too many links) is left to that, which asks again.
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "observe/preload/channel.hpp"
#include "observe/preload/next.hpp"

namespace {

using namespace zccache::observe;
using namespace zccache::observe::preload;

constexpr int kMostLinks = 40;

// Whether what stands behind a part of the path can only follow a directory: "/", "/.", "/..".
bool needs_directory(const char* rest) noexcept {
  while (*rest == '/') {
    while (*rest == '/') ++rest;
    if (*rest == '\0') return true;
    if (*rest != '.') return false;
    ++rest;
    if (*rest == '\0') return true;
    if (*rest == '.') return rest[1] == '\0' || rest[1] == '/';
  }
  return false;
}

class Canonical {
 public:
  /// Whether all went well; then `path()` is the answer.
  bool resolve(const char* path) noexcept {
    if (!asking_ || !begin(path)) return false;
    while (*rest_ != '\0') {
      while (*rest_ == '/') ++rest_;
      const char* end = ::strchrnul(rest_, '/');
      const auto length = static_cast<std::size_t>(end - rest_);
      if (length == 0) break;
      const bool fine = length == 1 && rest_[0] == '.' ? true : length == 2 && ::strncmp(rest_, "..", 2) == 0 ? go_up() : append(length, end);
      if (!fine) return false;
      if (!link_followed_) rest_ = end;
      link_followed_ = false;
    }
    if (length_ == 0) path_[length_++] = '/';
    path_[length_] = '\0';
    return true;
  }
  /// Why not; 0 where that is not for us to say.
  [[nodiscard]] int error() const noexcept { return error_ == ENOENT || error_ == ENOTDIR || error_ == EACCES ? error_ : 0; }
  [[nodiscard]] const char* path() const noexcept { return path_; }
  [[nodiscard]] std::size_t length() const noexcept { return length_; }

 private:
  // A path without '/' at its end; the root is empty.
  bool begin(const char* path) noexcept {
    if (path == nullptr || *path == '\0') return false;
    rest_ = path;
    if (*path == '/') return true;
    const long n = asking_.call(SYS_getcwd, address(path_), sizeof path_);
    if (n <= 1 || path_[0] != '/') return false;
    length_ = n == 2 ? 0 : static_cast<std::size_t>(n - 1);
    return true;
  }

  bool go_up() noexcept {
    while (length_ > 0 && path_[--length_] != '/') {
    }
    return true;
  }

  bool append(std::size_t length, const char* end) noexcept {
    if (length_ + length + 3 > sizeof path_) return false;
    path_[length_] = '/';
    ::memcpy(path_ + length_ + 1, rest_, length);
    length_ += length + 1;
    path_[length_] = '\0';
    const long n = asking_.call(SYS_readlinkat, AT_FDCWD, address(path_), address(link_), sizeof link_);
    if (n < 0) return is_no_link(n) && go_on(n, end);
    if (n == 0 || n >= static_cast<long>(sizeof link_)) return false;
    asking_.note({.call = Call::read_link, .directory = AT_FDCWD, .path = path_, .answer = n, .target = {link_, static_cast<std::size_t>(n)}});
    return follow(static_cast<std::size_t>(n), end);
  }

  // Whether the answer is one about the file.
  bool is_no_link(long answer) noexcept {
    if (answer != -EINVAL && answer != -ENOENT && answer != -ENOTDIR && answer != -EACCES) return false;
    if (answer != -EINVAL || !was_noted({path_, length_}, Noted::no_link))
      asking_.note({.call = Call::read_link, .directory = AT_FDCWD, .path = path_, .answer = answer});
    return true;
  }

  // As the C library: where a directory has to be, it is asked for that, whatever was said about a link.
  bool go_on(long answer, const char* end) noexcept {
    if (needs_directory(end)) answer = ask_for_directory();
    if (answer != 0 && answer != -EINVAL) error_ = static_cast<int>(-answer);
    return answer == 0 || answer == -EINVAL;
  }

  long ask_for_directory() noexcept {
    path_[length_] = '/';
    path_[length_ + 1] = '\0';
    const long answer = asking_.call(SYS_faccessat2, AT_FDCWD, address(path_), F_OK, AT_EACCESS);
    asking_.note({.call = Call::access, .directory = AT_FDCWD, .path = path_, .answer = answer});
    path_[length_] = '\0';
    return answer;
  }

  // What the link says comes before what is left.
  bool follow(std::size_t length, const char* end) noexcept {
    const std::size_t left = ::strlen(end);
    if (++links_ > kMostLinks || length + left >= sizeof text_) return false;
    ::memmove(text_ + length, end, left + 1);  // it may lie in there
    ::memcpy(text_, link_, length);
    rest_ = text_;
    link_followed_ = true;
    if (text_[0] == '/') {
      length_ = 0;
      return true;
    }
    return go_up();
  }

  Asking asking_;
  const char* rest_ = nullptr;
  std::size_t length_ = 0;
  int links_ = 0;
  int error_ = 0;
  bool link_followed_ = false;
  char path_[PATH_MAX];
  char link_[PATH_MAX];
  char text_[PATH_MAX];
};

// The room of the caller is PATH_MAX where there is one.
char* answer(const Canonical& canonical, char* to) noexcept {
  if (to == nullptr) return ::strdup(canonical.path());
  return static_cast<char*>(::memcpy(to, canonical.path(), canonical.length() + 1));
}

// The C library leaves the caller the path up to what is missing.
char* refuse(const Canonical& canonical, char* to) noexcept {
  if (to != nullptr && canonical.error() != ENOTDIR) (void)answer(canonical, to);
  errno = canonical.error();
  return nullptr;
}

}  // namespace

ZCCACHE_EXPORT char* realpath(const char* path, char* to) noexcept {
  {
    Canonical canonical;
    if (canonical.resolve(path)) return answer(canonical, to);
    if (canonical.error() != 0) return refuse(canonical, to);
  }
  static Next<char*(const char*, char*)> next;
  return next.get("realpath")(path, to);
}

ZCCACHE_EXPORT char* __realpath_chk(const char* path, char* to, size_t room) noexcept {
  static Next<char*(const char*, char*, size_t)> next;
  return room < PATH_MAX ? next.get("__realpath_chk")(path, to, room) : realpath(path, to);
}

ZCCACHE_EXPORT char* canonicalize_file_name(const char* path) noexcept { return realpath(path, nullptr); }
