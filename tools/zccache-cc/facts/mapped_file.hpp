// The bytes of a file, to be searched.
#pragma once

#include <string_view>

namespace zccache::cc {

/// A regular file, mapped; empty where it cannot be. Somebody who truncates it meanwhile makes reading it a SIGBUS: for files that this
/// process may trust to stay, as programs and its own outputs.
class MappedFile {
 public:
  explicit MappedFile(const char* path) noexcept;
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace zccache::cc
