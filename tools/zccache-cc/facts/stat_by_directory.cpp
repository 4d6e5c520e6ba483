#include "zccache-cc/facts/stat_by_directory.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>

namespace zccache::cc {
namespace {

// To open a directory and close it takes as long as is saved with so many files.
constexpr unsigned kOpenedAfter = 6;

// Few enough to look through, and to leave a process its descriptors.
constexpr std::size_t kMostDirectories = 32;

}  // namespace

bool StatByDirectory::get(const char* path, struct stat& status, int flags) {
  const std::string_view whole = path;
  const std::size_t slash = whole.rfind('/');
  const bool has_directory = slash != std::string_view::npos && slash != 0 && slash + 1 != whole.size();
  const Directory* in = has_directory ? directory(whole.substr(0, slash)) : nullptr;
  if (in == nullptr || !in->opened) return ::fstatat(AT_FDCWD, path, &status, flags) == 0;
  return ::fstatat(in->opened.get(), path + slash + 1, &status, flags) == 0;
}

StatByDirectory::Directory* StatByDirectory::directory(std::string_view path) {
  auto found = std::ranges::find(directories_, path, &Directory::path);
  if (found == directories_.end()) {
    if (directories_.size() == kMostDirectories) return nullptr;
    directories_.push_back({path});
    found = directories_.end() - 1;
  }
  if (found->asked++ == kOpenedAfter) {
    // Its name ends the path as in stat(2). Where it cannot be opened, stat(2) says why.
    const std::string name(path);
    found->opened = tools::Descriptor(::open(name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  return &*found;
}

}  // namespace zccache::cc
