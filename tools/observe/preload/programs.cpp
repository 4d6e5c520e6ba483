// Programs that are started: the library leaves the environment of those that it must not be in.
//
// The start itself is left to the kernel, which reports it. A loader of another architecture would complain about the library on standard
// error; a sanitizer that does not come first refuses to start.
#include <alloca.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

#include "observe/image.hpp"
#include "observe/preload/channel.hpp"
#include "observe/preload/next.hpp"

namespace {

using namespace zccache::observe;
using namespace zccache::observe::preload;

constexpr const char kPreload[] = "LD_PRELOAD=";
constexpr std::size_t kPreloadLength = sizeof kPreload - 1;
constexpr const char kLibrary[] = "/libzccache-observe.so";

// The file as it is: asks nothing that counts.
Image image_of(const char* path) noexcept {
  const Asking asking;
  if (!asking) return {};
  const long file = asking.call(SYS_openat, AT_FDCWD, address(path), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const Image image = look_at_image(static_cast<int>(file));
  ::close(static_cast<int>(file));
  return image;
}

bool is_unfit(const char* path) noexcept {
  Image image = image_of(path);
  if (image.kind == Image::Kind::script) image = image_of(Image(image).interpreter.data());
  return image.kind == Image::Kind::foreign || image.sanitized;
}

// Where the library stands in a list of libraries; null if it does not.
const char* find_library(const char* list) noexcept { return ::strstr(list, kLibrary); }

struct Size {
  std::size_t variables = 0;  ///< with the end
  std::size_t text = 0;       ///< of the list without the library; 0 if it is not there
};

Size size_without_library(char* const* envp) noexcept {
  Size size{1, 0};
  for (; *envp != nullptr; ++envp, ++size.variables) {
    if (::strncmp(*envp, kPreload, kPreloadLength) == 0 && find_library(*envp) != nullptr) size.text = ::strlen(*envp) + 1;
  }
  return size;
}

// From the separator before it to the one behind it.
void copy_without_library(const char* list, char* to) noexcept {
  const char* library = find_library(list);
  const char* begin = library;
  while (begin > list + kPreloadLength && begin[-1] != ':' && begin[-1] != ' ') --begin;
  const char* end = library + sizeof kLibrary - 1;
  if (begin > list + kPreloadLength) {
    --begin;
  } else if (*end != '\0') {
    ++end;
  }
  ::memcpy(to, list, static_cast<std::size_t>(begin - list));
  ::strcpy(to + (begin - list), end);
}

void copy_environment(char* const* envp, char** to, char* text) noexcept {
  for (; *envp != nullptr; ++envp) {
    const bool has_library = ::strncmp(*envp, kPreload, kPreloadLength) == 0 && find_library(*envp) != nullptr;
    if (has_library) copy_without_library(*envp, text);
    *to++ = has_library ? text : *envp;
  }
  *to = nullptr;
}

// Calls `start` with the environment that suits the program. The copy lies on the stack: this may be the child of a vfork.
template <class Start>
int with_environment(const char* path, char* const* envp, Start start) noexcept {
  const Size size = envp == nullptr ? Size() : size_without_library(envp);
  if (size.text == 0 || !is_unfit(path)) return start(envp);
  auto** variables = static_cast<char**>(alloca(size.variables * sizeof(char*)));
  auto* text = static_cast<char*>(alloca(size.text));
  copy_environment(envp, variables, text);
  return start(variables);
}

// The files that a name may mean, one after the other.
class PathList {
 public:
  PathList() noexcept {
    for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
      if (::strncmp(*one, "PATH=", 5) == 0) rest_ = *one + 5;
    }
  }
  /// Leaves those out that are too long, as the C library does.
  bool next(const char* name, char (&path)[PATH_MAX]) noexcept {
    const std::size_t length = ::strlen(name);
    while (rest_ != nullptr) {
      const char* begin = rest_;
      const char* end = ::strchrnul(begin, ':');
      rest_ = *end == '\0' ? nullptr : end + 1;
      const auto directory = static_cast<std::size_t>(end - begin);
      if (directory + length + 2 > sizeof path) continue;
      ::memcpy(path, begin, directory);
      path[directory] = '/';
      ::strcpy(path + directory + (directory == 0 ? 0 : 1), name);  // an empty one is the current directory
      return true;
    }
    return false;
  }

 private:
  const char* rest_ = "/bin:/usr/bin";
};

// What posix_spawnp is going to start.
const char* find_in_path(const char* name, char (&found)[PATH_MAX]) noexcept {
  if (::strchr(name, '/') != nullptr) return name;
  for (PathList list; list.next(name, found);) {
    const Asking asking;
    if (asking && asking.call(SYS_faccessat, AT_FDCWD, address(found), X_OK) == 0) return found;
  }
  return name;
}

int execute(const char* path, char* const* argv, char* const* envp) noexcept {
  return with_environment(path, envp, [&](char* const* variables) { return static_cast<int>(::syscall(SYS_execve, path, argv, variables)); });
}

int execute_or_interpret(const char* path, const char* name, char* const* argv, char* const* envp) noexcept {
  execute(path, argv, envp);
  if (errno != ENOEXEC) return -1;
  static Next<int(const char*, char* const*, char* const*)> next;
  return next.get("execvpe")(name, argv, envp);
}

// Whether there is nothing to execute: then the answer is noted here, and the kernel need not be asked.
bool is_missing(const char* path) noexcept {
  Asking asking;
  struct stat found;
  const long answer = asking ? asking.call(SYS_newfstatat, AT_FDCWD, address(path), address(&found)) : 0;
  if (answer != -ENOENT && answer != -ENOTDIR) return false;
  asking.note({.call = Call::execute, .directory = AT_FDCWD, .path = path, .answer = answer});
  errno = static_cast<int>(-answer);
  return true;
}

bool is_worth_looking_further(int error) noexcept {
  return error == EACCES || error == ENOENT || error == ESTALE || error == ENOTDIR || error == ENODEV || error == ETIMEDOUT;
}

// execvpe, but that what is missing along PATH is found out in place. A text without "#!" is left to the C library, which knows the shell.
int execute_in_path(const char* name, char* const* argv, char* const* envp) noexcept {
  if (*name == '\0' || ::strchr(name, '/') != nullptr) return execute_or_interpret(name, name, argv, envp);
  char path[PATH_MAX];
  bool denied = false;
  errno = ENOENT;
  for (PathList list; list.next(name, path);) {
    if (is_missing(path)) continue;
    execute_or_interpret(path, name, argv, envp);
    denied |= errno == EACCES;
    if (!is_worth_looking_further(errno)) return -1;
  }
  if (denied) errno = EACCES;
  return -1;
}

}  // namespace

