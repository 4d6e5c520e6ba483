// Payload files written aside, ready to be placed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <zccache/artifact.hpp>
#include <zccache/payload_store.hpp>

#include "base/directory.hpp"
#include "base/file.hpp"
#include "payload/payload_bytes.hpp"
#include "payload/placement.hpp"

namespace zccache {

/// Whether outputs of this number and size go into one pack.
[[nodiscard]] bool is_packed(PayloadLayout layout, Compression compression, std::size_t outputs, std::uint64_t total_size) noexcept;

/// Discarded by its destructor, but for what was placed.
class StagedPayload {
 public:
  /// Copies the outputs next to where they will lie. Errors: no_space, io.
  [[nodiscard]] static result<StagedPayload> stage(const CacheDirectory& directory, std::string_view key, std::span<const PayloadBytes> outputs,
                                                   PayloadLayout layout, Compression compression);

  /// Of the copies, not of the sources: what is vouched for is what lies in the cache.
  [[nodiscard]] const std::vector<std::uint64_t>& sizes() const noexcept { return sizes_; }
  [[nodiscard]] const std::vector<Digest>& digests() const noexcept { return digests_; }

  /// Gives the files their names, for as long as what is returned lives or for good. Errors: no_space, io. Requires the writer lock.
  [[nodiscard]] result<Placement> place();
  /// Removes what else the key has: of another layout, or of an entry with more outputs. Requires the writer lock.
  void unlink_others(const CacheDirectory& directory, std::string_view key, std::size_t outputs_before) const;

 private:
  struct File {
    AtomicFile staged;
    std::filesystem::path target;
  };
  [[nodiscard]] result<void> stage_flat(const CacheDirectory& directory, std::string_view key, std::span<const PayloadBytes> outputs);
  [[nodiscard]] result<void> stage_pack(const CacheDirectory& directory, std::string_view key, std::span<const PayloadBytes> outputs,
                                        Compression compression);

  std::vector<File> files_;
  std::vector<std::uint64_t> sizes_;
  std::vector<Digest> digests_;
};

}  // namespace zccache
