// stat(2) of many files, most of which share a few folders.
#pragma once

#include <sys/stat.h>

#include <string_view>
#include <vector>

#include "common/descriptor.hpp"

namespace zccache::cc {

/// Most of a stat goes into walking the path. A folder that is asked for often is opened, and its files are looked up by their names alone:
/// what is found is what the path led to when the folder was opened. Requires that the paths outlive it.
class StatByFolder {
 public:
  /// As stat(2), with errno.
  [[nodiscard]] bool get(const char* path, struct stat& status);

 private:
  struct Folder {
    std::string_view path;
    unsigned asked = 0;
    tools::Descriptor opened{};
  };

  Folder* folder(std::string_view path);

  std::vector<Folder> folders_;
};

}  // namespace zccache::cc
