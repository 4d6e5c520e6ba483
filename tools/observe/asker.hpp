// A process of the command that stands still in a system call: its memory, and where its paths lead.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace zccache::observe {

/// A path as the process said it, as it is kept, and as this process can follow it.
struct Place {
  std::string spelled;
  std::string path;   ///< absolute
  std::string reach;  ///< through /proc/PID where the path is relative: the same file, whatever our own directory is
};

class Asker {
 public:
  explicit Asker(pid_t process) : process_(process) {}

  [[nodiscard]] pid_t process() const noexcept { return process_; }

  /// Each is 0, or an errno: EFAULT where the process has no such memory (the kernel will say so to it), ESRCH where it has ended,
  /// ENAMETOOLONG, EPERM where we may not look.
  [[nodiscard]] int read(std::uint64_t address, void* to, std::size_t length) const;
  [[nodiscard]] int read_text(std::uint64_t address, std::string& text) const;
  [[nodiscard]] int place(int directory, std::uint64_t address, Place& place) const;

  /// The file behind a descriptor, or the current directory for AT_FDCWD. `path` is what the kernel calls it: "pipe:[17]" for a pipe.
  [[nodiscard]] int place_of_descriptor(int descriptor, Place& place) const;

  /// A path that the process did not say itself, as of an interpreter.
  [[nodiscard]] int place_of_text(int directory, std::string text, Place& place) const;

 private:
  [[nodiscard]] std::string descriptor_link(int descriptor) const;

  pid_t process_;
};

}  // namespace zccache::observe
