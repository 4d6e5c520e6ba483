// A new file whose blocks are there before it is mapped, as any store needs it that others map as well.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace zccache::bench {

/// Gone, file and mapping, when it goes. Failures throw.
class MappedFile {
 public:
  MappedFile(std::filesystem::path path, std::size_t bytes);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::filesystem::path path_;
  std::span<std::byte> bytes_;
};

}  // namespace zccache::bench
