// What is in a folder, to know without a system call for each name that it is not there.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

namespace zccache::cc {

/// Remembers folders as they were when they were read: for one look around, which takes what it finds for one moment anyway.
class FolderNames {
 public:
  /// Whether it is known that the folder has no such name. The first questions are left to whoever asks: reading a folder pays after some.
  [[nodiscard]] bool lacks(const std::string& folder, const std::string& name);

 private:
  struct Folder {
    unsigned asked = 0;
    bool is_known = false;
    std::unordered_set<std::string> names{};
  };
  static void read(const std::string& path, Folder& folder);

  std::unordered_map<std::string, Folder> folders_;
};

}  // namespace zccache::cc
