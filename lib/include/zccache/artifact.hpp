// What the index stores for a key: everything needed to serve a hit except the payload bytes.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zccache {

namespace format {
struct RecordHeader;
}
class Attachment;

/// XXH3-128 of a payload file. All zero means "not known".
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Digest&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 sees a pointer in it
};

/// An owned copy of an entry. `output_sizes` is parallel to `output_names`; `output_modes` and `output_digests` are parallel to it or empty.
struct Artifact {
  std::vector<std::string> output_names;
  std::vector<std::uint64_t> output_sizes;  ///< bytes
  std::string stdout_bytes;
  std::string stderr_bytes;
  std::int32_t exit_code = 0;
  std::uint64_t total_size = 0;             ///< bytes, the sum of output_sizes
  std::uint64_t stored_at_secs = 0;         ///< seconds since the Unix epoch
  std::vector<std::uint32_t> output_modes;  ///< permission bits, 0 = not known
  std::vector<Digest> output_digests;

  /// An artifact stored now: `total_size` is the sum of `sizes`, `stored_at_secs` the current time.
  [[nodiscard]] static Artifact from_outputs(std::vector<std::string> names, std::vector<std::uint64_t> sizes, std::string stdout_text = {},
                                             std::string stderr_text = {}, std::int32_t exit_code = 0);

  bool operator==(const Artifact&) const = default;
};

/// An entry where it lies, without a copy: contextually false when the key is absent.
///
/// Points into an immutable record. The view keeps the mapping it points into alive, also across a renewal or a `clear` of the index by any
/// process, so its string views are valid exactly as long as the view. Drop it before the store it came from. It holds no lock and hinders
/// nobody, but while it lives the disk space of its generation stays in use: look, copy what you need, drop it. A view may be moved to another
/// thread; one view may be read by several threads at once.
class ArtifactView {
 public:
  ArtifactView() noexcept = default;
  ArtifactView(ArtifactView&& other) noexcept
      : record_(std::exchange(other.record_, nullptr)), attachment_(std::exchange(other.attachment_, nullptr)) {}
  ArtifactView& operator=(ArtifactView&& other) noexcept;
  ArtifactView(const ArtifactView&) = delete;
  ArtifactView& operator=(const ArtifactView&) = delete;
  ~ArtifactView() { release(); }

  explicit operator bool() const noexcept { return record_ != nullptr; }

  // Each of these requires a view that is true. None allocates or makes a system call.
  [[nodiscard]] std::string_view key() const noexcept;
  [[nodiscard]] std::uint64_t total_size() const noexcept;      ///< bytes
  [[nodiscard]] std::uint64_t stored_at_secs() const noexcept;  ///< seconds since the Unix epoch
  /// When it was last stored or touched (`ArtifactStore::touch`), in seconds since the Unix epoch, to 10 minutes. The one value of an entry
  /// that changes while the view lives.
  [[nodiscard]] std::uint64_t used_at_secs() const noexcept;
  [[nodiscard]] std::int32_t exit_code() const noexcept;
  [[nodiscard]] std::string_view stdout_bytes() const noexcept;
  [[nodiscard]] std::string_view stderr_bytes() const noexcept;
  [[nodiscard]] std::size_t output_count() const noexcept;
  // i < output_count()
  [[nodiscard]] std::string_view output_name(std::size_t i) const noexcept;
  [[nodiscard]] std::uint64_t output_size(std::size_t i) const noexcept;  ///< bytes
  [[nodiscard]] std::uint32_t output_mode(std::size_t i) const noexcept;  ///< permission bits, 0 = not known
  [[nodiscard]] Digest output_digest(std::size_t i) const noexcept;

  [[nodiscard]] Artifact to_artifact() const;  ///< an owned copy; allocates

 private:
  friend class ArtifactStore;
  ArtifactView(const format::RecordHeader* record, Attachment* attachment) noexcept : record_(record), attachment_(attachment) {}
  void release() noexcept;

  const format::RecordHeader* record_ = nullptr;
  Attachment* attachment_ = nullptr;
};

}  // namespace zccache
