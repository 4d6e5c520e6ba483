#include "payload/payload_reader.hpp"

#include <fcntl.h>

#include <utility>

#include "base/file.hpp"
#include "payload/copy.hpp"
#include "payload/payload_files.hpp"
#include "payload/staging.hpp"

namespace zccache {

std::optional<PayloadBytes> PayloadReader::open(std::size_t i) {
  // Where `automatic` would have put it first: mostly that is where it is.
  const bool packed_first = is_packed(PayloadLayout::automatic, entry_.output_count(), entry_.total_size());
  auto found = packed_first ? open_packed(i) : open_flat(i);
  return found ? std::move(found) : packed_first ? open_flat(i) : open_packed(i);
}

bool PayloadReader::is_whole() {
  for (std::size_t i = 0; i < entry_.output_count(); ++i) {
    if (!open(i)) return false;
  }
  return true;
}

std::optional<PayloadBytes> PayloadReader::open_flat(std::size_t i) const {
  std::filesystem::path path = output_path(directory_, entry_.key(), i);
  if (!is_inside(path)) return std::nullopt;
  auto fd = open_file(path, O_RDONLY);
  if (!fd) return std::nullopt;
  const auto status = status_of(fd->get(), path);
  if (!status || !S_ISREG(status->st_mode) || static_cast<std::uint64_t>(status->st_size) != entry_.output_size(i)) return std::nullopt;
  const auto digest = digest_of(fd->get(), path);
  if (!digest || *digest != entry_.output_digest(i)) return std::nullopt;
  return PayloadBytes{.path = std::move(path), .fd = std::move(*fd), .bytes = {}, .size = entry_.output_size(i)};
}

std::optional<PayloadBytes> PayloadReader::open_packed(std::size_t i) {
  if (!std::exchange(looked_for_pack_, true)) {
    const std::filesystem::path path = pack_path(directory_, entry_.key());
    if (is_inside(path)) pack_ = Pack::open(path, entry_);
  }
  return pack_ ? pack_->output(i) : std::nullopt;
}

}  // namespace zccache
