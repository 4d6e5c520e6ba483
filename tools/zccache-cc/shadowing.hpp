// Which files must not appear, and which must stay, for a compile to find the headers that it found.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "directives.hpp"
#include "manifest.hpp"
#include "search_path.hpp"
#include "source_files.hpp"

namespace zccache::cc {

/// An owned FolderFact.
struct WatchedFolder {
  std::string path;
  FileStamp stamp;
  bool any_name = false;
  std::vector<std::string> absent;
};

struct Surroundings {
  std::vector<WatchedFolder> folders;
  std::vector<std::string> present;            ///< files that were not read, only asked for
  std::vector<std::string> folders_for_files;  ///< folders by a header's name, which compilers pass over
  std::vector<SourceFile> twins;               ///< that were found and not read, perhaps because they were taken for one that was
  std::string appeared;                        ///< one that is there only since the compile began, or just before; else empty
  std::string unsettled;  ///< a folder that has changed since, so that this may not be what the preprocessor saw; else empty
  std::string uncertain;  ///< why other files may matter, too, or these in another way; else empty
};

/// Looks at the file system as it is now, for a compile that began at `start` and has read `files`. Costs a system call for each first part of
/// a name that is there, and some for each folder.
[[nodiscard]] Surroundings look_around(const SearchPath& path, const std::vector<Asked>& asked, const std::vector<SourceFile>& files, bool gcc,
                                       const timespec& start);

/// Where something has appeared or vanished between two looks, or empty. A file that was moved there may be old.
[[nodiscard]] std::string changed_between(const Surroundings& before, const Surroundings& after);

}  // namespace zccache::cc
