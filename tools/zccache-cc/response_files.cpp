#include "response_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace zccache::cc {
namespace {

constexpr int kDeepest = 16;
constexpr std::size_t kMostWords = 100'000;
// Files that name each other many times are read as many times.
constexpr std::size_t kMostReads = 1'000;
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

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

NotCacheable refused(const char* argument, const char* why) {
  return {Counter::response_file, std::string("response file ") + (argument + 1) + ": " + why};
}

}  // namespace

std::optional<std::vector<std::string>> words_of_response_file(std::string_view content) {
  // Other encodings, and what marks them.
  const bool is_marked = !content.empty() && static_cast<unsigned char>(content[0]) >= 0x80;
  const bool is_plain = !is_marked && content.find('\0') == std::string_view::npos;
  return is_plain ? WordReader(content).read() : std::nullopt;
}

Cacheable<std::vector<char*>> ResponseFiles::expand(std::span<char* const> argv) {
  std::vector<char*> expanded;
  expanded.reserve(argv.size());
  for (std::size_t i = 0; i < argv.size(); ++i) {
    if (i == 0) {
      expanded.push_back(argv[i]);  // the compiler
    } else if (const auto done = expand_into(expanded, argv[i], 0); !done) {
      return done.error();
    }
  }
  return expanded;
}

Cacheable<void> ResponseFiles::expand_into(std::vector<char*>& expanded, char* argument, int depth) {
  if (argument[0] != '@') return expanded.push_back(argument), Cacheable<void>();
  if (depth == kDeepest || expanded.size() > kMostWords || files_.size() == kMostReads) return refused(argument, "there are too many of them");
  struct stat status {};
  if (::stat(argument + 1, &status) == 0 && static_cast<std::uint64_t>(status.st_size) > kMostBytes - bytes_)
    return refused(argument, "there is too much in them");
  std::string content;
  auto file = read_file(argument + 1, content);
  if (!file) return std::move(file).error();
  if (!file->exists) return refused(argument, "it is not there");
  auto words = words_of_response_file(content);
  if (!words) return refused(argument, "compilers do not agree on what it says");
  bytes_ += std::min(content.size(), kMostBytes - bytes_);
  files_.push_back(*std::move(file));
  for (std::string& word : *words) {
    words_.push_back(std::move(word));
    if (auto done = expand_into(expanded, words_.back().data(), depth + 1); !done) return done;
  }
  return {};
}

const std::string* ResponseFiles::changed() const {
  std::string content;
  const auto is_same = [&content](const SourceFile& file) {
    const auto now = read_file(file.name, content);
    return now && now->exists && now->stamp == file.stamp && now->digest == file.digest;
  };
  const auto changed = std::ranges::find_if_not(files_, is_same);
  return changed == files_.end() ? nullptr : &changed->name;
}

}  // namespace zccache::cc
