// One payload, wherever its bytes are: in a file of its own, or in memory, out of a pack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include <zccache/artifact.hpp>
#include <zccache/result.hpp>

#include "base/file.hpp"

namespace zccache {

/// Bytes in memory belong to somebody else, who outlives this.
struct PayloadBytes {
  std::filesystem::path path;  ///< of the file, for messages and for links
  UniqueFd fd;                 ///< of a file that holds this and nothing else; else
  std::span<const std::byte> bytes;
  std::uint64_t size = 0;

  [[nodiscard]] bool is_file() const noexcept { return static_cast<bool>(fd); }
  /// Makes `to`, which is empty, a copy, and returns the digest of that.
  [[nodiscard]] result<Digest> copy_to(int to, const std::filesystem::path& to_path) const;
  [[nodiscard]] result<Digest> digest() const;
  /// Reads all of it, of a size that was checked before, to `to`. Errors: io, also for a file that became shorter.
  [[nodiscard]] result<void> read_to(std::span<std::byte> to) const;
};

}  // namespace zccache
