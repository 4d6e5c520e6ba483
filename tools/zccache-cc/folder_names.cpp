#include "folder_names.hpp"

#include <dirent.h>

#include <cerrno>
#include <memory>

namespace zccache::cc {
namespace {

constexpr unsigned kAskedBefore = 8;
constexpr std::size_t kMostNames = 10'000;  // a folder of more costs more to read than questions save

struct Close {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

}  // namespace

bool FolderNames::lacks(const std::string& folder, const std::string& name) {
  if (name.empty()) return false;  // the folder itself
  Folder& known = folders_[folder];
  if (++known.asked == kAskedBefore) read(folder, known);
  return known.is_known && !known.names.contains(name);
}

void FolderNames::read(const std::string& path, Folder& folder) {
  const std::unique_ptr<DIR, Close> opened(::opendir(path.c_str()));
  if (!opened) return;
  errno = 0;
  while (const dirent* entry = ::readdir(opened.get())) {
    if (folder.names.size() == kMostNames) return folder.names.clear();
    folder.names.emplace(entry->d_name);
  }
  folder.is_known = errno == 0;
}

}  // namespace zccache::cc
