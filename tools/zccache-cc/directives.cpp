#include "directives.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "directive_text.hpp"

namespace zccache::cc {
namespace {

constexpr std::array<std::string_view, 5> kRawPrefixes = {"", "u", "u8", "U", "L"};

// A backslash at the end of a line joins it with the next, even within a word, and with blanks behind it. The bytes of one that `text` begins
// with, or 0.
std::size_t splice_length(std::string_view text) {
  const std::size_t end = text.find_first_not_of(" \t\f\v\r", 1);
  return end != std::string_view::npos && text[end] == '\n' ? end + 1 : 0;
}

bool has_splices(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (splice_length(text.substr(at)) != 0) return true;
  }
  return false;
}

std::string without_splices(std::string_view text) {
  std::string joined;
  joined.reserve(text.size());
  while (!text.empty()) {
    const std::size_t splice = text[0] == '\\' ? splice_length(text) : 0;
    if (splice == 0) joined += text[0];
    text.remove_prefix(std::max<std::size_t>(splice, 1));
  }
  return joined;
}

void add(std::string_view enclosed, Place place, Directives& found) {
  found.headers.push_back({std::string(enclosed.substr(1, enclosed.size() - 2)), enclosed[0] == '"', place});
}

// Every name in a line: conditions hand them to `__has_include` through macros, and macros stand for them.
void add_all(std::string_view line, Place place, Directives& found) {
  for (std::size_t at = line.find_first_of("<\""); at != std::string_view::npos; at = line.find_first_of("<\"", at + 1)) {
    if (const std::string_view name = enclosed_name(line.substr(at)); !name.empty()) add(name, place, found);
  }
}

// `#include STRING(a.h)`: where that is not read, because it is taken for another file, its name stands nowhere else.
void add_argument(std::string_view line, Directives& found) {
  const std::size_t open = line.rfind('(');
  if (open == std::string_view::npos) return;
  const std::string_view name = line.substr(open + 1, line.find(')', open) - open - 1);
  const auto is_plain = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '/' || c == '-' || c == '+'; };
  if (name.find('.') == std::string_view::npos || !std::ranges::all_of(name, is_plain)) return;
  found.headers.push_back({std::string(name), true, Place::include});
}

void take_include(std::string_view line, Directives& found) {
  const std::string_view name = enclosed_name(line);
  if (name.empty()) {
    found.computed_include = true;
    add_argument(line, found);
  } else {
    add(name, Place::include, found);
  }
}

// R"…", with each prefix that it can have. Where the word in front of it may end in the midst of what stands there, it counts as one.
bool has_raw_string(std::string_view line) {
  for (std::size_t at = line.find("R\""); at != std::string_view::npos; at = line.find("R\"", at + 2)) {
    std::size_t begin = at;
    while (begin > 0 && is_letter_or_digit(line[begin - 1])) --begin;
    const std::string_view prefix = line.substr(begin, at - begin);
    if (std::ranges::find(kRawPrefixes, prefix) != kRawPrefixes.end()) return true;
  }
  return false;
}

constexpr const char* kForeignBlank = "a blank that is not ASCII in a directive";

// `#pragma GCC dependency "grammar.y"` warns where that file is newer, and so does _Pragma.
constexpr const char* kComparesDates = "#pragma GCC dependency";
bool compares_dates(std::string_view text) {
  constexpr std::string_view kDependency = "dependency";
  if (text.size() < kDependency.size()) return false;  // or text.data() may be null
  // memmem(3) skips as far as the word is long; text.find() stops at each 'd'.
  const char* const end = text.data() + text.size();
  const auto find = [&](const char* from) {
    return static_cast<const char*>(::memmem(from, static_cast<std::size_t>(end - from), kDependency.data(), kDependency.size()));
  };
  for (const char* at = find(text.data()); at != nullptr; at = find(at + 1)) {
    const std::string_view before = text.substr(0, static_cast<std::size_t>(at - text.data()));
    const std::string_view owner = before.substr(0, before.find_last_not_of(" \t\f\v") + 1);
    if (owner.size() < before.size() && (owner.ends_with("GCC") || owner.ends_with("clang"))) return true;
  }
  return false;
}

