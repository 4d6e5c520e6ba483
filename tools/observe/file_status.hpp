// FileStatus as the kernel fills it.
#pragma once

#include <sys/stat.h>

#include "observe/question.hpp"

namespace zccache::observe {

[[nodiscard]] inline FileStatus to_status(const struct stat& found) noexcept {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  FileStatus status;
  status.device = found.st_dev;
  status.inode = found.st_ino;
  status.size = static_cast<std::uint64_t>(found.st_size);
  status.modified_ns = found.st_mtim.tv_sec * kNanoseconds + found.st_mtim.tv_nsec;
  status.changed_ns = found.st_ctim.tv_sec * kNanoseconds + found.st_ctim.tv_nsec;
  status.mode = found.st_mode;
  status.user = found.st_uid;
  status.group = found.st_gid;
  status.links = found.st_nlink;
  return status;
}

}  // namespace zccache::observe
