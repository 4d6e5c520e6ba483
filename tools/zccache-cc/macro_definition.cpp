#include "macro_definition.hpp"

#include "directive_text.hpp"

namespace zccache::cc {

std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    if (const std::string_view word = take_word(text); !word.empty()) {
      words.push_back(word);
    } else {
      text.remove_prefix(1);
    }
  }
  return words;
}

bool is_decimal(std::string_view word) noexcept {
  return std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

Definition parse_definition(std::string_view text) {
  Definition definition;
  definition.name = take_word(text);
  if (text.starts_with('(')) {
    definition.is_function = true;
    const std::string_view list = text.substr(1, text.find(')') - 1);
    text.remove_prefix(std::min(list.size() + 2, text.size()));
    definition.parameters = words_in(list);
  }
  definition.value = without_blanks_behind(skip_space(text));
  return definition;
}

}  // namespace zccache::cc
