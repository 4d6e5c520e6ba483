#include "payload/payload_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "base/file.hpp"
#include "payload/payload_files.hpp"
#include "payload/staging.hpp"

namespace zccache {

std::array<PayloadReader::Place, 2> PayloadReader::places() const noexcept {
  if (is_packed(PayloadLayout::automatic, {}, entry_.output_count(), entry_.total_size())) return {Place::pack, Place::flat};
  return {Place::flat, Place::pack};
}

std::optional<PayloadBytes> PayloadReader::open(std::size_t i) {
  for (const Place place : places()) {
    auto found = open_at(place, i);
    if (!found) continue;
    const auto digest = found->digest();
    if (digest && *digest == entry_.output_digest(i)) return found;
    if (!digest) note(digest.error());
  }
  return std::nullopt;
}

result<bool> PayloadReader::copy(std::size_t i, int to, const std::filesystem::path& to_path) {
  for (const Place place : places()) {
    const auto found = open_at(place, i);
    if (!found) continue;
    const auto digest = found->copy_to(to, to_path);
    if (!digest) return digest.error();
    if (*digest == entry_.output_digest(i)) return true;
    if (::ftruncate(to, 0) != 0 || ::lseek(to, 0, SEEK_SET) != 0) return system_failure(to_path.string());
  }
  return false;
}

result<bool> PayloadReader::is_whole() {
  for (std::size_t i = 0; i < entry_.output_count(); ++i) {
    if (open(i)) continue;
    if (unreadable_) return *unreadable_;
    return false;
  }
  return true;
}

std::optional<PayloadBytes> PayloadReader::open_at(Place place, std::size_t i) { return place == Place::flat ? open_flat(i) : open_packed(i); }

void PayloadReader::note(const Failure& failure) {
  if (failure.error == Error::version_mismatch || !is_about_the_file(failure)) unreadable_ = failure;
}

std::optional<PayloadBytes> PayloadReader::open_flat(std::size_t i) {
  std::filesystem::path path = output_path(directory_, entry_.key(), i);
  if (!is_inside(path)) return std::nullopt;
  auto fd = open_file(path, O_RDONLY);
  if (!fd) {
    note(fd.error());
    return std::nullopt;
  }
  const auto status = status_of(fd->get(), path);
  if (!status || !S_ISREG(status->st_mode) || static_cast<std::uint64_t>(status->st_size) != entry_.output_size(i)) return std::nullopt;
  return PayloadBytes{.path = std::move(path), .fd = std::move(*fd), .bytes = {}, .size = entry_.output_size(i)};
}

std::optional<PayloadBytes> PayloadReader::open_packed(std::size_t i) {
  if (!std::exchange(looked_for_pack_, true)) {
    const std::filesystem::path path = pack_path(directory_, entry_.key());
    auto pack = is_inside(path) ? Pack::open(path, entry_) : Failure{Error::not_found, path.string()};
    if (pack) pack_.emplace(std::move(*pack));
    if (!pack) note(pack.error());
  }
  return pack_ ? std::optional(pack_->output(i)) : std::nullopt;
}

}  // namespace zccache
