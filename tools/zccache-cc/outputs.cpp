#include "outputs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "source_files.hpp"

namespace zccache::cc {

std::string unusual_output(const ParsedCommand& command) {
  for (const OutputFile& output : command.outputs) {
    struct stat status {};
    if (::lstat(output.path.c_str(), &status) != 0) continue;  // none yet, or a place that the compiler will complain of
    if (!S_ISREG(status.st_mode)) return "output " + output.path.native() + " is not a regular file";
    // A compiler writes into the file that is there; a hit would put another one in the place of this name alone.
    if (status.st_nlink > 1) return "output " + output.path.native() + " has another name as well";
    if (::access(output.path.c_str(), W_OK) != 0) return "output " + output.path.native() + " is not writable";
  }
  return {};
}

std::string stale_output(const ParsedCommand& command, const timespec& start) {
  for (const OutputFile& output : command.outputs) {
    struct stat status {};
    if (::lstat(output.path.c_str(), &status) != 0) return "the compiler did not make " + output.path.native();
    if (!S_ISREG(status.st_mode) || is_before(status.st_mtim, start)) return "the compiler did not renew " + output.path.native();
  }
  return {};
}

void write_out(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace zccache::cc
