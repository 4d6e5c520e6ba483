// The payload of an entry, read from whichever layout it lies in.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>

#include <zccache/artifact.hpp>
#include <zccache/result.hpp>

#include "base/directory.hpp"
#include "payload/pack.hpp"
#include "payload/payload_bytes.hpp"

namespace zccache {

/// The record does not say how the payload lies: it says what it is, and the digests tell whether that was found. So a directory may hold both
/// layouts, and a store that was killed while it changed from one to the other leaves nothing ambiguous.
class PayloadReader {
 public:
  /// The entry must outlive it. Its key must be a payload key.
  PayloadReader(const CacheDirectory& directory, const ArtifactView& entry) noexcept : directory_(directory), entry_(entry) {}

  /// Output i, checked to be what the entry says; valid as long as this. Nothing where it is missing or something else.
  [[nodiscard]] std::optional<PayloadBytes> open(std::size_t i);

  /// Makes `to`, which is empty, a copy of output i. False where it is missing or something else; `to` is useless then. Reads each byte once.
  [[nodiscard]] result<bool> copy(std::size_t i, int to, const std::filesystem::path& to_path);

  /// Whether every output is there and what the entry says. Errors: those of unreadable().
  [[nodiscard]] result<bool> is_whole();

  /// Set once something could not be read that may be whole: a pack that this build cannot read, compressed or by a later version; or a file,
  /// by a process without descriptors or memory, or from a disk that fails. No damage of the entry.
  [[nodiscard]] const std::optional<Failure>& unreadable() const noexcept { return unreadable_; }

 private:
  enum class Place { flat, pack };
  /// Where `automatic` would have put it first: mostly that is where it is.
  [[nodiscard]] std::array<Place, 2> places() const noexcept;
  /// What lies there, if it has the right size.
  [[nodiscard]] std::optional<PayloadBytes> open_at(Place place, std::size_t i);
  [[nodiscard]] std::optional<PayloadBytes> open_flat(std::size_t i);
  [[nodiscard]] std::optional<PayloadBytes> open_packed(std::size_t i);

  void note(const Failure& failure);

  const CacheDirectory& directory_;
  const ArtifactView& entry_;
  bool looked_for_pack_ = false;
  std::optional<Pack> pack_;
  std::optional<Failure> unreadable_;
};

}  // namespace zccache
