#include "zccache-cc/facts/read_content.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "common/descriptor.hpp"

namespace zccache::cc {
namespace {

/// Looks for `GCC dependency` in a text that comes in pieces. `#pragma` or `_Pragma`, written out or put together by macros: these two words
/// stand beside one another in some file.
class PragmaSearch {
 public:
  void add(std::string_view piece) {
    if (is_first_)
      is_program_ = piece.starts_with(
          "\x7f"
          "ELF");  // a compiler has the name of its pragma in it
    is_first_ = false;
    // Across the seam: the end of the last piece and the beginning of this one.
    found_ = found_ || stands_in(rest_ + std::string(piece.substr(0, kLongest))) || stands_in(piece);
    rest_ = piece.substr(piece.size() - std::min(piece.size(), kLongest));
  }
  [[nodiscard]] bool found() const { return found_ && !is_program_; }

 private:
  static constexpr std::string_view kFirst = "GCC";
  static constexpr std::string_view kSecond = "dependency";
  static constexpr std::size_t kLongest = 128;

  static bool stands_in(std::string_view text) {
    for (std::size_t at = text.find(kSecond); at != std::string_view::npos; at = text.find(kSecond, at + 1)) {
      const std::size_t before = text.substr(0, at).find_last_not_of(" \t\v\f\\\r\n");
      if (before != std::string_view::npos && before + 1 != at && text.substr(0, before + 1).ends_with(kFirst)) return true;
    }
    return false;
  }

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
  PragmaSearch pragma;
  const auto digest = digest_of_file(file.get(), [&](std::string_view piece) { pragma.add(piece); });
  if (!digest) return std::nullopt;
  const KnownContent content{.digest = *digest, .may_compare_times = pragma.found()};
  if (is_settled(stamp, moment)) knowledge.note_content(stamp, content);
  return content;
}

}  // namespace zccache::cc
