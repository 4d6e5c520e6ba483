#include "directive_text.hpp"

#include <algorithm>

namespace zccache::cc {
namespace {

constexpr std::size_t kLongestName = 1024;

// Of the string or character that begins here, as far as it ends on the same line; else of its first byte.
std::size_t length_of_literal(std::string_view text) {
  for (std::size_t at = 1; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == text[0]) return at + 1;
    if (text[at] == '\\') ++at;
  }
  return 1;
}

}  // namespace

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