ZCCACHE_EXPORT int execve(const char* path, char* const* argv, char* const* envp) noexcept { return execute(path, argv, envp); }
ZCCACHE_EXPORT int execv(const char* path, char* const* argv) noexcept { return execute(path, argv, environ); }
ZCCACHE_EXPORT int execvp(const char* name, char* const* argv) noexcept { return execute_in_path(name, argv, environ); }
ZCCACHE_EXPORT int execvpe(const char* name, char* const* argv, char* const* envp) noexcept { return execute_in_path(name, argv, envp); }

using Spawn = int(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*, char* const*, char* const*);

ZCCACHE_EXPORT int posix_spawn(pid_t* child, const char* path, const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes,
                               char* const* argv, char* const* envp) {
  static Next<Spawn> next;
  return with_environment(path, envp,
                          [&](char* const* variables) { return next.get("posix_spawn")(child, path, actions, attributes, argv, variables); });
}

ZCCACHE_EXPORT int posix_spawnp(pid_t* child, const char* name, const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes,
                                char* const* argv, char* const* envp) {
  static Next<Spawn> next;
  char found[PATH_MAX];
  return with_environment(find_in_path(name, found), envp,
                          [&](char* const* variables) { return next.get("posix_spawnp")(child, name, actions, attributes, argv, variables); });
}

// Counts the arguments up to the null, and collects them where execve wants them.
#define ZCCACHE_COLLECT(first, argv)                                    \
  va_list count;                                                        \
  va_start(count, first);                                               \
  std::size_t arguments = 2;                                            \
  while (va_arg(count, char*) != nullptr) ++arguments;                  \
  va_end(count);                                                        \
  auto** argv = static_cast<char**>(alloca(arguments * sizeof(char*))); \
  va_list rest;                                                         \
  va_start(rest, first);                                                \
  argv[0] = const_cast<char*>(first);                                   \
  for (std::size_t i = 1; i < arguments; ++i) argv[i] = va_arg(rest, char*)

ZCCACHE_EXPORT int execl(const char* path, const char* first, ...) noexcept {
  ZCCACHE_COLLECT(first, argv);
  va_end(rest);
  return execute(path, argv, environ);
}

ZCCACHE_EXPORT int execlp(const char* name, const char* first, ...) noexcept {
  ZCCACHE_COLLECT(first, argv);
  va_end(rest);
  return execute_in_path(name, argv, environ);
}

ZCCACHE_EXPORT int execle(const char* path, const char* first, ...) noexcept {
  ZCCACHE_COLLECT(first, argv);
  char* const* envp = va_arg(rest, char* const*);
  va_end(rest);
  return execute(path, argv, envp);
}
