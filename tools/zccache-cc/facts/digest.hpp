// Cryptographic digests of files and of everything that makes a key: BLAKE2b with 256 bits, of libsodium.
//
// Whoever may only send sources must not be able to make two files, or two compiles, that the cache takes for one. XXH3, which the index uses
// for its buckets and checksums, does not promise that.
#pragma once

#include <sodium/crypto_generichash_blake2b.h>

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace zccache::cc {

/// All zero: none.
struct ContentDigest {
  std::array<unsigned char, 32> bytes{};
  auto operator<=>(const ContentDigest&) const = default;

  /// The first eight bytes, as a number: a short name for what is vouched for by a whole digest elsewhere.
  [[nodiscard]] std::uint64_t prefix() const noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
};

/// Two lowercase hex digits for each byte.
[[nodiscard]] std::string hex_of(const ContentDigest& digest);
/// Nothing for anything but 64 hex digits.
[[nodiscard]] std::optional<ContentDigest> digest_of_hex(std::string_view hex) noexcept;

/// Digests parts one after another. Each part goes in with its length, so that no two lists of parts are one text.
class Hasher {
 public:
  Hasher() noexcept { crypto_generichash_blake2b_init(&state_, nullptr, 0, sizeof(ContentDigest::bytes)); }

  Hasher& add(std::string_view part) noexcept {
    add(std::uint64_t{part.size()});
    return add_bytes(part);
  }
  Hasher& add(std::uint64_t number) noexcept { return add_bytes({reinterpret_cast<const char*>(&number), sizeof number}); }
  Hasher& add(const ContentDigest& digest) noexcept {
    return add_bytes({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
  }
  /// Without a length: the pieces of one part.
  Hasher& add_bytes(std::string_view bytes) noexcept {
    crypto_generichash_blake2b_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return *this;
  }

  [[nodiscard]] ContentDigest digest() noexcept {
    ContentDigest digest;
    crypto_generichash_blake2b_final(&state_, digest.bytes.data(), digest.bytes.size());
    return digest;
  }

 private:
  crypto_generichash_blake2b_state state_;
};

[[nodiscard]] inline ContentDigest digest_of(std::string_view bytes) noexcept { return Hasher().add_bytes(bytes).digest(); }

/// A short name for a text, the same on every machine.
[[nodiscard]] inline std::uint64_t short_hash(std::string_view text) noexcept { return digest_of(text).prefix(); }

/// The content of an open regular file, from its start to its end, in pieces of 256 KiB, which `visit` gets as well. Nothing where it cannot be
/// read.
using VisitPiece = std::function<void(std::string_view)>;
[[nodiscard]] std::optional<ContentDigest> digest_of_file(int fd, const VisitPiece& visit = {});

}  // namespace zccache::cc
