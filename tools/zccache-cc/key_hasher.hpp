// A hash over tagged components, each with its length.
#pragma once

#include <zccache/artifact.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace zccache::cc {

/// 32 lowercase hex digits, and back.
[[nodiscard]] std::string hex_of(const Digest& digest);
[[nodiscard]] Digest digest_of_hex(std::string_view hex) noexcept;

class KeyHasher {
 public:
  KeyHasher();
  ~KeyHasher();
  KeyHasher(const KeyHasher&) = delete;
  KeyHasher& operator=(const KeyHasher&) = delete;

  void add(char tag, std::string_view bytes);
  void add(char tag, std::uint64_t number);
  [[nodiscard]] std::string hex_digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zccache::cc
