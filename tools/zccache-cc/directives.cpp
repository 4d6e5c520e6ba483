#include "directives.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace zccache::cc {
namespace {

constexpr std::size_t kLongestName = 1024;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// A backslash at the end of a line joins it with the next, even within a word.
bool has_splices(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (at + 1 < text.size() && (text[at + 1] == '\n' || text[at + 1] == '\r')) return true;
  }
  return false;
}

std::string without_splices(std::string_view text) {
  std::string joined;
  joined.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && text.substr(at + 1, 1) == "\n") {
      at += 1;
    } else if (text[at] == '\\' && text.substr(at + 1, 2) == "\r\n") {
      at += 2;
    } else {
      joined += text[at];
    }
  }
  return joined;
}

// Blanks and comments that end on the same line.
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

// The name at the start of `text`, still with what encloses it; empty where none begins there.
std::string_view enclosed_name(std::string_view text) {
  if (text.empty() || (text[0] != '<' && text[0] != '"')) return {};
  const std::size_t end = text.find(text[0] == '<' ? '>' : '"', 1);
  return end == std::string_view::npos || end < 2 || end > kLongestName ? std::string_view{} : text.substr(0, end + 1);
}

void add(std::string_view enclosed, bool tested, Directives& found) {
  found.headers.push_back({std::string(enclosed.substr(1, enclosed.size() - 2)), enclosed[0] == '"', tested});
}

// Every name in a line: conditions hand them to `__has_include` through macros, and macros stand for them.
void add_all(std::string_view line, bool tested, Directives& found) {
  for (std::size_t at = line.find_first_of("<\""); at != std::string_view::npos; at = line.find_first_of("<\"", at + 1)) {
    if (const std::string_view name = enclosed_name(line.substr(at)); !name.empty()) add(name, tested, found);
  }
}

void take_include(std::string_view line, Directives& found) {
  const std::string_view name = enclosed_name(line);
  if (name.empty()) {
    found.computed_include = true;
  } else {
    add(name, false, found);
  }
}

void take_condition(std::string_view line, Directives& found) {
  constexpr std::string_view kHasInclude = "__has_include";
  add_all(line, true, found);
  for (std::size_t at = line.find(kHasInclude); at != std::string_view::npos; at = line.find(kHasInclude, at + 1)) {
    std::string_view rest = line.substr(at + kHasInclude.size());
    if (rest.starts_with("_next")) rest.remove_prefix(5);
    rest = skip_space(rest);
    if (!rest.starts_with('(')) continue;  // whether there is such an operator
    rest = skip_space(rest.substr(1));
    if (enclosed_name(rest).empty()) found.unsafe = "__has_include of a macro";
  }
  if (line.find("__has_embed") != std::string_view::npos) found.unsafe = "__has_embed";
}

// What follows a '#'.
void take_directive(std::string_view line, Directives& found) {
  line = skip_space(line);
  const std::string_view word = take_word(line);
  line = skip_space(line);
  if (word == "include" || word == "include_next" || word == "import") return take_include(line, found);
  if (word == "if" || word == "elif") return take_condition(line, found);
  if (word == "define" && line.find_first_of("<\"") != std::string_view::npos) {
    take_word(line);
    return add_all(line, false, found);
  }
  if (word == "embed") found.unsafe = "#embed";
}

const char* time_macro(std::string_view text) {
  for (std::size_t at = text.find("__"); at != std::string_view::npos; at = text.find("__", at + 2)) {
    const std::string_view rest = text.substr(at + 2);
    if (rest.starts_with("DATE__")) return "__DATE__";
    if (rest.starts_with("TIME__")) return "__TIME__";
    if (rest.starts_with("TIMESTAMP__")) return "__TIMESTAMP__";
    if (rest.starts_with("_")) --at;
  }
  return nullptr;
}

// Other spellings of '#'. Nobody uses them, so nobody has to read them.
bool has_odd_directives(std::string_view text) {
  for (const std::string_view sign : {"%:", "?\?="}) {
    for (std::size_t at = text.find(sign); at != std::string_view::npos; at = text.find(sign, at + 1)) {
      std::string_view rest = skip_space(text.substr(at + sign.size()));
      const std::string_view word = take_word(rest);
      for (const std::string_view directive : {"include", "include_next", "import", "if", "elif", "define", "embed"}) {
        if (word == directive) return true;
      }
    }
  }
  return false;
}

void scan_joined(std::string_view text, Directives& found) {
  if (const char* macro = time_macro(text)) found.unsafe = macro;
  if (has_odd_directives(text)) found.unsafe = "directives in digraphs or trigraphs";
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    take_directive(text.substr(at + 1, text.find('\n', at) - at - 1), found);
  }
}

}  // namespace

void scan_directives(std::string_view source, Directives& found) {
  if (has_splices(source)) return scan_joined(without_splices(source), found);
  scan_joined(source, found);
}

void scan_macro_value(std::string_view value, Directives& found) { add_all(value, false, found); }

}  // namespace zccache::cc
