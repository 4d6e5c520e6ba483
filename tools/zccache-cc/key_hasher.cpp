#include "key_hasher.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>

namespace zccache::cc {

struct KeyHasher::State {
  XXH3_state_t hash;  // aligned to a cache line
};

KeyHasher::KeyHasher() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->hash); }
KeyHasher::~KeyHasher() = default;

void KeyHasher::add(char tag, std::string_view bytes) {
  const std::uint64_t size = bytes.size();
  std::array<char, 1 + sizeof size> head{tag};
  std::copy_n(reinterpret_cast<const char*>(&size), sizeof size, head.begin() + 1);
  XXH3_128bits_update(&state_->hash, head.data(), head.size());
  XXH3_128bits_update(&state_->hash, bytes.data(), bytes.size());
}

void KeyHasher::add(char tag, std::uint64_t number) { add(tag, {reinterpret_cast<const char*>(&number), sizeof number}); }

std::string KeyHasher::hex_digest() const {
  const XXH128_hash_t digest = XXH3_128bits_digest(&state_->hash);
  return hex_of({.low = digest.low64, .high = digest.high64});
}

std::string hex_of(const Digest& digest) {
  std::array<char, 33> hex{};
  std::snprintf(hex.data(), hex.size(), "%016" PRIx64 "%016" PRIx64, digest.high, digest.low);
  return hex.data();
}

Digest digest_of_hex(std::string_view hex) noexcept {
  Digest digest;
  if (hex.size() != 32) return digest;
  std::from_chars(hex.data(), hex.data() + 16, digest.high, 16);
  std::from_chars(hex.data() + 16, hex.data() + 32, digest.low, 16);
  return digest;
}

}  // namespace zccache::cc
