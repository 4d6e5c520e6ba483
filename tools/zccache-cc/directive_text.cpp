#include "directive_text.hpp"

#include <algorithm>
#include <array>

namespace zccache::cc {
namespace {

constexpr std::size_t kLongestName = 1024;
constexpr std::array<std::string_view, 9> kForeignBlanks = {"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE1\xA0\x8E", "\xE2\x80\xA8",
                                                            "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
constexpr std::string_view kForeignSpaces = "\xE2\x80";  // and one of eleven widths

}  // namespace

bool has_foreign_blank(std::string_view text) {
  for (std::size_t at = text.find(kForeignSpaces); at != std::string_view::npos; at = text.find(kForeignSpaces, at + 1)) {
    if (at + 2 < text.size() && static_cast<unsigned char>(text[at + 2]) <= 0x8A) return true;
  }
  return std::ranges::any_of(kForeignBlanks, [&](std::string_view blank) { return text.find(blank) != std::string_view::npos; });
}

std::string_view skip_space(std::string_view text) {
  for (;;) {
    const auto begin = std::ranges::find_if_not(text, is_blank);
    text.remove_prefix(static_cast<std::size_t>(begin - text.begin()));
    if (!text.starts_with("/*")) return text;
    const std::size_t end = text.find("*/", 2);
    if (end == std::string_view::npos) return text;
    text.remove_prefix(end + 2);
  }
}

std::string_view take_word(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_word);
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

bool stands_alone(std::string_view text, std::size_t at, std::size_t size) {
  return (at == 0 || !is_word(text[at - 1])) && (at + size == text.size() || !is_word(text[at + size]));
}

std::string_view enclosed_name(std::string_view text) {
  if (text.empty() || (text[0] != '<' && text[0] != '"')) return {};
  const std::size_t end = text.find(text[0] == '<' ? '>' : '"', 1);
  return end == std::string_view::npos || end < 2 || end > kLongestName ? std::string_view{} : text.substr(0, end + 1);
}

std::size_t length_of_literal(std::string_view text) {
  for (std::size_t at = 1; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == text[0]) return at + 1;
    if (text[at] == '\\') ++at;
  }
  return 1;
}

std::string line_without_comments(std::string_view text) {
  std::string line;
  while (!text.empty() && text[0] != '\n' && !text.starts_with("//")) {
    if (text.starts_with("/*")) {
      const std::size_t end = text.find("*/", 2);
      line += ' ';
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    } else {
      const std::size_t length = text[0] == '"' || text[0] == '\'' ? length_of_literal(text) : 1;
      line.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return line;
}

}  // namespace zccache::cc
