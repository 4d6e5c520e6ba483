// A pack: all outputs of an entry in one file, objects/ab/<key>.pack. docs/format.md has the bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <zccache/artifact.hpp>
#include <zccache/result.hpp>

#include "payload/payload_bytes.hpp"

namespace zccache {

/// The bytes of a pack, and the digest of each output.
struct NewPack {
  std::vector<std::byte> bytes;
  std::vector<Digest> digests;
};
/// Reads the outputs; all sizes together are at most kMaxPackBytes. Errors: io.
[[nodiscard]] result<NewPack> make_pack(std::string_view key, std::span<const PayloadBytes> outputs);

/// A pack in memory that belongs to an entry: header and table agree with its record.
class Pack {
 public:
  /// Nothing if there is no such file, or it is not what the entry says.
  [[nodiscard]] static std::optional<Pack> open(const std::filesystem::path& path, const ArtifactView& entry);

  /// Output i; valid as long as the pack. Whether it is what was stored, its digest tells. i < output_count().
  [[nodiscard]] PayloadBytes output(std::size_t i) const;

 private:
  explicit Pack(std::filesystem::path path, std::vector<std::byte> bytes) noexcept : path_(std::move(path)), bytes_(std::move(bytes)) {}

  std::filesystem::path path_;
  std::vector<std::byte> bytes_;
};

}  // namespace zccache
