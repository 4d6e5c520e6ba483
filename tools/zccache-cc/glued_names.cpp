#include "glued_names.hpp"

#include <algorithm>

#include "directive_text.hpp"
#include "macro_definition.hpp"

namespace zccache::cc {
namespace {

// Words in a string are no pieces. Where the string ends is only certain as long as no single quote stands in the line.
std::vector<std::string_view> words_outside_strings(std::string_view text) {
  if (text.find('\'') != std::string_view::npos) return words_in(text);
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t length = text[0] == '"' ? length_of_literal(text) : 0;
    if (const std::string_view word = take_word(text); !word.empty()) {
      words.push_back(word);
    } else {
      text.remove_prefix(std::max<std::size_t>(length, 1));
    }
  }
  return words;
}

}  // namespace

GluedNames::GluedNames(const std::vector<Asked>& asked, const CompilerMacros& predefined) {
  words_.insert(predefined.words.begin(), predefined.words.end());
  for (const Asked& file : asked) {
    for (std::string_view lines = file.directives.lines; !lines.empty();) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
      take_line(line);
    }
  }
}

void GluedNames::take_line(std::string_view line) {
  if (!line.starts_with(kDefine)) {
    for (const std::string_view word : words_in(line)) words_.insert(word);
    return;
  }
  const Definition definition = parse_definition(line.substr(kDefine.size()));
  for (const std::string_view word : words_outside_strings(definition.value)) {
    if (!definition.has_parameter(word)) words_.insert(word);
  }
}

// Numbers that count lines, files or uses stand nowhere.
bool GluedNames::is_piece(std::string_view text) const { return is_decimal(text) || words_.contains(text); }

bool GluedNames::may_be(std::string_view name) const {
  for (std::size_t at = 1; at < name.size(); ++at) {
    if (is_piece(name.substr(0, at)) && is_piece(name.substr(at))) return true;
  }
  return is_row_of_pieces(name);
}

// Of single small letters anything could be made, and nobody does: large sources use each of them for some variable.
bool GluedNames::is_row_of_pieces(std::string_view name) const {
  const auto counts = [&](std::string_view piece) {
    const bool is_letter = piece.size() == 1 && piece[0] >= 'a' && piece[0] <= 'z';
    return !is_letter && piece.size() < name.size() && is_piece(piece);
  };
  std::vector<bool> reached(name.size() + 1);
  reached[0] = true;
  for (std::size_t end = 1; end <= name.size(); ++end) {
    for (std::size_t begin = 0; begin < end && !reached[end]; ++begin) reached[end] = reached[begin] && counts(name.substr(begin, end - begin));
  }
  return reached[name.size()];
}

}  // namespace zccache::cc
