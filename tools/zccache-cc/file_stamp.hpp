// By what a file is known to be the same without reading it.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace zccache::cc {

/// Stands in manifests as it is.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  ///< of content, name or status: nobody can set this one back
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  bool operator==(const FileStamp&) const = default;
};
static_assert(sizeof(FileStamp) == 40, "a change of FileStamp raises kManifestVersion");

[[nodiscard]] inline std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

[[nodiscard]] inline FileStamp stamp_of(const struct stat& status) noexcept {
  return {.size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim),
          .inode = status.st_ino,
          .device = status.st_dev};
}

}  // namespace zccache::cc
