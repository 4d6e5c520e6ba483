#include "assembler_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "directive_text.hpp"

namespace zccache::cc {
namespace {

constexpr const char* kIncludes = "its assembler text includes a file";
constexpr const char* kMakesMacros = "its assembler text has macros: they may put any directive together";
constexpr const char* kNamesCharacters = "a string has characters by their names";

struct Directive {
  std::string_view name;  ///< without its dot, in small letters: the assembler ignores case
  const char* why;
};
constexpr std::array<Directive, 5> kDirectives = {
    {{"incbin", kIncludes}, {"include", kIncludes}, {"macro", kMakesMacros}, {"irp", kMakesMacros}, {"irpc", kMakesMacros}}};

// What follows the name of a member in C, and never that of a directive: "a.include(b)".
constexpr std::string_view kBehindMembers = "(),;[]=+-";

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lowered(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : 16;
}

// The characters from a place on, as they are if the place is in a string.
class Characters {
 public:
  explicit Characters(std::string_view rest) : rest_(rest) {}

  // Zero at the end of the text.
  char next() {
    while (enter_next_string()) {
    }
    if (rest_.empty()) return '\0';
    if (rest_.front() == '\\') return next_escaped();
    return take();
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  char next_escaped() {
    take();
    if (rest_.empty()) return '\\';
    if (digit_of(rest_.front()) < 8) return number(8, 3);
    const char kind = take();
    switch (kind) {
      case 'o':
        return number(8, 0);
      case 'x':
        return number(16, rest_.size());
      case 'u':
        return number(16, 4);
      case 'U':
        return number(16, 8);
      default:
        return std::string_view("abefnrtv").find(kind) == std::string_view::npos ? kind : ' ';
    }
  }

  // Up to so many digits, or all between braces. The compiler drops the bits that are too many.
  char number(int base, std::size_t digits) {
    const bool braces = !rest_.empty() && rest_.front() == '{';
    if (braces) take();
    unsigned value = 0;
    for (std::size_t i = 0; (braces || i < digits) && !rest_.empty() && digit_of(rest_.front()) < base; ++i) {
      value = value * static_cast<unsigned>(base) + static_cast<unsigned>(digit_of(take()));
    }
    if (braces && !rest_.empty() && rest_.front() == '}') take();
    return static_cast<char>(value & 0xFFU);
  }

  // Where a string ends and the next one goes on with it.
  bool enter_next_string() {
    std::string_view rest = rest_;
    if (rest.starts_with(')')) rest.remove_prefix(1 + length_of_delimiter(rest.substr(1)));
    if (!rest.starts_with('"')) return false;
    rest = to_next_token(rest.substr(1));
    const bool raw = rest.starts_with('R');
    if (raw) rest.remove_prefix(1);
    if (!rest.starts_with('"')) return false;
    rest.remove_prefix(1);
    if (raw) {
      rest.remove_prefix(length_of_delimiter(rest));
      if (!rest.starts_with('(')) return false;
      rest.remove_prefix(1);
    }
    rest_ = rest;
    return true;
  }

  // Of a raw string.
  static std::size_t length_of_delimiter(std::string_view text) {
    constexpr std::size_t kLongest = 16;
    return std::min(text.substr(0, kLongest).find_first_of("()\\\" \t\v\f\n"), std::min(text.size(), kLongest));
  }

  static std::string_view to_next_token(std::string_view rest) {
    for (;;) {
      const auto token = std::ranges::find_if_not(rest, [](char c) { return is_blank(c) || c == '\n'; });
      rest.remove_prefix(static_cast<std::size_t>(token - rest.begin()));
      if (!rest.starts_with('#')) return rest;
      rest.remove_prefix(std::min(rest.find('\n'), rest.size()));  // a line marker
    }
  }

  std::string_view rest_;
};

bool begins_with(Characters text, std::string_view directive) {
  if (!std::ranges::all_of(directive, [&text](char c) { return lowered(text.next()) == c; })) return false;
  const char behind = text.next();
  return !is_word(behind) && behind != '.' && kBehindMembers.find(behind) == std::string_view::npos;
}

// Whether a directive may begin so, spelled out, escaped or in the next string.
bool may_begin(char c) { return lowered(c) == 'i' || lowered(c) == 'm' || c == '\\' || c == '"' || c == ')'; }

// Of the text behind a dot.
const char* why_refused(Characters text) {
  const auto found = std::ranges::find_if(kDirectives, [&](const Directive& directive) { return begins_with(text, directive.name); });
  return found != kDirectives.end() ? found->why : nullptr;
}

}  // namespace

const char* assembler_reads_files(std::string_view text) noexcept {
  // Both walks go from one rare character to the next: a text may be large.
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
    if (dot + 1 == text.size() || !may_begin(text[dot + 1])) continue;
    if (const char* why = why_refused(Characters(text.substr(dot + 1)))) return why;
  }
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (text.substr(at).starts_with("\\N{")) return kNamesCharacters;
    Characters escaped(text.substr(at));
    if (escaped.next() != '.') continue;
    if (const char* why = why_refused(escaped)) return why;
  }
  return nullptr;
}

}  // namespace zccache::cc
