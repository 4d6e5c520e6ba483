#include <zccache/payload_store.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/directory.hpp"
#include "base/file.hpp"
#include "payload/copy.hpp"
#include "payload/payload_files.hpp"
#include "payload/staged.hpp"
#include "store/exclusive_change.hpp"

namespace zccache {
namespace {

namespace fs = std::filesystem;

/// A name that stays inside whatever folder it is restored to.
bool is_safe_name(std::string_view name) {
  const fs::path path(name);
  return !name.empty() && name.find('\0') == std::string_view::npos && path.is_relative() &&
         std::ranges::find(path, fs::path("..")) == path.end();
}

result<void> check_put(std::string_view key, std::span<const OutputFile> outputs) {
  if (!is_payload_key(key)) return Failure{Error::invalid_key, "key '" + std::string(key.substr(0, 80)) + "'"};
  for (const OutputFile& output : outputs) {
    if (!is_safe_name(output.name)) return Failure{Error::invalid_artifact, "output name '" + output.name + "'"};
  }
  return {};
}

struct Stored {
  AtomicFile file;
  std::uint64_t size;
  std::uint32_t mode;
  Digest digest;
};

/// Copies an output aside, next to where it will lie.
result<Stored> stage_payload(const fs::path& source, const fs::path& payload) {
  // Through symlinks: compilers write through them as well. O_NONBLOCK: a FIFO is refused, not waited for.
  const int fd = ::open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return system_failure(source.string());
  const UniqueFd from(fd);
  auto status = status_of(from.get(), source);
  if (!status) return status.error();
  if (!S_ISREG(status->st_mode)) return Failure{Error::invalid_artifact, source.string()};
  if (auto made = make_folders_of(payload); !made) return made.error();
  auto to = AtomicFile::create_beside(payload);
  if (!to) return to.error();
  mark_as_being_written(to->fd());
  const auto size = static_cast<std::uint64_t>(status->st_size);
  if (auto copied = copy_bytes(from.get(), to->fd(), size, payload); !copied) return copied.error();
  // Of the copy, not of the source: what is vouched for is what lies in the cache.
  auto digest = digest_of(to->fd(), payload);
  auto copy_status = status_of(to->fd(), payload);
  if (!digest || !copy_status) return digest ? copy_status.error() : digest.error();
  return Stored{std::move(*to), static_cast<std::uint64_t>(copy_status->st_size), static_cast<std::uint32_t>(status->st_mode & 07777), *digest};
}

/// A payload that is what the entry says, opened. Absent where it is missing or something else.
std::optional<UniqueFd> open_checked(const ArtifactView& entry, std::size_t i, const fs::path& payload) {
  if (!is_inside(payload)) return std::nullopt;
  auto fd = open_file(payload, O_RDONLY);
  if (!fd) return std::nullopt;
  const auto status = status_of(fd->get(), payload);
  if (!status || !S_ISREG(status->st_mode) || static_cast<std::uint64_t>(status->st_size) != entry.output_size(i)) return std::nullopt;
  const auto digest = digest_of(fd->get(), payload);
  if (!digest || *digest != entry.output_digest(i)) return std::nullopt;
  return std::move(*fd);
}

result<AtomicFile> stage_destination(const ArtifactView& entry, std::size_t i, int payload_fd, const fs::path& payload,
                                     const fs::path& destination, Materialize how) {
  if (how == Materialize::hard_link) {
    auto linked = AtomicFile::link_beside(destination, payload);
    if (linked) return linked;  // else another file system, or one without links: copy
  }
  auto file = AtomicFile::create_beside(destination, (entry.output_mode(i) & 0111) != 0 ? 0777 : 0666);
  if (!file) return file;
  if (auto copied = copy_bytes(payload_fd, file->fd(), entry.output_size(i), destination); !copied) return copied.error();
  return file;
}

std::optional<std::size_t> index_of(const ArtifactView& entry, std::string_view name) {
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    if (entry.output_name(i) == name) return i;
  }
  return std::nullopt;
}

std::size_t output_count_of(const ArtifactStore& store, std::string_view key) {
  const ArtifactView entry = store.find(key);
  return entry ? entry.output_count() : 0;
}

}  // namespace

