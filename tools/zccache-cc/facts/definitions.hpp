// Headers that define macros and do nothing else, as a configuration or a version is written: which of their values a compile may look at.
//
// Such a header is written anew with another date or number in it, and each source includes it. It counts for a compile without the values of
// the macros that the compile cannot name (words.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::cc {

/// Of a text in its form without comments, which must outlive this.
class Definitions {
 public:
  explicit Definitions(std::string_view form);

  /// Whether there are such macros, and every line of the text is one for the preprocessor, or empty.
  [[nodiscard]] bool are_all() const noexcept { return are_all_ && !all_.empty(); }

  /// The names of macros without arguments that are defined once, in a line of their own, to nothing, a word, a number or a plain string, of
  /// which a compiler says nothing as long as it does not expand them. Names that compilers define themselves are not among them.
  [[nodiscard]] std::vector<std::string_view> names() const;

  /// The text without the values of these macros, but for those whose hash is in `used`, which is sorted.
  [[nodiscard]] std::string without_values(std::span<const std::uint32_t> used) const;
  /// The text without the names of these macros where they are defined.
  [[nodiscard]] std::string without_names() const;

 private:
  struct Definition {
    std::string_view name;
    std::string_view value;  ///< up to the end of the line
  };
  void take_line(std::string_view line);
  [[nodiscard]] std::string without(std::span<const std::string_view> parts) const;

  std::string_view form_;
  bool are_all_ = true;
  std::vector<Definition> all_;  ///< in the order of the text
};

}  // namespace zccache::cc
