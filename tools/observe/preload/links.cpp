// Links that are read. gcc makes a canonical path of every header, and asks of every part of it.
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "observe/preload/channel.hpp"

namespace {

using namespace zccache::observe;
using namespace zccache::observe::preload;

ssize_t read_link(int directory, const char* path, char* to, size_t room) noexcept {
  Asking asking;
  if (!asking) return ::syscall(SYS_readlinkat, directory, path, to, room);
  const long answer = asking.call(SYS_readlinkat, directory, address(path), address(to), static_cast<long>(room));
  // That something is no link is said once: the folders above a thousand headers are the same.
  const bool absolute = answer == -EINVAL && path[0] == '/';
  if (absolute && was_noted({path, ::strnlen(path, PATH_MAX)}, Noted::no_link)) return to_libc(answer);
  Asking::What what{Call::read_link, directory, path, answer};
  if (answer > 0) what.target = {to, static_cast<size_t>(answer)};
  asking.note(what);
  return to_libc(answer);
}

}  // namespace

ZCCACHE_EXPORT ssize_t readlink(const char* path, char* to, size_t room) noexcept { return read_link(AT_FDCWD, path, to, room); }
ZCCACHE_EXPORT ssize_t readlinkat(int directory, const char* path, char* to, size_t room) noexcept {
  return read_link(directory, path, to, room);
}
ZCCACHE_EXPORT ssize_t __readlink_chk(const char* path, char* to, size_t room, size_t /*have*/) noexcept {
  return read_link(AT_FDCWD, path, to, room);
}
