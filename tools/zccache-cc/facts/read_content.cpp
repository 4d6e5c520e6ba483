#include "zccache-cc/facts/read_content.hpp"

#include <fcntl.h>

#include <string_view>

#include "common/descriptor.hpp"

namespace zccache::cc {

std::optional<KnownContent> read_content(Knowledge& knowledge, const char* path, const struct stat& status, std::int64_t moment) {
  const FileStamp stamp = stamp_of(status);
  if (const auto known = knowledge.content(stamp)) return known;
  const tools::Descriptor file(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat opened {};
  if (!file || ::fstat(file.get(), &opened) != 0 || stamp_of(opened) != stamp) return std::nullopt;
  TimesSearch times;
  const auto digest = digest_of_file(file.get(), [&](std::string_view piece) { times.add(piece); });
  if (!digest) return std::nullopt;
  const KnownContent content{.digest = *digest, .times = times.found()};
  if (is_settled(stamp, moment)) knowledge.note_content(stamp, content);
  return content;
}

}  // namespace zccache::cc
