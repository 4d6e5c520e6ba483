// A hash over tagged components, each with its length.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace zccache::cc {

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
