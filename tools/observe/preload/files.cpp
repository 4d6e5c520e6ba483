// Files that are looked for or opened to be read: the questions that compilers ask by the thousand.
//
// What writes is left to the kernel: the observer has to look at what is there before. These are no points at which a thread can be cancelled.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>

#include "observe/file_status.hpp"
#include "observe/preload/channel.hpp"
#include "observe/preload/next.hpp"

namespace {

using namespace zccache::observe;
using namespace zccache::observe::preload;

bool only_reads(int flags) noexcept {
  return (flags & O_ACCMODE) == O_RDONLY && (flags & (O_CREAT | O_TRUNC | O_PATH)) == 0 && (flags & O_TMPFILE) != O_TMPFILE;
}

int plain_open(int directory, const char* path, int flags, mode_t mode) noexcept {
  return static_cast<int>(::syscall(SYS_openat, directory, path, flags, mode));
}

int open_file(int directory, const char* path, int flags, mode_t mode) noexcept {
  if (!only_reads(flags)) return plain_open(directory, path, flags, mode);
  Asking asking;
  if (!asking) return plain_open(directory, path, flags, mode);
  const long file = asking.call(SYS_openat, directory, address(path), flags, mode);
  Asking::What what{Call::open_read, directory, path, file, flags};
  if (file >= 0) what.status = asking.status_of(static_cast<int>(file), "", AT_EMPTY_PATH);
  asking.note(what);
  return static_cast<int>(to_libc(file));
}

int stat_file(int directory, const char* path, struct stat* to, int flags) noexcept {
  const auto plain = [&] { return static_cast<int>(::syscall(SYS_newfstatat, directory, path, to, flags)); };
  if ((flags & AT_EMPTY_PATH) != 0) return plain();  // may be no question
  Asking asking;
  if (!asking) return plain();
  const long answer = asking.call(SYS_newfstatat, directory, address(path), address(to), flags);
  const Call call = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? Call::link_status : Call::status;
  Asking::What what{call, directory, path, answer};
  if (answer == 0) what.status = to_status(*to);
  asking.note(what);
  return static_cast<int>(to_libc(answer));
}

// Of what is open no question is left. But the C library asks by newfstatat with an empty path, and the filter, which cannot read paths, would
// stop that: for each header that a compiler opens.
int stat_open_file(int file, struct stat* to) noexcept { return static_cast<int>(::syscall(SYS_fstat, file, to)); }

// The flags of a mode like "rb+e"; -1 for one that is wrong, or asks for more than a file.
int flags_of(const char* mode) noexcept {
  int flags = *mode == 'r' ? O_RDONLY : *mode == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : *mode == 'a' ? O_WRONLY | O_CREAT | O_APPEND : -1;
  for (const char* one = flags < 0 ? "" : mode + 1; *one != '\0'; ++one) {
    switch (*one) {
      case '+':
        flags = (flags & ~O_ACCMODE) | O_RDWR;
        break;
      case 'x':
        flags |= O_EXCL;
        break;
      case 'e':
        flags |= O_CLOEXEC;
        break;
      case 'b':
      case 'm':
      case 'c':
        break;
      default:
        return -1;
    }
  }
  return flags;
}

// Before the first byte glibc asks of what is open how large its blocks are, by the call that the filter stops: for each object that a linker
// reads. A stream that has a buffer does not ask. This is the one that it would have, and it frees it as its own.
void give_buffer(FILE* stream, int file) noexcept {
#ifdef __GLIBC__
  constexpr int kBufferOfCaller = 1;  // _IO_USER_BUF
  struct stat status {};
  if (stat_open_file(file, &status) != 0 || !S_ISREG(status.st_mode)) return;
  const size_t size = status.st_blksize > 0 && status.st_blksize < BUFSIZ ? static_cast<size_t>(status.st_blksize) : BUFSIZ;
  auto* const buffer = static_cast<char*>(::malloc(size));
  if (buffer == nullptr || ::setvbuf(stream, buffer, _IOFBF, size) != 0) return ::free(buffer);
  stream->_flags &= ~kBufferOfCaller;
#endif
}

FILE* open_stream(const char* name, const char* path, const char* mode) noexcept {
  const int flags = flags_of(mode);
  if (flags < 0) {
    static Next<FILE*(const char*, const char*)> next;
    return next.get(name)(path, mode);
  }
  constexpr mode_t kReadWrite = 0666;
  const int file = open_file(AT_FDCWD, path, flags, kReadWrite);
  if (file < 0) return nullptr;
  FILE* stream = ::fdopen(file, mode);
  if (stream != nullptr) {
    give_buffer(stream, file);
  } else {
    ::close(file);
  }
  return stream;
}

mode_t mode_behind(int flags, va_list rest) noexcept {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

}  // namespace

#define ZCCACHE_OPEN(directory, path, flags)    \
  va_list rest;                                 \
  va_start(rest, flags);                        \
  const mode_t mode = mode_behind(flags, rest); \
  va_end(rest);                                 \
  return open_file(directory, path, flags, mode)

ZCCACHE_EXPORT int open(const char* path, int flags, ...) { ZCCACHE_OPEN(AT_FDCWD, path, flags); }
ZCCACHE_EXPORT int open64(const char* path, int flags, ...) { ZCCACHE_OPEN(AT_FDCWD, path, flags); }
ZCCACHE_EXPORT int openat(int directory, const char* path, int flags, ...) { ZCCACHE_OPEN(directory, path, flags); }
ZCCACHE_EXPORT int openat64(int directory, const char* path, int flags, ...) { ZCCACHE_OPEN(directory, path, flags); }

// What _FORTIFY_SOURCE makes of them.
ZCCACHE_EXPORT int __open_2(const char* path, int flags) { return open_file(AT_FDCWD, path, flags, 0); }
ZCCACHE_EXPORT int __open64_2(const char* path, int flags) { return open_file(AT_FDCWD, path, flags, 0); }
ZCCACHE_EXPORT int __openat_2(int directory, const char* path, int flags) { return open_file(directory, path, flags, 0); }
ZCCACHE_EXPORT int __openat64_2(int directory, const char* path, int flags) { return open_file(directory, path, flags, 0); }

ZCCACHE_EXPORT FILE* fopen(const char* path, const char* mode) { return open_stream("fopen", path, mode); }
ZCCACHE_EXPORT FILE* fopen64(const char* path, const char* mode) { return open_stream("fopen64", path, mode); }

ZCCACHE_EXPORT DIR* opendir(const char* path) {
  const int file = open_file(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0);
  if (file < 0) return nullptr;
  DIR* directory = ::fdopendir(file);
  if (directory == nullptr) ::close(file);
  return directory;
}

ZCCACHE_EXPORT int stat(const char* path, struct stat* to) noexcept { return stat_file(AT_FDCWD, path, to, 0); }
ZCCACHE_EXPORT int lstat(const char* path, struct stat* to) noexcept { return stat_file(AT_FDCWD, path, to, AT_SYMLINK_NOFOLLOW); }
ZCCACHE_EXPORT int fstatat(int directory, const char* path, struct stat* to, int flags) noexcept {
  return stat_file(directory, path, to, flags);
}
ZCCACHE_EXPORT int fstat(int file, struct stat* to) noexcept { return stat_open_file(file, to); }

// The same struct on 64-bit machines.
ZCCACHE_EXPORT int fstat64(int file, struct stat64* to) noexcept { return stat_open_file(file, reinterpret_cast<struct stat*>(to)); }
ZCCACHE_EXPORT int stat64(const char* path, struct stat64* to) noexcept {
  return stat_file(AT_FDCWD, path, reinterpret_cast<struct stat*>(to), 0);
}
ZCCACHE_EXPORT int lstat64(const char* path, struct stat64* to) noexcept {
  return stat_file(AT_FDCWD, path, reinterpret_cast<struct stat*>(to), AT_SYMLINK_NOFOLLOW);
}
ZCCACHE_EXPORT int fstatat64(int directory, const char* path, struct stat64* to, int flags) noexcept {
  return stat_file(directory, path, reinterpret_cast<struct stat*>(to), flags);
}

// As programs call them that were linked with glibc before 2.33. The version is one of the struct, and there is one.
ZCCACHE_EXPORT int __xstat(int /*version*/, const char* path, struct stat* to) noexcept { return stat_file(AT_FDCWD, path, to, 0); }
ZCCACHE_EXPORT int __fxstat(int /*version*/, int file, struct stat* to) noexcept { return stat_open_file(file, to); }
ZCCACHE_EXPORT int __fxstat64(int /*version*/, int file, struct stat64* to) noexcept {
  return stat_open_file(file, reinterpret_cast<struct stat*>(to));
}
ZCCACHE_EXPORT int __lxstat(int /*version*/, const char* path, struct stat* to) noexcept {
  return stat_file(AT_FDCWD, path, to, AT_SYMLINK_NOFOLLOW);
}
ZCCACHE_EXPORT int __fxstatat(int /*version*/, int directory, const char* path, struct stat* to, int flags) noexcept {
  return stat_file(directory, path, to, flags);
}
ZCCACHE_EXPORT int __xstat64(int /*version*/, const char* path, struct stat* to) noexcept { return stat_file(AT_FDCWD, path, to, 0); }
ZCCACHE_EXPORT int __lxstat64(int /*version*/, const char* path, struct stat* to) noexcept {
  return stat_file(AT_FDCWD, path, to, AT_SYMLINK_NOFOLLOW);
}
ZCCACHE_EXPORT int __fxstatat64(int /*version*/, int directory, const char* path, struct stat* to, int flags) noexcept {
  return stat_file(directory, path, to, flags);
}

ZCCACHE_EXPORT int access(const char* path, int mode) noexcept {
  Asking asking;
  if (!asking) return static_cast<int>(::syscall(SYS_faccessat, AT_FDCWD, path, mode));
  const long answer = asking.call(SYS_faccessat, AT_FDCWD, address(path), mode);
  asking.note({.call = Call::access, .directory = AT_FDCWD, .path = path, .answer = answer, .mode = static_cast<unsigned>(mode)});
  return static_cast<int>(to_libc(answer));
}
