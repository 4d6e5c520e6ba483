// The small pieces that directives are read by.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace zccache::cc {

[[nodiscard]] inline bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r'; }
[[nodiscard]] inline bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
/// Whether one of the blanks of Unicode is in it. clang takes them for blanks, but not where it only preprocesses; gcc never does.
[[nodiscard]] bool has_foreign_blank(std::string_view text);
/// Of names and numbers, which may hold a dollar sign, and letters of any language.
[[nodiscard]] inline bool is_word(char c) noexcept { return is_letter_or_digit(c) || c == '$' || static_cast<unsigned char>(c) >= 0x80; }

/// Without blanks, and comments that have an end, at its start.
[[nodiscard]] std::string_view skip_space(std::string_view text);

/// The word at the start of `text`, which then begins behind it; empty where none is there.
std::string_view take_word(std::string_view& text);

/// Whether no word goes on before or behind these `size` bytes.
[[nodiscard]] bool stands_alone(std::string_view text, std::size_t at, std::size_t size);

/// `__FILE__` and its like, which stand in no list of what the compiler defines.
[[nodiscard]] inline bool is_reserved_for_compiler(std::string_view word) noexcept { return word.starts_with("__") && word.ends_with("__"); }

/// The header name at the start of `text`, with what encloses it; empty where none begins there.
[[nodiscard]] std::string_view enclosed_name(std::string_view text);

/// Of the string or character that begins `text`, as far as it ends on the same line; else of its first byte.
[[nodiscard]] std::size_t length_of_literal(std::string_view text);

/// A line without its comments. They may carry it over the ends of several lines of `text`.
[[nodiscard]] std::string line_without_comments(std::string_view text);

}  // namespace zccache::cc
