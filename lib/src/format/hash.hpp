// The one hash of the formats: XXH3, 64 bits for checksums and 128 bits for keys and payload digests.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace zccache::format {

/// What the map is keyed by. The record holds the whole key and is compared, so a collision costs a miss and never a wrong answer.
struct Key128 {
  std::uint64_t low;
  std::uint64_t high;
  bool operator==(const Key128&) const = default;
};

inline std::uint64_t checksum64(const void* data, std::size_t size) noexcept { return XXH3_64bits(data, size); }

/// The same of data that comes in pieces.
class Checksum64 {
 public:
  Checksum64() noexcept { XXH3_64bits_reset(&state_); }
  void add(const void* data, std::size_t size) noexcept { XXH3_64bits_update(&state_, data, size); }
  [[nodiscard]] std::uint64_t value() const noexcept { return XXH3_64bits_digest(&state_); }

 private:
  XXH3_state_t state_;
};

inline Key128 hash_key(std::string_view key) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return {hash.low64, hash.high64};
}

}  // namespace zccache::format
