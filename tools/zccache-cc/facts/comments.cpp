#include "zccache-cc/facts/comments.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "zccache-cc/facts/words.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kBlanks = " \t";

/// Stands at the end of a text that does not end with a line, of which clang can warn.
constexpr char kNoLine = '\2';

constexpr std::array<std::string_view, 5> kRawPrefixes = {"R", "LR", "uR", "UR", "u8R"};
constexpr std::array<std::string_view, 4> kCharacterPrefixes = {"L", "u", "U", "u8"};

/// Lines of which clang takes what is behind these words as it stands.
constexpr std::array<std::string_view, 3> kRawLines = {"mark", "warning", "error"};

/// Embeds files, or turns warnings on that are about comments or blanks.
constexpr std::array<std::string_view, 7> kReadsBytes = {".inc",          "-Wdocumentation", "-Weverything", "-Wtraditional",
                                                         "-fallthrough=", "g-whitespace",    "-Wc90"};
constexpr std::array<std::string_view, 3> kWordsThatRead = {"embed", "__has_embed", "incbin"};

/// What a pragma for diagnostics does that turns none on.
constexpr std::array<std::string_view, 4> kQuietens = {"push", "pop", "ignored", "ignored_attributes"};
constexpr std::string_view kDiagnostic = "diagnostic";

/// Of sources and headers.
constexpr std::array<std::string_view, 19> kEndings = {".c",   ".cc",  ".cp", ".cpp", ".cxx", ".c++", ".C",   ".h",   ".hh", ".hpp",
                                                       ".hxx", ".h++", ".H",  ".inl", ".ipp", ".tcc", ".tpp", ".inc", ".def"};

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_ascii(char c) { return (c & '\x80') == 0; }

template <class List>
bool contains(const List& list, std::string_view one) {
  return std::ranges::find(list, one) != list.end();
}

/// gcc warns of a case that goes on into the next one unless a comment says that it falls through. Compilers warn of /* within a comment, and
/// of letters that change the direction of a text.
bool says_something(std::string_view comment) {
  constexpr std::string_view kFall = "fall";
  const auto says = [&](std::string_view word) {
    return std::search(comment.begin(), comment.end(), word.begin(), word.end(), [](char c, char of_word) { return lowered(c) == of_word; }) !=
           comment.end();
  };
  const bool is_block = comment.starts_with("/*");
  return says(kFall) || (is_block && comment.find("/*", 2) != std::string_view::npos) || !std::ranges::all_of(comment, is_ascii);
}

class Form {
 public:
  explicit Form(std::string_view text) : text_(text) { form_.reserve(text.size()); }

  std::optional<std::string> make() {
    while (at_ < text_.size()) {
      if (!take()) return std::nullopt;
    }
    if (!end_line()) return std::nullopt;
    if (!text_.ends_with('\n')) form_ += kNoLine;
    return std::move(form_);
  }

 private:
  bool take() {
    const char c = text_[at_];
    switch (c) {
      case '\n':
        return take_line_end();
      case '"':
      case '\'':
        return take_literal(c);
      case '/':
        if (next() == '/') return take_line_comment();
        if (next() == '*') return take_block_comment();
        if (next() == '\\') return false;  // what becomes of it stands on the next line
        break;
      case '<':
        if (hides_comment()) return false;
        break;
      case '?':
        if (next() == '?' && at_ + 2 < text_.size() && std::string_view("=/'()!<>-").find(text_[at_ + 2]) != std::string_view::npos)
          return false;
        break;
      case '\\':
        if (next() == '\f' || next() == '\v') return false;  // blanks to some
        break;
      default:
        if (c >= '\0' && c < ' ' && c != '\t' && c != '\f' && c != '\v') return false;
    }
    form_ += c;
    ++at_;
    return true;
  }

  /// Nothing but blanks stands before it on the line. gcc warns of lines that are indented as if they belonged to others, comments among them.
  [[nodiscard]] bool begins_line() const {
    const std::size_t last = form_.find_last_not_of(kBlanks);
    return last == std::string::npos || form_[last] == '\n';
  }

