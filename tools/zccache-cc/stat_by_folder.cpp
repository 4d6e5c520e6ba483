#include "stat_by_folder.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>

namespace zccache::cc {
namespace {

// To open a folder and close it takes as long as is saved with so many files.
constexpr unsigned kOpenedAfter = 6;

// Few enough to look through, and to leave a process its descriptors.
constexpr std::size_t kMostFolders = 32;

}  // namespace

bool StatByFolder::get(const char* path, struct stat& status) {
  const std::string_view whole = path;
  const std::size_t slash = whole.rfind('/');
  const bool has_folder = slash != std::string_view::npos && slash != 0 && slash + 1 != whole.size();
  const Folder* in = has_folder ? folder(whole.substr(0, slash)) : nullptr;
  if (in == nullptr || !in->opened) return ::stat(path, &status) == 0;
  return ::fstatat(in->opened.get(), path + slash + 1, &status, 0) == 0;
}

StatByFolder::Folder* StatByFolder::folder(std::string_view path) {
  auto found = std::ranges::find(folders_, path, &Folder::path);
  if (found == folders_.end()) {
    if (folders_.size() == kMostFolders) return nullptr;
    folders_.push_back({path});
    found = folders_.end() - 1;
  }
  if (found->asked++ == kOpenedAfter) {
    // Its name ends the path as in stat(2). Where it cannot be opened, stat(2) says why.
    const std::string name(path);
    found->opened = tools::Descriptor(::open(name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  return &*found;
}

}  // namespace zccache::cc
