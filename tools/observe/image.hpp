// What a file is that is about to be executed. Shared by the observer and the preloaded library: allocates nothing.
#pragma once

#include <array>
#include <cstdint>

namespace zccache::observe {

struct Image {
  enum class Kind : std::uint8_t {
    native,
    foreign,  ///< for another machine, or of another word size
    script,   ///< begins with "#!"
    other,    ///< nothing that can be executed
  };
  Kind kind = Kind::other;
  bool sanitized = false;               ///< needs a sanitizer's library to come first: nothing may be preloaded
  std::array<char, 512> interpreter{};  ///< of a script; of a program its loader. Empty for a static one
};

[[nodiscard]] Image look_at_image(int file) noexcept;

}  // namespace zccache::observe
