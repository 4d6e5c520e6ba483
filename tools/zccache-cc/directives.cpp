#include "directives.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "directive_text.hpp"

namespace zccache::cc {
namespace {

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

void take_include(std::string_view line, Directives& found) {
  const std::string_view name = enclosed_name(line);
  if (name.empty()) {
    found.computed_include = true;
  } else {
    add(name, Place::include, found);
  }
}

// `rest` is all that follows in the file: a comment may carry the line over its end.
void take_line(std::string_view rest, Place place, Directives& found) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  add_all(line, place, found);
  found.lines.append(place == Place::definition ? "define " : "if ");
  if (line.find('/') == std::string_view::npos) {
    found.lines.append(skip_space(line));
  } else {
    const std::string whole = line_without_comments(rest);
    if (whole != line) add_all(whole, place, found);
    found.lines.append(skip_space(whole));
  }
  found.lines += '\n';
  // What looks like a comment in one, or like the end of a string, is neither.
  if (line.find("R\"") != std::string_view::npos) found.unsafe = "a raw string in a directive";
}

// `rest` is all that follows a '#'.
void take_directive(std::string_view rest, Directives& found) {
  const std::string_view first = rest.substr(0, rest.find('\n'));
  std::string_view line = skip_space(first);
  if (line.starts_with("/*")) found.unsafe = "a comment over the end of a line within a directive";
  const std::string_view word = take_word(line);
  line = skip_space(line);
  rest.remove_prefix(static_cast<std::size_t>(line.data() - first.data()));
  if (word == "include" || word == "include_next" || word == "import") return take_include(line, found);
  if (word == "define") return take_line(rest, Place::definition, found);
  if (word == "if" || word == "elif") {
    if (line.find("__has_embed") != std::string_view::npos) found.unsafe = "__has_embed";
    return take_line(rest, Place::condition, found);
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
  if (has_odd_directives(text)) found.unsafe = "directives in digraphs or trigraphs";
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    take_directive(text.substr(at + 1), found);
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
