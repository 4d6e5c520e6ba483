#include "outputs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "source_files.hpp"

namespace zccache::cc {

namespace {

// Whether the compiler writes into this file, which then keeps its mode. Others it unlinks, or replaces by rename. So do gcc 12 (with binutils,
// which unlink only what is not empty) and clang 14; tests/cli/launcher/test_modes.sh compares.
bool is_written_in_place(std::string_view output, const struct stat& status, Family family) {
  if (output == "object") return family == Family::gcc && status.st_size == 0;
  if (output == "dwo") return family == Family::clang || status.st_size == 0;
  return true;
}

}  // namespace

std::string look_at_outputs(ParsedCommand& command, Family family) {
  for (OutputFile& output : command.outputs) {
    struct stat status {};
    if (::lstat(output.path.c_str(), &status) != 0) continue;  // none yet, or a place that the compiler will complain of
    if (!S_ISREG(status.st_mode)) return "output " + output.path.native() + " is not a regular file";
    // A compiler writes into the file that is there; a hit would put another one in the place of this name alone.
    if (status.st_nlink > 1) return "output " + output.path.native() + " has another name as well";
    if (::access(output.path.c_str(), W_OK) != 0) return "output " + output.path.native() + " is not writable";
    output.keeps_mode = is_written_in_place(output.name, status, family);
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