// `rest` is all that follows in the file: a comment may carry the line over its end.
void take_line(std::string_view rest, Place place, Directives& found) {
  const std::string_view first = rest.substr(0, rest.find('\n'));
  add_all(first, place, found);
  std::string without;
  std::string_view line = first;
  if (first.find('/') != std::string_view::npos) {
    without = line_without_comments(rest);
    if (without != first) add_all(without, place, found);
    line = without;
  }
  found.lines.append(place == Place::definition ? "define " : "if ").append(skip_space(line)).append("\n");
  // What looks like a comment in one, or like the end of a string, is neither.
  if (has_raw_string(line)) found.unsafe = "a raw string in a directive";
  if (line.find("__has_embed") != std::string_view::npos) found.unsafe = "__has_embed";
  if (has_foreign_blank(line)) found.unsafe = kForeignBlank;
}

// Whether only blanks and comments stand before it in its line, or what may be blanks: letters of other languages, a byte order mark.
bool begins_line(std::string_view before) {
  const auto may_be_blank = [](char c) { return (is_blank(c) && c != '\r') || c == '\0' || static_cast<unsigned char>(c) >= 0x80; };
  while (!before.empty() && may_be_blank(before.back())) before.remove_suffix(1);
  return before.empty() || before.back() == '\n' || before.back() == '\r' || before.ends_with("*/");
}

// `all` is all that follows a '#'. Comments in it may go over the ends of lines: nobody writes one before the directive's name.
void take_directive(std::string_view all, Directives& found) {
  std::string_view rest = skip_space(all);
  const std::string_view before = all.substr(0, all.size() - rest.size());
  const std::string_view word = take_word(rest);
  if (!word.empty() && before.find('\n') != std::string_view::npos) found.unsafe = "a comment over the end of a line within a directive";
  rest = skip_space(rest);
  if (rest.starts_with("/*")) found.unsafe = "a comment without an end within a directive";
  if (has_foreign_blank(word)) found.unsafe = kForeignBlank;
  if (word == "import") found.imports = true;
  if (word == "include" || word == "include_next" || word == "import") return take_include(rest.substr(0, rest.find('\n')), found);
  if (word == "define") return take_line(rest, Place::definition, found);
  if (word == "if" || word == "elif") return take_line(rest, Place::condition, found);
  if (word == "embed") found.unsafe = "#embed";
  if (word == "pragma" && compares_dates(line_without_comments(rest))) found.unsafe = kComparesDates;
}

// Whether there is a beginning of one. Without a branch for each byte, so that the compiler can look at many at once: headers are full of
// underscores, and these macros are in hardly any.
bool may_have_time_macro(std::string_view text) {
  constexpr std::size_t kBeginning = 3;
  constexpr std::size_t kAtOnce = 4096;
  for (std::size_t from = 0; from + kBeginning <= text.size(); from += kAtOnce) {
    const char* const bytes = text.data() + from;
    const std::size_t count = std::min(kAtOnce, text.size() - from - kBeginning + 1);
    unsigned char found = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const bool underscores = (bytes[i] == '_') & (bytes[i + 1] == '_');
      found |= static_cast<unsigned char>(underscores & ((bytes[i + 2] == 'D') | (bytes[i + 2] == 'T')));
    }
    if (found != 0) return true;
  }
  return false;
}

const char* time_macro(std::string_view text) {
  if (!may_have_time_macro(text)) return nullptr;
  for (std::size_t at = text.find("__"); at != std::string_view::npos; at = text.find("__", at + 2)) {
    const std::string_view rest = text.substr(at + 2);
    if (rest.starts_with("DATE__")) return "__DATE__";
    if (rest.starts_with("TIME__")) return "__TIME__";
    if (rest.starts_with("TIMESTAMP__")) return "__TIMESTAMP__";
    if (rest.starts_with("_")) --at;
  }
  return nullptr;
}

// Other spellings of '#', and of a backslash. Nobody uses them, so nobody has to read them.
bool has_odd_directives(std::string_view text) {
  if (text.find("?\?/") != std::string_view::npos) return true;
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
  if (compares_dates(text)) found.unsafe = kComparesDates;
  if (has_odd_directives(text)) found.unsafe = "directives in digraphs or trigraphs";
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (begins_line(text.substr(0, at))) take_directive(text.substr(at + 1), found);
  }
}

}  // namespace

void scan_directives(std::string_view source, Directives& found) {
  if (has_splices(source)) return scan_joined(without_splices(source), found);
  scan_joined(source, found);
}

void scan_command_macro(std::string_view macro, Directives& found) {
  std::string definition(macro);
  if (const std::size_t sign = definition.find('='); sign != std::string::npos) definition[sign] = ' ';
  take_line(definition, Place::definition, found);
}

}  // namespace zccache::cc
