// A directory of the benchmark's own, gone when the benchmark is.
#pragma once

#include <filesystem>

namespace zccache::bench {

class ScratchDirectory {
 public:
  /// Makes a fresh directory in `parent`. Throws where that fails.
  explicit ScratchDirectory(const std::filesystem::path& parent);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace zccache::bench
