#include "zccache-cc/facts/definitions.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "zccache-cc/facts/comments.hpp"
#include "zccache-cc/facts/words.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kBlanks = " \t";

/// As they end in a form: continued by a backslash, or by a comment.
bool goes_on(std::string_view line) { return line.ends_with('\\') || line.ends_with(kCommentGoesOn); }

/// Of a line without the blanks before it.
bool is_comment(std::string_view line) {
  return line.starts_with(kCommentBegins) && (line.size() == 1 || (line.size() == 2 && line[1] == kCommentGoesOn));
}

std::string_view without_blanks_before(std::string_view text) { return text.substr(std::min(text.find_first_not_of(kBlanks), text.size())); }

/// Other spellings of operators, of which some compilers warn in C.
constexpr std::array<std::string_view, 11> kOperators = {"and",    "and_eq", "bitand", "bitor", "compl", "not",
                                                         "not_eq", "or",     "or_eq",  "xor",   "xor_eq"};

bool is_simple_string(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return false;
  return std::ranges::all_of(text.substr(1, text.size() - 2),
                             [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '?'; });
}

bool is_simple_word(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_number = !text.empty() && is_digit(text[0]);
  const bool has_letters = std::ranges::all_of(text, [&](char c) { return is_word_letter(c) || (is_number && c == '.'); });
  return has_letters && !text.starts_with('_') && std::ranges::find(kOperators, text) == kOperators.end();
}

/// Nothing, a word, a number or a string, perhaps in parentheses: of those a compiler has nothing to say before it expands them.
bool is_plain(std::string_view value) {
  value = without_blanks_before(value);
  value = value.substr(0, value.find_last_not_of(kBlanks) + 1);
  if (value.starts_with('(') && value.ends_with(')')) value = value.substr(1, value.size() - 2);
  if (value.starts_with('-') && value.size() > 1) value.remove_prefix(1);
  return is_simple_word(value) || is_simple_string(value);
}

/// What some compiler for some machine defines itself, though in capitals.
constexpr std::array<std::string_view, 14> kOfCompilers = {"WIN32", "WIN64", "WINNT", "MSDOS",  "AVR",  "MIPSEB", "MIPSEL",
                                                           "PPC",   "PIC",   "PIE",   "NDEBUG", "SVR4", "BSD",    "NULL"};

/// Most of compilers' own are in lower case, or begin with an underscore.
bool is_of_programs(std::string_view name) {
  return !name.empty() && name[0] >= 'A' && name[0] <= 'Z' && std::ranges::find(kOfCompilers, name) == kOfCompilers.end();
}

}  // namespace

Definitions::Definitions(std::string_view form) : form_(form) {
  bool is_continued = false;
  for (std::string_view rest = form; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    if (!is_continued) take_line(line);
    is_continued = goes_on(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::unordered_map<std::string_view, unsigned> times;
  for (const Definition& one : all_) ++times[one.name];
  std::erase_if(all_, [&](const Definition& one) { return times[one.name] != 1 || !is_of_programs(one.name) || !is_plain(one.value); });
}

void Definitions::take_line(std::string_view line) {
  std::string_view rest = without_blanks_before(line);
  if (rest.empty() || is_comment(rest)) return;
  if (rest[0] != '#') {
    are_all_ = false;
    return;
  }
  constexpr std::string_view kDefine = "define";
  rest = without_blanks_before(rest.substr(1));
  if (!rest.starts_with(kDefine) || goes_on(line)) return;
  rest.remove_prefix(kDefine.size());
  const std::string_view name_on = without_blanks_before(rest);
  if (name_on.size() == rest.size()) return;  // another directive that begins alike
  const auto end = std::ranges::find_if_not(name_on, is_word_letter);
  const std::string_view name = name_on.substr(0, static_cast<std::size_t>(end - name_on.begin()));
  const std::string_view value = name_on.substr(name.size());
  // With arguments, or without the blank that ought to be there.
  if (!value.empty() && kBlanks.find(value[0]) == std::string_view::npos) return;
  all_.push_back({name, value});
}

std::vector<std::string_view> Definitions::names() const {
  std::vector<std::string_view> names;
  for (const Definition& one : all_) names.push_back(one.name);
  return names;
}

std::string Definitions::without_values(std::span<const std::uint32_t> used) const {
  std::vector<std::string_view> values;
  for (const Definition& one : all_) {
    if (!std::ranges::binary_search(used, hash_of_word(one.name))) values.push_back(one.value);
  }
  return without(values);
}

std::string Definitions::without_names() const { return without(names()); }

std::string Definitions::without(std::span<const std::string_view> parts) const {
  std::string text;
  text.reserve(form_.size());
  const char* from = form_.data();
  for (const std::string_view part : parts) {
    text.append(from, part.data());
    from = part.data() + part.size();
  }
  return text.append(from, form_.data() + form_.size());
}

}  // namespace zccache::cc
