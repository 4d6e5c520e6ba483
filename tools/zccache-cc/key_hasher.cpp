#include "key_hasher.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>

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
  constexpr char kDigits[] = "0123456789abcdef";
  XXH128_canonical_t digest;
  XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(&state_->hash));
  std::string hex;
  for (const unsigned char byte : digest.digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace zccache::cc
