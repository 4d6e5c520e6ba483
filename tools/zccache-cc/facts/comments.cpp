#include "zccache-cc/facts/comments.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "zccache-cc/facts/words.hpp"

namespace zccache::cc {
namespace {

constexpr std::string_view kBlanks = " \t";

/// Stands for a line's end within a comment: a directive goes on behind it. Control characters of the text's own leave it without a form.
constexpr char kGoesOn = '\1';

constexpr std::array<std::string_view, 5> kRawPrefixes = {"R", "LR", "uR", "UR", "u8R"};
constexpr std::array<std::string_view, 4> kCharacterPrefixes = {"L", "u", "U", "u8"};
constexpr std::array<std::string_view, 3> kNamesFiles = {"include", "import", "embed"};

/// Embeds files, or turns warnings on that are about comments or blanks.
constexpr std::array<std::string_view, 8> kReadsBytes = {"incbin",        "-Wdocumentation", "-Weverything", "-Wtraditional",
                                                         "-fallthrough=", "g-whitespace",    "-Wc90",        "has_embed"};
constexpr std::string_view kEmbed = "embed";

/// Of sources and headers.
constexpr std::array<std::string_view, 19> kEndings = {".c",   ".cc",  ".cp", ".cpp", ".cxx", ".c++", ".C",   ".h",   ".hh", ".hpp",
                                                       ".hxx", ".h++", ".H",  ".inl", ".ipp", ".tcc", ".tpp", ".inc", ".def"};

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <class List>
bool contains(const List& list, std::string_view one) {
  return std::ranges::find(list, one) != list.end();
}

/// gcc warns of a case that goes on into the next one unless a comment says that it falls through, and compilers warn of /* within a comment.
bool says_something(std::string_view comment) {
  constexpr std::string_view kFall = "fall";
  const bool is_block = comment.starts_with("/*");
  return !std::ranges::search(comment, kFall, {}, lowered).empty() || (is_block && comment.find("/*", 2) != std::string_view::npos);
}

class Form {
 public:
  explicit Form(std::string_view text) : text_(text) { form_.reserve(text.size()); }

  std::optional<std::string> make() {
    while (at_ < text_.size()) {
      if (!take()) return std::nullopt;
    }
    if (!end_line()) return std::nullopt;
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
        if (hides_comment() && is_directive() && names_file()) return false;
        break;
      case '?':
        if (next() == '?' && at_ + 2 < text_.size() && std::string_view("=/'()!<>-").find(text_[at_ + 2]) != std::string_view::npos)
          return false;
        break;
      default:
        if (c >= '\0' && c < ' ' && c != '\t' && c != '\f' && c != '\v') return false;
    }
    form_ += c;
    ++at_;
    return true;
  }

  [[nodiscard]] char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }

  // --- Lines

  /// Without the blanks at its end. A backslash before a comment does not continue the line, but before nothing it would.
  bool end_line() {
    const std::size_t end = form_.find_last_not_of(kBlanks) + 1;
    const bool is_continued = end != 0 && form_[end - 1] == '\\';
    if (is_continued && (comment_at_ > end || (is_directive() && names_file()))) return false;
    form_.resize(end);
    comment_at_ = 0;
    goes_on_ = is_continued;
    return true;
  }

  bool take_line_end() {
    if (!end_line()) return false;
    form_ += '\n';
    ++at_;
    if (!goes_on_) line_ = form_.size();
    return true;
  }

  /// The line, with what it continues, is one of the preprocessor.
  [[nodiscard]] bool is_directive() const {
    const std::string_view line = std::string_view(form_).substr(line_);
    const std::size_t first = line.find_first_not_of(" \t\f\v\1\n");
    return first != std::string_view::npos && (line[first] == '#' || line.substr(first).starts_with("%:"));
  }
  [[nodiscard]] bool names_file() const {
    const std::string_view line = std::string_view(form_).substr(line_);
    return std::ranges::any_of(kNamesFiles, [&](std::string_view word) { return line.find(word) != std::string_view::npos; });
  }

  /// `#include <a//b>`: in a name there are no comments.
  [[nodiscard]] bool hides_comment() const {
    const std::string_view rest = text_.substr(at_, text_.find('\n', at_) - at_);
    const std::string_view name = rest.substr(0, rest.find('>'));
    return name.find("//") != std::string_view::npos || name.find("/*") != std::string_view::npos;
  }

  // --- Literals, which stay as they are

  bool take_literal(char quote) {
    std::size_t word = form_.size();
    while (word > line_ && is_word_letter(form_[word - 1])) --word;
    const std::string_view prefix = std::string_view(form_).substr(word);
    if (form_.ends_with("\\\n")) return false;  // its prefix may end the line before
    if (quote == '"' ? contains(kRawPrefixes, prefix) : !prefix.empty() && !contains(kCharacterPrefixes, prefix)) return false;
    const std::size_t end = end_of_literal(quote);
    if (end == std::string_view::npos) return false;
    const std::string_view literal = text_.substr(at_, end - at_);
    // In the name of a file a backslash is one.
    if (literal.find('\\') != std::string_view::npos && is_directive() && names_file()) return false;
    if (literal.find("\?\?/") != std::string_view::npos || literal.find("\?\?'") != std::string_view::npos) return false;
    form_ += literal;
    at_ = end;
    return true;
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
    for (std::size_t at = comment.find('\\'); at != std::string_view::npos; at = comment.find('\\', at + 1)) {
      const std::size_t behind = comment.find_first_not_of(kBlanks, at + 1);
      if (comment[behind] == '\n') return false;  // a star before it, and a slash behind it, would end the comment
    }
    return blank_out(comment);
  }

  bool blank_out(std::string_view comment) {
    const bool stays = says_something(comment);
    for (const char c : comment) {
      if (c == '\n') {
        if (!end_line()) return false;
        form_ += kGoesOn;
        form_ += '\n';
      } else if (c >= '\0' && c < ' ' && c != '\t') {
        return false;
      } else {
        const bool is_plain = (c & '\x80') == 0 && c != '\t';
        form_ += is_plain && !stays ? ' ' : c;
      }
      comment_at_ = form_.size();
    }
    at_ += comment.size();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string form_;
  std::size_t line_ = 0;        ///< where the present line, with those that it continues, begins in the form
  std::size_t comment_at_ = 0;  ///< where the last comment of this line ended there
  bool goes_on_ = false;
};

}  // namespace

std::optional<std::string> without_comments(std::string_view text) { return Form(text).make(); }

bool may_read_bytes(std::string_view text) {
  for (std::size_t at = text.find(kEmbed); at != std::string_view::npos; at = text.find(kEmbed, at + 1)) {
    const std::size_t before = text.substr(0, at).find_last_not_of(" \t\\\n");
    if (before != std::string_view::npos && (text[before] == '#' || text[before] == ':')) return true;
  }
  return std::ranges::any_of(kReadsBytes, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

bool is_named_like_text(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.find('.') == std::string_view::npos ||
         std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace zccache::cc
