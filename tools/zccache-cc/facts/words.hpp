// Which words the texts of a compile have in them: a macro whose name is not among them, nor can be put together of them, is never expanded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace zccache::cc {

/// The hash of a word, letter by letter: FNV-1a with 32 bits. Two words of one hash are taken for one, so that a macro may seem to be used.
class WordHash {
 public:
  constexpr void add(char letter) noexcept { value_ = (value_ ^ static_cast<unsigned char>(letter)) * 16777619U; }
  [[nodiscard]] constexpr std::uint32_t value() const noexcept { return value_; }

 private:
  std::uint32_t value_ = 2166136261U;
};

[[nodiscard]] std::uint32_t hash_of_word(std::string_view word) noexcept;

/// A letter of a name or number. Others may be letters of names too, or stand between two: what is to their left and right are words then.
[[nodiscard]] constexpr bool is_word_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Of all words in a text, those in literals and comments too, sorted and once each. Lines that end in a backslash are one.
[[nodiscard]] std::vector<std::uint32_t> words_of(std::string_view text);

class WordSet {
 public:
  WordSet();

  void add(std::span<const std::uint32_t> words);
  void add_text(std::string_view text) { add(words_of(text)); }

  [[nodiscard]] bool has(std::uint32_t word) const noexcept;
  /// Whether it is here, or the operator ## can make it of words that are here, of numbers, and of what the compiler's own
  /// macros stand for.
  [[nodiscard]] bool may_name(std::string_view word) const;

 private:
  void insert(std::uint32_t word);

  std::vector<std::uint32_t> slots_;  ///< probed one after another; 0 is free
  std::size_t size_ = 0;
};

}  // namespace zccache::cc
