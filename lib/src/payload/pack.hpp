// A pack: all outputs of an entry in one file, objects/ab/<key>.pack. docs/format.md has the bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include <zccache/artifact.hpp>
#include <zccache/payload_store.hpp>
#include <zccache/result.hpp>

#include "payload/payload_bytes.hpp"

namespace zccache {

/// The bytes of a pack, and the digest of each output.
struct NewPack {
  std::vector<std::byte> bytes;
  std::vector<Digest> digests;
};
/// Reads the outputs; all sizes together are at most kMaxPackBytes. Compresses them where that makes them smaller. Errors: io.
[[nodiscard]] result<NewPack> make_pack(std::string_view key, std::span<const PayloadBytes> outputs, Compression compression);

/// A pack in memory that belongs to an entry, which outlives it: header and table agree with its record.
class Pack {
 public:
  /// Takes no more memory than the entry's payloads twice, whatever the file says. Errors: corrupt (not what the entry says);
  /// version_mismatch (whole, but in a form that this build cannot read); not_found, io.
  [[nodiscard]] static result<Pack> open(const std::filesystem::path& path, const ArtifactView& entry);

  /// Output i; valid as long as the pack. Whether it is what was stored, its digest tells. i < output_count().
  [[nodiscard]] PayloadBytes output(std::size_t i) const;

 private:
  Pack(std::filesystem::path path, const ArtifactView& entry, std::vector<std::byte> bytes, std::size_t begin) noexcept
      : path_(std::move(path)), entry_(&entry), bytes_(std::move(bytes)), begin_(begin) {}

  std::filesystem::path path_;
  const ArtifactView* entry_;
  std::vector<std::byte> bytes_;
  std::size_t begin_;  ///< of the payloads, one after another, up to the end of the bytes
};

}  // namespace zccache
