#include "remote/start.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <string_view>

namespace zccache::remote {
namespace {

using Path = std::array<char, PATH_MAX>;

bool find_program(Path& path) noexcept {
  constexpr std::string_view kName = "zccache-remote";
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size() - kName.size() - 1);
  if (size <= 0) return false;
  const std::size_t slash = std::string_view(path.data(), static_cast<std::size_t>(size)).rfind('/');
  if (slash == std::string_view::npos) return false;
  std::memcpy(path.data() + slash + 1, kName.data(), kName.size());
  path[slash + 1 + kName.size()] = '\0';
  return ::access(path.data(), X_OK) == 0;
}

// Whoever waits for the end of a pipe that we inherited (ninja, make's job server, `| tee`) waits for the compile, not for this.
[[noreturn]] void become(const char* program, const char* cache_directory, int ready) noexcept {
  ::setsid();
  if (::fork() != 0) ::_exit(0);  // init's child from now on: the compiler's family has no stranger in it
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(ready, STDIN_FILENO);  // out of the way of the next
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
  ::dup2(STDIN_FILENO, kReadyDescriptor);
  ::dup2(STDOUT_FILENO, STDIN_FILENO);
  ::syscall(SYS_close_range, kReadyDescriptor + 1, UINT_MAX, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) std::signal(signal, SIG_DFL);
  ::execl(program, "zccache-remote", "serve", cache_directory, nullptr);
  ::_exit(127);
}

}  // namespace

tools::Descriptor start_process(const char* cache_directory) noexcept {
  Path program;
  std::array<int, 2> ends{};
  if (!find_program(program) || ::pipe2(ends.data(), O_CLOEXEC) != 0) return tools::Descriptor();
  tools::Descriptor ready(ends[0]);
  const tools::Descriptor held(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) become(program.data(), cache_directory, held.get());
  if (child < 0) return tools::Descriptor();
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  return ready;
}

std::optional<std::string> output_of_check() {
  Path program;
  std::array<int, 2> ends{};
  if (!find_program(program) || ::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  const tools::Descriptor from(ends[0]);
  tools::Descriptor to(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(to.get(), STDOUT_FILENO);
    ::execl(program.data(), "zccache-remote", "check", nullptr);
    ::_exit(127);
  }
  to = tools::Descriptor();
  std::string output;
  std::array<char, 4096> piece;
  for (ssize_t got = 0; child > 0 && ((got = ::read(from.get(), piece.data(), piece.size())) > 0 || (got < 0 && errno == EINTR));)
    output.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  return output;
}

}  // namespace zccache::remote
