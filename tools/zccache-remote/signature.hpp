// Signatures of values: Ed25519, of libsodium. Whoever can write to a server cannot make others run its code, if they trust certain keys only.
#pragma once

#include <sodium/crypto_sign_ed25519.h>

#include <array>
#include <filesystem>
#include <optional>
#include <vector>

#include "zccache-cc/facts/digest.hpp"

namespace zccache::remote {

using PublicKey = std::array<unsigned char, crypto_sign_ed25519_PUBLICKEYBYTES>;
using Signature = std::array<unsigned char, crypto_sign_ed25519_BYTES>;

/// Signs with one secret key.
class Signer {
 public:
  /// From a file that holds the seed as 64 hex digits. Nothing where it cannot be read or holds something else.
  [[nodiscard]] static std::optional<Signer> from_file(const std::filesystem::path& path);
  /// From a seed of 32 bytes.
  explicit Signer(const cc::ContentDigest& seed) noexcept;

  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }
  [[nodiscard]] Signature sign(const cc::ContentDigest& digest) const noexcept;

 private:
  PublicKey public_key_{};
  std::array<unsigned char, crypto_sign_ed25519_SECRETKEYBYTES> secret_key_{};
};

/// Whose values are accepted. Without a requirement, everybody's.
class Trust {
 public:
  /// From a file with one public key a line, as 64 hex digits. A file that cannot be read, or has other lines, trusts nobody.
  [[nodiscard]] static Trust from_file(const std::filesystem::path& path);
  Trust() noexcept = default;
  explicit Trust(std::vector<PublicKey> keys) noexcept : required_(true), keys_(std::move(keys)) {}

  [[nodiscard]] bool required() const noexcept { return required_; }
  [[nodiscard]] bool has_keys() const noexcept { return !keys_.empty(); }
  [[nodiscard]] bool accepts(const PublicKey& key, const cc::ContentDigest& digest, const Signature& signature) const noexcept;

 private:
  bool required_ = false;
  std::vector<PublicKey> keys_;
};

}  // namespace zccache::remote
