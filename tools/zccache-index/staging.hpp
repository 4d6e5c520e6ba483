// A cache directory inside another one: an import fills it aside, and then it goes in as one change.
#pragma once

#include <zccache/artifact_store.hpp>

#include <filesystem>

#include "work_directory.hpp"

namespace zccache::index_tool {

/// Removed by the destructor, with what did not go in; after a kill, by the next Staging or `gc`.
class Staging {
 public:
  /// Throws std::filesystem::filesystem_error.
  explicit Staging(const std::filesystem::path& cache) : work_(import_place(cache)) {}

  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return work_.path(); }

  /// A store in it, empty at first.
  [[nodiscard]] ArtifactStore open() const;

 private:
  WorkDirectory work_;
};

}  // namespace zccache::index_tool
