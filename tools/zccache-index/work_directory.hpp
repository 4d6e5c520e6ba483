// A directory that a program works in, and that goes with it: with its end, or, after a kill, with the next one of its kind.
#pragma once

#include <filesystem>
#include <string>

#include "common/descriptor.hpp"

namespace zccache::index_tool {

/// Where directories of one kind are, and what their names begin with.
struct WorkPlace {
  std::filesystem::path parent;
  std::string prefix;
};
[[nodiscard]] WorkPlace import_place(const std::filesystem::path& cache);  ///< in the cache: payloads move out of it by rename
[[nodiscard]] WorkPlace export_place();                                    ///< in $TMPDIR
[[nodiscard]] WorkPlace explain_place();                                   ///< in $TMPDIR

/// Removed by the destructor with everything in it. A lock of the kernel's on the directory says that its process lives.
class WorkDirectory {
 public:
  /// Throws std::filesystem::filesystem_error.
  explicit WorkDirectory(const WorkPlace& place);
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  tools::Descriptor lock_;
};

/// Removes what killed processes of this user have left there.
void remove_left_behind(const WorkPlace& place);

}  // namespace zccache::index_tool
