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
#include "base/log.hpp"
#include "payload/payload_files.hpp"
#include "payload/payload_reader.hpp"
#include "payload/staging.hpp"
#include "store/write_transaction.hpp"

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

/// The outputs of a compile, opened, and their modes.
struct Sources {
  std::vector<PayloadBytes> outputs;
  std::vector<std::uint32_t> modes;
};
result<Sources> open_sources(std::span<const OutputFile> outputs) {
  Sources sources;
  for (const OutputFile& output : outputs) {
    // Through symlinks: compilers write through them as well. O_NONBLOCK: a FIFO is refused, not waited for.
    UniqueFd fd(::open(output.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return system_failure(output.path.string());
    auto status = status_of(fd.get(), output.path);
    if (!status) return status.error();
    if (!S_ISREG(status->st_mode)) return Failure{Error::invalid_artifact, output.path.string()};
    sources.modes.push_back(output.keeps_mode ? 0 : status->st_mode & 07777);
    sources.outputs.push_back({.path = output.path, .fd = std::move(fd), .bytes = {}, .size = static_cast<std::uint64_t>(status->st_size)});
  }
  return sources;
}

/// The mode of the file whose place is to be taken, if there is one. What is no file, a device say, is not to be replaced by one.
result<std::optional<mode_t>> mode_of_destination(const fs::path& destination) {
  struct stat before {};
  if (::lstat(destination.c_str(), &before) != 0) return std::nullopt;  // nothing, or a place that making a file will complain of
  if (!S_ISREG(before.st_mode)) return system_failure(destination.string(), EEXIST);
  return before.st_mode & 0777;
}

/// Where that fails, it has the mode of a new file.
void take_mode(int fd, mode_t mode) noexcept {
  struct stat now {};
  if (::fstat(fd, &now) == 0 && (now.st_mode & 0777) != mode) (void)::fchmod(fd, mode);
}

/// Output i next to its destination. Nothing where it is missing or not what was stored.
result<std::optional<AtomicFile>> stage_destination(PayloadReader& reader, std::size_t i, std::uint32_t mode, const OutputFile& wanted,
                                                    Materialize how) {
  const fs::path& destination = wanted.path;
  const auto mode_before = mode_of_destination(destination);
  if (!mode_before) return mode_before.error();
  if (how == Materialize::hard_link) {
    const auto payload = reader.open(i);
    if (!payload) return std::nullopt;
    if (payload->is_file()) {
      auto linked = AtomicFile::link_beside(destination, payload->fd.get());
      if (linked) return std::optional(std::move(*linked));  // else another file system, or one without links: copy
    }
  }
  auto file = AtomicFile::create_beside(destination, (mode & 0111) != 0 ? 0777 : 0666);
  if (!file) return file.error();
  const auto copied = reader.copy(i, file->fd(), destination);
  if (!copied) return copied.error();
  if (*mode_before && wanted.keeps_mode) take_mode(file->fd(), **mode_before);
  return *copied ? std::optional(std::move(*file)) : std::nullopt;
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

/// A pack of another build is a miss for this one, and stays for those that can read it.
Restored left_alone(const Failure& why) {
  log::warning("not served: " + why.message());
  return Restored::miss;
}

}  // namespace

fs::path PayloadStore::path_of(std::string_view key, std::size_t i) const { return output_path(CacheDirectory(store_->directory()), key, i); }

result<void> PayloadStore::put(std::string_view key, std::span<const OutputFile> outputs, std::string_view stdout_bytes,
                               std::string_view stderr_bytes, std::int32_t exit_code) {
  if (auto checked = check_put(key, outputs); !checked) return checked;
  if (store_->read_only()) return Failure{Error::read_only, store_->directory().string()};
  auto sources = open_sources(outputs);
  if (!sources) return sources.error();
  auto staged = StagedPayload::stage(CacheDirectory(store_->directory()), key, sources->outputs, layout_, compression_);
  if (!staged) return staged.error();
  std::vector<std::string> names;
  for (const OutputFile& output : outputs) names.push_back(output.name);
  Artifact artifact =
      Artifact::from_outputs(std::move(names), staged->sizes(), std::string(stdout_bytes), std::string(stderr_bytes), exit_code);
  artifact.output_modes = std::move(sources->modes);
  artifact.output_digests = staged->digests();
  return publish(key, artifact, std::move(*staged));
}

// Files and entry under one lock: whoever removes payloads without an entry, or the entry that was here before, comes before or after both.
result<void> PayloadStore::publish(std::string_view key, const Artifact& artifact, StagedPayload staged) {
  auto change = WriteTransaction::begin(*store_);
  if (!change) return change.error();
  // What can refuse the new entry comes first: the one that is there may be good, and keeps its payload until the new one has taken its place.
  if (auto reserved = change->reserve(key, artifact); !reserved) return reserved;
  auto placement = staged.place();
  if (!placement) return placement.error();
  const std::size_t before = output_count_of(*store_, key);
  if (auto inserted = change->insert(key, artifact); !inserted) return inserted;
  placement->keep();
  staged.unlink_others(CacheDirectory(store_->directory()), key, before);
  return {};
}

result<bool> PayloadStore::copy_up(const ArtifactStore& upstream, std::string_view key) {
  if (store_->read_only()) return Failure{Error::read_only, store_->directory().string()};
  const ArtifactView entry = upstream.find(key);
  if (!entry || !is_payload_key(key)) return false;
  const CacheDirectory from(upstream.directory());
  PayloadReader reader(from, entry);
  std::vector<PayloadBytes> outputs;
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    auto output = reader.open(i);
    if (!output) return false;
    outputs.push_back(std::move(*output));
  }
  auto staged = StagedPayload::stage(CacheDirectory(store_->directory()), key, outputs, layout_, compression_);
  if (!staged) return staged.error();
  Artifact artifact = entry.to_artifact();
  // Read twice from a directory that others may change: the copy has to be what was checked.
  if (!outputs.empty() && staged->digests() != artifact.output_digests) return false;
  if (auto published = publish(key, artifact, std::move(*staged)); !published) return published.error();
  return true;
}

result<Restored> PayloadStore::restore(const ArtifactView& entry, std::span<const OutputFile> wanted, Materialize how) {
  if (!entry || !is_payload_key(entry.key())) return Restored::miss;
  const CacheDirectory directory(store_->directory());
  PayloadReader reader(directory, entry);
  std::vector<AtomicFile> staged;
  for (const OutputFile& output : wanted) {
    const auto i = index_of(entry, output.name);
    if (!i) return Restored::miss;
    auto file = stage_destination(reader, *i, entry.output_mode(*i), output, how);
    if (!file) return file.error();
    if (!*file && reader.unreadable()) return left_alone(*reader.unreadable());
    if (!*file) return look_again(entry.key());
    staged.push_back(std::move(**file));
  }
  for (std::size_t i = 0; i < staged.size(); ++i) {
    if (auto placed = staged[i].replace(wanted[i].path); !placed) return placed.error();
  }
  return Restored::hit;
}

// A payload is not what the entry says. The entry may have been evicted or replaced after it was looked up: then this is no damage.
Restored PayloadStore::look_again(std::string_view key) {
  if (store_->read_only()) {
    return is_damaged(store_->find(key)) ? Restored::damaged : Restored::miss;
  }
  auto change = WriteTransaction::begin(*store_);
  if (!change) return Restored::damaged;  // the next one finds the same
  const ArtifactView now = store_->find(key);
  if (!is_damaged(now)) return Restored::miss;
  if (change->remove(key)) unlink_files_of(CacheDirectory(store_->directory()), key, now.output_count());
  return Restored::damaged;
}

bool PayloadStore::is_damaged(const ArtifactView& entry) const {
  if (!entry) return false;
  const auto whole = verify(entry);
  return whole && !*whole;
}

bool PayloadStore::has_files(const ArtifactView& entry) const { return has_payload(CacheDirectory(store_->directory()), entry); }

result<bool> PayloadStore::verify(const ArtifactView& entry) const {
  if (!is_payload_key(entry.key())) return entry.output_count() == 0;
  const CacheDirectory directory(store_->directory());
  return PayloadReader(directory, entry).is_whole();
}

result<std::optional<std::string>> PayloadStore::read(const ArtifactView& entry, std::size_t i) const {
  if (!is_payload_key(entry.key())) return std::nullopt;
  const CacheDirectory directory(store_->directory());
  PayloadReader reader(directory, entry);
  const auto payload = reader.open(i);
  if (!payload && reader.unreadable()) return *reader.unreadable();
  if (!payload) return std::nullopt;
  std::string bytes(payload->size, '\0');
  if (auto read = payload->read_to(std::as_writable_bytes(std::span(bytes))); !read) return read.error();
  return std::optional(std::move(bytes));
}

result<bool> PayloadStore::remove(std::string_view key) {
  auto change = WriteTransaction::begin(*store_);
  if (!change) return change.error();
  const std::size_t outputs = output_count_of(*store_, key);
  auto removed = change->remove(key);
  // Index first: who has seen the entry and finds no payload has a miss.
  if (removed && *removed) unlink_files_of(CacheDirectory(store_->directory()), key, outputs);
  return removed;
}

}  // namespace zccache
