#include "zccache-remote/signature.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace zccache::remote {

std::optional<Signer> Signer::from_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const auto seed = cc::digest_of_hex(line);
  return seed ? std::optional(Signer(*seed)) : std::nullopt;
}

Signer::Signer(const cc::ContentDigest& seed) noexcept {
  crypto_sign_ed25519_seed_keypair(public_key_.data(), secret_key_.data(), seed.bytes.data());
}

Signature Signer::sign(const cc::ContentDigest& digest) const noexcept {
  Signature signature{};
  crypto_sign_ed25519_detached(signature.data(), nullptr, digest.bytes.data(), digest.bytes.size(), secret_key_.data());
  return signature;
}

Trust Trust::from_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<PublicKey> keys;
  for (std::string line; std::getline(file, line);) {
    const auto key = cc::digest_of_hex(line);
    if (!key) return Trust(std::vector<PublicKey>());
    keys.push_back(key->bytes);
  }
  return Trust(std::move(keys));
}

bool Trust::accepts(const PublicKey& key, const cc::ContentDigest& digest, const Signature& signature) const noexcept {
  if (!required_) return true;
  return std::ranges::find(keys_, key) != keys_.end() &&
         crypto_sign_ed25519_verify_detached(signature.data(), digest.bytes.data(), digest.bytes.size(), key.data()) == 0;
}

}  // namespace zccache::remote
