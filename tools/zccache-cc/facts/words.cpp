#include "zccache-cc/facts/words.hpp"

#include <algorithm>
#include <array>

namespace zccache::cc {
namespace {

/// What macros that no file defines stand for, as `gcc -dM -E` and `clang -dM -E` show them for C and C++: __SIZE_TYPE__, __UINT64_C, ….
constexpr std::array<std::string_view, 26> kOfCompilers = {
    "DD",   "DF",     "DL",     "F",     "F128", "F16",  "F32",   "F32x",          "F64",
    "F64x", "L",      "LL",     "U",     "UL",   "ULL",  "_",     "__attribute__", "__int128",
    "char", "double", "extern", "float", "int",  "long", "short", "unsigned"};

constexpr std::size_t kFirstSlots = std::size_t{1} << 15;

/// No word of a text has it; a hash that happens to be zero is taken for another one.
constexpr std::uint32_t kFree = 0;
constexpr std::uint32_t not_free(std::uint32_t word) noexcept { return word == kFree ? 1 : word; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// How long the end of a line that is continued is, if there is one at the start of `text`: a backslash, or its trigraph, perhaps blanks.
std::size_t continuation(std::string_view text) {
  const std::size_t mark = text.starts_with('\\') ? 1 : text.starts_with("\?\?/") ? 3 : 0;
  if (mark == 0) return 0;
  const std::size_t end = std::min(text.find_first_not_of(" \t\r", mark), text.size());
  return end < text.size() && text[end] == '\n' ? end + 1 : 0;
}

}  // namespace

std::uint32_t hash_of_word(std::string_view word) noexcept {
  WordHash hash;
  for (const char letter : word) hash.add(letter);
  return hash.value();
}

std::vector<std::uint32_t> words_of(std::string_view text) {
  std::vector<std::uint32_t> words;
  WordHash hash;
  bool in_word = false;
  const auto end_word = [&] {
    if (in_word) words.push_back(hash.value());
    hash = {};
    in_word = false;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (is_word_letter(text[at])) {
      hash.add(text[at++]);
      in_word = true;
    } else if (const std::size_t skipped = continuation(text.substr(at)); skipped != 0) {
      at += skipped;
    } else {
      end_word();
      ++at;
    }
  }
  end_word();
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

WordSet::WordSet() : slots_(kFirstSlots) {
  for (const std::string_view word : kOfCompilers) insert(hash_of_word(word));
}

void WordSet::add(std::span<const std::uint32_t> words) {
  for (const std::uint32_t word : words) insert(word);
}

bool WordSet::has(std::uint32_t word) const noexcept {
  word = not_free(word);
  for (std::size_t at = word & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at] == word) return true;
    if (slots_[at] == kFree) return false;
  }
}

void WordSet::insert(std::uint32_t word) {
  if (has(word)) return;
  if (2 * (size_ + 1) > slots_.size()) {
    std::vector<std::uint32_t> before(2 * slots_.size());
    before.swap(slots_);
    size_ = 0;
    for (const std::uint32_t old : before) {
      if (old != kFree) insert(old);
    }
  }
  std::size_t at = not_free(word) & (slots_.size() - 1);
  while (slots_[at] != kFree) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = not_free(word);
  ++size_;
}

bool WordSet::may_name(std::string_view word) const {
  // Which beginnings of it can be put together. The compiler's own macros give any number, with letters behind it.
  std::vector<bool> is_made(word.size() + 1);
  is_made[0] = true;
  for (std::size_t from = 0; from < word.size(); ++from) {
    if (!is_made[from]) continue;
    WordHash piece;
    const bool is_number = is_digit(word[from]);
    for (std::size_t to = from; to < word.size(); ++to) {
      piece.add(word[to]);
      if (is_number || has(piece.value())) is_made[to + 1] = true;
    }
  }
  return is_made[word.size()];
}

}  // namespace zccache::cc
