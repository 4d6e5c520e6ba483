// Many entries with their payloads as one change, out of a cache directory that was filled aside.
#include <zccache/payload_store.hpp>

#include <algorithm>

#include "base/directory.hpp"
#include "payload/payload_files.hpp"
#include "payload/placement.hpp"

namespace zccache {

result<Merged> PayloadStore::move_in(const ArtifactStore& staged) {
  const CacheDirectory from(staged.directory());
  const CacheDirectory to(store_->directory());
  Placement placement;
  const auto entries = [&](const auto& visit) {
    staged.for_each([&](const ArtifactView& entry) { return visit(entry.key(), entry.to_artifact()); });
  };
  const auto place = [&](std::string_view key, const Artifact& artifact) -> result<void> {
    // Also what the entry before has more than this one, in whatever layout.
    const ArtifactView before = store_->find(key);
    const std::size_t outputs = std::max<std::size_t>(artifact.output_names.size(), before ? before.output_count() : 0);
    const auto staged_files = files_of(from, key, outputs);
    const auto files = files_of(to, key, outputs);
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (auto moved = placement.move(staged_files[i], files[i]); !moved) return moved;
    }
    return {};
  };
  // Under the lock under which they were placed: afterwards somebody else may store under one of the keys.
  return store_->merge(entries, place, [&](bool merged) { merged ? placement.keep() : placement.take_back(); });
}

}  // namespace zccache
