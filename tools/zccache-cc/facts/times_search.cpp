#include "zccache-cc/facts/times_search.hpp"

#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace zccache::cc {
namespace {

/// `#pragma` or `_Pragma`, written out or put together by macros: these two words stand beside one another in some file.
constexpr std::string_view kFirst = "GCC";
constexpr std::string_view kSecond = "dependency";
constexpr std::size_t kLongest = 128;

/// How a precompiled header or module of clang begins, and the section that it has in an object where -gmodules made it.
constexpr std::string_view kSyntaxTree = "CPCH";
constexpr std::string_view kSyntaxTreeSection = "__clangast";

bool has_pragma(std::string_view text) {
  for (std::size_t at = text.find(kSecond); at != std::string_view::npos; at = text.find(kSecond, at + 1)) {
    const std::size_t before = text.substr(0, at).find_last_not_of(" \t\v\f\\\r\n");
    if (before != std::string_view::npos && before + 1 != at && text.substr(0, before + 1).ends_with(kFirst)) return true;
  }
  return false;
}

/// Not by find(), which stops at each underscore.
bool names_section(std::string_view object) {
  return ::memmem(object.data(), object.size(), kSyntaxTreeSection.data(), kSyntaxTreeSection.size()) != nullptr;
}

}  // namespace

void TimesSearch::take_start(std::string_view piece) {
  is_first_ = false;
  has_syntax_tree_ = piece.starts_with(kSyntaxTree);
  const bool is_elf = piece.starts_with(std::string_view(ELFMAG, SELFMAG)) && piece.size() > offsetof(Elf64_Ehdr, e_type);
  is_object_ = is_elf && piece[offsetof(Elf64_Ehdr, e_type)] == ET_REL;  // little-endian, and there in ELF of 32 bits as well
  is_program_ = is_elf && !is_object_;
}

void TimesSearch::add(std::string_view piece) {
  if (is_first_) take_start(piece);
  if (is_program_) return;
  const std::string seam = rest_ + std::string(piece.substr(0, kLongest));
  if (is_object_) {
    has_syntax_tree_ = has_syntax_tree_ || names_section(seam) || names_section(piece);
  } else {
    has_pragma_ = has_pragma_ || has_pragma(seam) || has_pragma(piece);
  }
  rest_ = piece.substr(piece.size() - std::min(piece.size(), kLongest));
}

KnowsTimes TimesSearch::found() const noexcept {
  if (has_pragma_) return KnowsTimes::of_what_is_read;
  return has_syntax_tree_ ? KnowsTimes::of_what_is_asked : KnowsTimes::no;
}

KnowsTimes times_known_by(std::string_view bytes) {
  TimesSearch search;
  search.add(bytes);
  return search.found();
}

}  // namespace zccache::cc
