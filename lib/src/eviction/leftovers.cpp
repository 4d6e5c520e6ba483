#include "eviction/leftovers.hpp"

#include <unistd.h>

#include "eviction/files_on_disk.hpp"
#include "payload/staged.hpp"
#include "store/write_transaction.hpp"

namespace zccache {
namespace {

namespace fs = std::filesystem;

/// So many files are removed under one lock: some milliseconds at most.
constexpr std::size_t kGroup = 32;

}  // namespace

std::optional<Leftover::Kind> leftover_kind(const ArtifactStore& store, const fs::path& path) {
  const PayloadName name = parse_payload_name(CacheDirectory(store.directory()), path);
  switch (name.kind) {
    case PayloadName::Kind::output: {
      const ArtifactView entry = store.find(name.key);
      return entry && name.output < entry.output_count() ? std::nullopt : std::optional(Leftover::Kind::orphan);
    }
    case PayloadName::Kind::pack: {
      const ArtifactView entry = store.find(name.key);
      return entry && entry.output_count() != 0 ? std::nullopt : std::optional(Leftover::Kind::orphan);
    }
    case PayloadName::Kind::temporary:
      return is_left_behind(path) ? std::optional(Leftover::Kind::temporary) : std::nullopt;
    case PayloadName::Kind::unknown:
      break;
  }
  return Leftover::Kind::unknown;
}

result<void> LeftoverRemover::add(Leftover leftover) {
  group_.push_back(std::move(leftover));
  return group_.size() < kGroup ? result<void>{} : finish();
}

result<void> LeftoverRemover::finish() {
  if (group_.empty()) return {};
  const auto change = WriteTransaction::begin(store_);
  if (!change) return change.error();
  for (const Leftover& leftover : group_) {
    struct stat status {};
    if (leftover_kind(store_, leftover.path) != leftover.kind || ::lstat(leftover.path.c_str(), &status) != 0) continue;
    if (::unlink(leftover.path.c_str()) != 0) continue;  // a directory of this name: not ours
    bytes_ += DiskUsage().add(status);
    ++(leftover.kind == Leftover::Kind::orphan ? orphans_ : temporaries_);
  }
  group_.clear();
  return {};
}

std::uint64_t for_each_leftover(const ArtifactStore& store, const std::function<void(const Leftover&)>& visit) {
  std::uint64_t files = 0;
  for_each_file(CacheDirectory(store.directory()).objects(), [&](const fs::path& path, const struct stat&) {
    ++files;
    if (const auto kind = leftover_kind(store, path)) visit({*kind, path});
    return true;
  });
  return files;
}

result<std::uint64_t> remove_leftovers(ArtifactStore& store) {
  LeftoverRemover remover(store);
  result<void> removed;
  for_each_leftover(store, [&](const Leftover& leftover) {
    if (removed && leftover.kind != Leftover::Kind::unknown) removed = remover.add(leftover);
  });
  if (removed) removed = remover.finish();
  if (!removed) return removed.error();
  return remover.orphans() + remover.temporaries();
}

}  // namespace zccache
