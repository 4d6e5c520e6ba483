// A directory of the benchmark's own, gone when the benchmark is, however it ends.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "common/descriptor.hpp"

namespace zccache::bench {

class ScratchDirectory {
 public:
  /// Makes a fresh directory in `parent`. Throws where that fails. Forks, so the caller must have no threads.
  explicit ScratchDirectory(const std::filesystem::path& parent);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  tools::Descriptor alive_;  ///< closed when this goes or the process dies; `janitor_` then removes the directory
  pid_t janitor_ = 0;
};

}  // namespace zccache::bench
