// A disk of a few MiB that only one child process sees, and that can be filled.
#pragma once

#include <fcntl.h>
#include <sys/mount.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "catch.hpp"
#include "process/children.hpp"
#include "process/own_namespaces.hpp"

namespace zccache::test {

inline constexpr int kNotAllowed = 77;

/// Runs `work` in a process that sees a disk of this size at `disk`, and returns its exit code.
inline int on_a_small_disk(const std::filesystem::path& disk, const std::function<int()>& work, const std::string& size = "4m") {
  std::filesystem::create_directory(disk);
  Child child([&] {
    if (!own_mounts() || ::mount("tmpfs", disk.c_str(), "tmpfs", 0, ("size=" + size + ",mode=0700").c_str()) != 0) return kNotAllowed;
    return work();
  });
  return child.reap();
}

/// Takes what is left of the disk, but for `leave` bytes.
inline void fill_disk(const std::filesystem::path& disk, std::uintmax_t leave) {
  const auto available = std::filesystem::space(disk).available;
  const int fd = ::open((disk / "filler").c_str(), O_RDWR | O_CREAT, 0600);
  if (available > leave) (void)::posix_fallocate(fd, 0, static_cast<off_t>(available - leave));
  ::close(fd);
}

inline void expect_success(int code) {
  if (code == kNotAllowed) {
    WARN("not run: this user may not mount a small disk");
    return;
  }
  CHECK(code == 0);
}

}  // namespace zccache::test
