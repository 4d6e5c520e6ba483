#include "zccache-cc/command/response_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace zccache::cc {
namespace {

constexpr off_t kMostBytes = off_t{1} << 20;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// One word after the other. Where gcc, its later versions and clang read differently, there are none: a backslash in single quotes, or in
// double quotes before anything but a quote or a backslash, or at the end of a line; an empty word; a quote that is left open; a vertical tab
// or form feed between words.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  std::optional<std::vector<std::string>> read() {
    std::vector<std::string> words;
    for (skip_space(); agreed_ && !text_.empty(); skip_space()) {
      words.push_back(take_word());
      agreed_ = agreed_ && !words.back().empty();
    }
    return agreed_ ? std::optional(std::move(words)) : std::nullopt;
  }

 private:
  void skip_space() {
    for (; !text_.empty() && is_space(text_[0]); text_.remove_prefix(1)) agreed_ = agreed_ && text_[0] != '\v' && text_[0] != '\f';
  }

  char next() {
    const char c = text_[0];
    text_.remove_prefix(1);
    return c;
  }

  std::string take_word() {
    std::string word;
    char quote = '\0';
    while (agreed_ && !text_.empty() && (quote != '\0' || !is_space(text_[0]))) {
      const char c = next();
      if (c == '\\') {
        word += take_escaped(quote);
      } else if (c == quote) {
        quote = '\0';
      } else if (quote == '\0' && (c == '\'' || c == '"')) {
        quote = c;
      } else {
        word += c;
      }
    }
    if (quote != '\0') agreed_ = false;
    return word;
  }

  char take_escaped(char quote) {
    const char c = text_.empty() ? '\n' : next();
    if (c == '\n' || quote == '\'' || (quote == '"' && c != '"' && c != '\\')) agreed_ = false;
    return c;
  }

  std::string_view text_;
  bool agreed_ = true;
};

}  // namespace

std::optional<std::vector<std::string>> words_of_response_file(std::string_view content) {
  // Other encodings, and what marks them.
  const bool is_marked = !content.empty() && static_cast<unsigned char>(content[0]) >= 0x80;
  const bool is_plain = !is_marked && content.find('\0') == std::string_view::npos;
  return is_plain ? WordReader(content).read() : std::nullopt;
}

std::optional<std::vector<std::string>> words_of_response_file_at(const char* path) {
  struct stat status {};
  if (::stat(path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > kMostBytes) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  auto words = words_of_response_file(content);
  if (words && std::ranges::any_of(*words, [](const std::string& word) { return word.starts_with('@'); })) return std::nullopt;
  return words;
}

}  // namespace zccache::cc
