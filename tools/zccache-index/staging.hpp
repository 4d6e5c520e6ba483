// A cache directory inside another one: an import fills it aside, and then it goes in as one change.
#pragma once

#include <zccache/artifact_store.hpp>

#include <filesystem>

namespace zccache::index_tool {

/// `.import-XXXXXX` in a cache directory, on the same file system, so that payloads move by rename. Removed by the destructor, with what did
/// not go in. A lock of the kernel's says that somebody is still at it: what a killed import has left goes with the next Staging or `gc`.
class Staging {
 public:
  /// Throws std::runtime_error or std::filesystem::filesystem_error.
  explicit Staging(const std::filesystem::path& cache);

  /// Removes what killed imports have left in `cache`.
  static void remove_left_behind(const std::filesystem::path& cache);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

  /// A store in it, empty at first.
  [[nodiscard]] ArtifactStore open() const;

  /// Moves every entry of `staged`, with its payloads, into `store`: all of them or, where it throws, none. Entries of `store` that are as new
  /// stay.
  Merged move_into(ArtifactStore& store, ArtifactStore& staged) const;

 private:
  std::filesystem::path directory_;
  int lock_ = -1;
};

}  // namespace zccache::index_tool