  [[nodiscard]] char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }

  // --- Lines

  /// Without the blanks at its end. A backslash before them would not continue the line, or a compiler would warn that it does.
  bool end_line() {
    const std::size_t end = form_.find_last_not_of(kBlanks) + 1;
    goes_on_ = end != 0 && form_[end - 1] == '\\';
    if (goes_on_ && end != form_.size()) return false;
    form_.resize(end);
    return true;
  }

  bool take_line_end() {
    if (!end_line()) return false;
    form_ += '\n';
    ++at_;
    if (!goes_on_) line_ = form_.size();
    return true;
  }

  /// The line, with what it continues, up to here.
  [[nodiscard]] std::string_view line() const { return std::string_view(form_).substr(line_); }

  /// It may be one of the preprocessor.
  [[nodiscard]] bool may_be_directive() const { return line().find_first_of("#%") != std::string_view::npos; }

  /// `#include <a//b>`: in a name there are no comments, and quotes begin nothing.
  [[nodiscard]] bool hides_comment() const {
    std::size_t end = at_;
    do {
      end = text_.find('\n', end + 1);
    } while (end != std::string_view::npos && text_[end - 1] == '\\');
    const std::string_view rest = text_.substr(at_, end - at_);
    const std::size_t close = rest.find('>');
    if (close == std::string_view::npos) return false;
    std::string name(rest.substr(0, close));
    std::erase_if(name, [](char c) { return c == '\n' || c == '\\'; });
    if (name.find("//") != std::string::npos || name.find("/*") != std::string::npos) return true;
    return may_be_directive() && name.find_first_of("\"'") != std::string::npos;
  }

  // --- Literals, which stay as they are

  bool take_literal(char quote) {
    std::size_t word = form_.size();
    while (word > line_ && is_word_letter(form_[word - 1])) --word;
    const std::string_view prefix = std::string_view(form_).substr(word);
    if (quote == '\'' && may_go_on_with_number(std::string_view(form_).substr(0, word))) return false;
    if (form_.ends_with("\\\n")) return false;  // its prefix may end the line before
    if (quote == '"' ? contains(kRawPrefixes, prefix) : !prefix.empty() && !contains(kCharacterPrefixes, prefix)) return false;
    const std::size_t end = end_of_literal(quote);
    if (end == std::string_view::npos) return false;
    const std::string_view literal = text_.substr(at_, end - at_);
    // In the name of a file a backslash is one.
    if (literal.find('\\') != std::string_view::npos && may_be_directive() && line().find("include") != std::string_view::npos) return false;
    if (literal.find("\?\?/") != std::string_view::npos || literal.find("\?\?'") != std::string_view::npos) return false;
    form_ += literal;
    at_ = end;
    return true;
  }

  /// `1.'0'` and `1e+'0'` are numbers to some.
  static bool may_go_on_with_number(std::string_view before) {
    if (before.empty()) return false;
    const std::size_t sign = before.size() - 1;
    const bool has_sign = before[sign] == '+' || before[sign] == '-';
    return before[sign] == '.' || (has_sign && sign != 0 && std::string_view("eEpP").find(before[sign - 1]) != std::string_view::npos);
  }

  [[nodiscard]] std::size_t end_of_literal(char quote) const {
    for (std::size_t at = at_ + 1; at < text_.size() && text_[at] != '\n'; ++at) {
      if (text_[at] == quote) return at + 1;
      if (text_[at] == '\\' && (++at == text_.size() || text_[at] == '\n')) break;
    }
    return std::string_view::npos;
  }

  // --- Comments

  bool take_line_comment() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view comment = text_.substr(at_, end - at_);
    const std::size_t last = comment.find_last_not_of(kBlanks);
    if (comment[last] == '\\' || comment.find("\?\?/") != std::string_view::npos) return false;
    return blank_out(comment);
  }

  bool take_block_comment() {
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) return false;
    const std::string_view comment = text_.substr(at_, end + 2 - at_);
    if (comment.find("\?\?/") != std::string_view::npos) return false;
    // A star, the end of a line that goes on, and a slash end the comment before it seems to end.
    for (std::size_t at = comment.find('\\'); at != std::string_view::npos; at = comment.find('\\', at + 1)) {
      const std::size_t behind = comment.find_first_not_of(kBlanks, at + 1);
      if (comment[behind] == '\n' && (comment[at - 1] == '*' || comment[at - 1] == '\n')) return false;
    }
    return blank_out(comment);
  }

  bool blank_out(std::string_view comment) {
    if (may_be_directive() &&
        std::ranges::any_of(kRawLines, [&](std::string_view word) { return line().find(word) != std::string_view::npos; }))
      return false;
    const bool stays = says_something(comment);
    for (const char c : comment) {
      if (c == '\n') {
        if (!end_line()) return false;
        form_ += kCommentGoesOn;
        form_ += '\n';
      } else if (c >= '\0' && c < ' ' && c != '\t') {
        return false;
      } else if (stays || c == '\t') {
        form_ += c;
      } else {
        form_ += c != ' ' && begins_line() ? kCommentBegins : ' ';
      }
    }
    at_ += comment.size();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string form_;
  std::size_t line_ = 0;  ///< where the present line, with those that it continues, begins in the form
  bool goes_on_ = false;
};

}  // namespace

std::optional<std::string> without_comments(std::string_view text) { return Form(text).make(); }

bool may_read_bytes(std::string_view text) {
  for (std::size_t at = text.find(kDiagnostic); at != std::string_view::npos; at = text.find(kDiagnostic, at + 1)) {
    if (at != 0 && is_word_letter(text[at - 1])) continue;
    std::string_view rest = text.substr(at + kDiagnostic.size());
    if (!rest.empty() && is_word_letter(rest[0])) continue;
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\\\n"), rest.size()));
    const auto end = std::ranges::find_if_not(rest, is_word_letter);
    const bool goes_on = !rest.empty() && (is_word_letter(rest[0]) || rest[0] == '"' || rest[0] == '#');
    if (goes_on && !contains(kQuietens, rest.substr(0, static_cast<std::size_t>(end - rest.begin())))) return true;
  }
  const std::vector<std::uint32_t> words = words_of(text);
  return std::ranges::any_of(kReadsBytes, [&](std::string_view part) { return text.find(part) != std::string_view::npos; }) ||
         std::ranges::any_of(kWordsThatRead, [&](std::string_view word) { return std::ranges::binary_search(words, hash_of_word(word)); });
}

bool is_named_like_text(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return (name.find('.') == std::string_view::npos && is_of_system(path)) ||
         std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace zccache::cc
