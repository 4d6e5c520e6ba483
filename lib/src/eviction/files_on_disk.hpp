// The files of a cache directory as the disk sees them.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "base/directory.hpp"

namespace zccache {

/// Calls `visit(path, status)` for every file that is no directory, at any depth, until it returns false. What vanishes meanwhile is left out.
/// Follows no symlinks.
template <class Visit>
void for_each_file(const std::filesystem::path& root, Visit visit) {
  if (!is_folder(root)) return;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    struct stat status {};
    if (::lstat(it->path().c_str(), &status) != 0 || S_ISDIR(status.st_mode)) continue;
    if (!visit(it->path(), status)) return;
  }
}

/// Adds up blocks, a file with several names once. Memory grows with the number of such files only.
class DiskUsage {
 public:
  /// The bytes that this file adds.
  std::uint64_t add(const struct stat& status) {
    constexpr std::uint64_t kBlockBytes = 512;  // of st_blocks, whatever the file system's own are
    if (status.st_nlink > 1 && !counted_.emplace(status.st_dev, status.st_ino).second) return 0;
    const std::uint64_t bytes = static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes;
    bytes_ += bytes;
    return bytes;
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
  std::set<std::pair<dev_t, ino_t>> counted_;
};

}  // namespace zccache
