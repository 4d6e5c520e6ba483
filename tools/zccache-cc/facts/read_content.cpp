#include "zccache-cc/facts/read_content.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "common/descriptor.hpp"

namespace zccache::cc {
namespace {

/// Finds a word in a text that comes in pieces.
class WordSearch {
 public:
  explicit WordSearch(std::string_view word) : word_(word) {}
  void add(std::string_view piece) {
    if (is_first_) is_program_ = piece.starts_with("\x7f" "ELF");  // a compiler has the name of its pragma in it
    is_first_ = false;
    // Across the seam: what is left of the last piece, and as much of this one as the word may take.
    const std::string seam = rest_ + std::string(piece.substr(0, word_.size()));
    found_ = found_ || seam.find(word_) != std::string::npos || piece.find(word_) != std::string_view::npos;
    rest_ = piece.substr(piece.size() - std::min(piece.size(), word_.size()));
  }
  [[nodiscard]] bool found() const { return found_ && !is_program_; }

 private:
  std::string_view word_;
  std::string rest_;
  bool found_ = false;
  bool is_first_ = true;
  bool is_program_ = false;
};

}  // namespace

std::optional<KnownContent> read_content(Knowledge& knowledge, const char* path, const struct stat& status, std::int64_t moment) {
  const FileStamp stamp = stamp_of(status);
  if (const auto known = knowledge.content(stamp)) return known;
  const tools::Descriptor file(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat opened {};
  if (!file || ::fstat(file.get(), &opened) != 0 || stamp_of(opened) != stamp) return std::nullopt;
  // `#pragma GCC dependency` and `_Pragma("GCC dependency \"x\"")`, however they are put together by macros.
  WordSearch pragma("dependency");
  const auto digest = digest_of_file(file.get(), [&](std::string_view piece) { pragma.add(piece); });
  if (!digest) return std::nullopt;
  const KnownContent content{.digest = *digest, .may_compare_times = pragma.found()};
  if (is_settled(stamp, moment)) knowledge.note_content(stamp, content);
  return content;
}

}  // namespace zccache::cc
