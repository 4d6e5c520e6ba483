// stat(2) of many files, most of which share a few directories.
#pragma once

#include <sys/stat.h>

#include <string_view>
#include <vector>

#include "common/descriptor.hpp"

namespace zccache::cc {

/// Most of a stat goes into walking the path. A directory that is asked for often is opened, and its files are looked up by their names alone:
/// what is found is what the path led to when the directory was opened. Requires that the paths outlive it.
class StatByDirectory {
 public:
  /// As stat(2), or as lstat(2) with AT_SYMLINK_NOFOLLOW in `flags`, with errno.
  [[nodiscard]] bool get(const char* path, struct stat& status, int flags = 0);

 private:
  struct Directory {
    std::string_view path;
    unsigned asked = 0;
    tools::Descriptor opened{};
  };

  Directory* directory(std::string_view path);

  std::vector<Directory> directories_;
};

}  // namespace zccache::cc