fs::path PayloadStore::path_of(std::string_view key, std::size_t i) const { return output_path(CacheDirectory(store_->directory()), key, i); }

result<void> PayloadStore::put(std::string_view key, std::span<const OutputFile> outputs, std::string_view stdout_bytes,
                               std::string_view stderr_bytes, std::int32_t exit_code) {
  if (auto checked = check_put(key, outputs); !checked) return checked;
  if (store_->read_only()) return Failure{Error::read_only, store_->directory().string()};
  std::vector<AtomicFile> staged;
  std::vector<std::string> names;
  std::vector<std::uint64_t> sizes;
  std::vector<std::uint32_t> modes;
  std::vector<Digest> digests;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    auto stored = stage_payload(outputs[i].path, path_of(key, i));
    if (!stored) return stored.error();
    names.push_back(outputs[i].name);
    sizes.push_back(stored->size);
    modes.push_back(stored->mode);
    digests.push_back(stored->digest);
    staged.push_back(std::move(stored->file));
  }
  Artifact artifact =
      Artifact::from_outputs(std::move(names), std::move(sizes), std::string(stdout_bytes), std::string(stderr_bytes), exit_code);
  artifact.output_modes = std::move(modes);
  artifact.output_digests = std::move(digests);

  // Files and entry under one lock: whoever removes payloads without an entry, or the entry that was here before, comes before or after both.
  auto change = ExclusiveChange::begin(*store_);
  if (!change) return change.error();
  for (std::size_t i = 0; i < staged.size(); ++i) {
    if (auto placed = staged[i].commit(path_of(key, i)); !placed) return placed;
  }
  const std::size_t before = output_count_of(*store_, key);
  if (auto inserted = change->insert(key, artifact); !inserted) return inserted;
  for (std::size_t i = outputs.size(); i < before; ++i) unlink_payload(path_of(key, i));  // the new entry has fewer
  return {};
}

result<Restored> PayloadStore::restore(const ArtifactView& entry, std::span<const OutputFile> wanted, Materialize how) {
  if (!entry || !is_payload_key(entry.key())) return Restored::miss;
  std::vector<AtomicFile> staged;
  for (const OutputFile& output : wanted) {
    const auto i = index_of(entry, output.name);
    if (!i) return Restored::miss;
    const fs::path payload = path_of(entry.key(), *i);
    const auto fd = open_checked(entry, *i, payload);
    if (!fd) return look_again(entry.key());
    auto file = stage_destination(entry, *i, fd->get(), payload, output.path, how);
    if (!file) return file.error();
    staged.push_back(std::move(*file));
  }
  for (std::size_t i = 0; i < staged.size(); ++i) {
    if (auto placed = staged[i].replace(wanted[i].path); !placed) return placed.error();
  }
  return Restored::hit;
}

// A payload is not what the entry says. The entry may have been evicted or replaced after it was looked up: then this is no damage.
Restored PayloadStore::look_again(std::string_view key) {
  if (store_->read_only()) {
    const ArtifactView now = store_->find(key);
    return !now || is_whole(now) ? Restored::miss : Restored::damaged;
  }
  auto change = ExclusiveChange::begin(*store_);
  if (!change) return Restored::damaged;  // the next one finds the same
  const ArtifactView now = store_->find(key);
  if (!now || is_whole(now)) return Restored::miss;
  if (change->remove(key)) unlink_files_of(CacheDirectory(store_->directory()), key, now.output_count());
  return Restored::damaged;
}

bool PayloadStore::is_whole(const ArtifactView& entry) const {
  if (!is_payload_key(entry.key())) return entry.output_count() == 0;
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    if (!open_checked(entry, i, path_of(entry.key(), i))) return false;
  }
  return true;
}

result<bool> PayloadStore::verify(const ArtifactView& entry) const { return is_whole(entry); }

result<bool> PayloadStore::remove(std::string_view key) {
  auto change = ExclusiveChange::begin(*store_);
  if (!change) return change.error();
  const std::size_t outputs = output_count_of(*store_, key);
  auto removed = change->remove(key);
  // Index first: who has seen the entry and finds no payload has a miss.
  if (removed && *removed) unlink_files_of(CacheDirectory(store_->directory()), key, outputs);
  return removed;
}

}  // namespace zccache
