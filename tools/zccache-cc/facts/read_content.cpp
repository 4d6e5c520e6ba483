#include "zccache-cc/facts/read_content.hpp"

#include <elf.h>
#include <fcntl.h>

#include <string>
#include <string_view>

#include "common/descriptor.hpp"
#include "zccache-cc/facts/comments.hpp"
#include "zccache-cc/facts/definitions.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

/// Longer files are not for people to comment.
constexpr std::size_t kLongestText = std::size_t{4} << 20;

/// What there is beside a digest to say of bytes that come in pieces.
class TextSearch {
 public:
  void add(std::string_view piece) {
    is_elf_ = is_elf_ || (is_first_ && piece.starts_with(std::string_view(ELFMAG, SELFMAG)));
    is_first_ = false;
    is_text_ = is_text_ && text_.size() + piece.size() <= kLongestText && piece.find('\0') == std::string_view::npos;
    if (is_text_) text_ += piece;
  }
  void finish(KnownContent& content, std::string_view path) const {
    content.code = content.digest;
    content.is_elf = is_elf_;
    if (!is_text_) return;
    const auto code = without_comments(text_);
    if (code) content.code = digest_of(*code);
    content.only_defines = code && !is_of_system(path) && Definitions(*code).are_all();
    content.may_read_bytes = may_read_bytes(code ? *code : text_);
  }

 private:
  std::string text_;
  bool is_first_ = true;
  bool is_elf_ = false;
  bool is_text_ = true;
};

}  // namespace

std::optional<KnownContent> read_content(Knowledge& knowledge, const char* path, const struct stat& status, std::int64_t moment) {
  const FileStamp stamp = stamp_of(status);
  if (const auto known = knowledge.content(stamp)) return known;
  const tools::Descriptor file(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat opened {};
  if (!file || ::fstat(file.get(), &opened) != 0 || stamp_of(opened) != stamp) return std::nullopt;
  TimesSearch times;
  TextSearch text;
  const auto digest = digest_of_file(file.get(), [&](std::string_view piece) {
    times.add(piece);
    text.add(piece);
  });
  if (!digest) return std::nullopt;
  KnownContent content{.digest = *digest, .times = times.found(), .code = {}};
  text.finish(content, path);
  if (is_settled(stamp, moment)) knowledge.note_content(stamp, content);
  return content;
}

}  // namespace zccache::cc
