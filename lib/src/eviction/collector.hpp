// One collection.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <zccache/eviction.hpp>

#include "base/directory.hpp"
#include "eviction/files_on_disk.hpp"
#include "eviction/plan.hpp"

namespace zccache {

/// Looks at every file, makes a plan, looks at every entry, removes. Requires the collector lock, unless it is a dry run.
class Collector {
 public:
  Collector(ArtifactStore& store, const CollectionOptions& options, std::uint64_t max_bytes);
  [[nodiscard]] result<CollectionReport> run();

 private:
  enum class Fate { keep, dangling, expire, evict };

  [[nodiscard]] result<void> look_at_files();
  [[nodiscard]] result<void> look_at_entries();
  [[nodiscard]] Fate fate_of(const ArtifactView& entry) const;
  /// Removes those of the group that are still to go, under one lock.
  [[nodiscard]] result<void> remove_group();
  [[nodiscard]] result<void> remove(class WriteTransaction& change, const std::string& key);
  /// Once more for the entries whose mark of a removal had no room on the disk.
  [[nodiscard]] result<void> remove_unmarked();
  void count(Fate fate, Minute used, const Holdings& holdings) noexcept;
  [[nodiscard]] Holdings holdings_of(const ArtifactView& entry) const;
  /// The directory with its index compacted and these entries in it.
  [[nodiscard]] std::uint64_t compacted_size(const Holdings& left) const;
  [[nodiscard]] result<void> compact_index();
  /// Also tells how far it is. False when the time is over.
  [[nodiscard]] bool go_on(const char* phase, std::uint64_t done, std::uint64_t total);

  ArtifactStore& store_;
  const CollectionOptions& options_;
  const CacheDirectory directory_;
  const Minute now_;
  const std::chrono::steady_clock::time_point deadline_;
  CollectionReport report_;
  LastUses uses_;
  std::uint64_t usage_ = 0;        ///< bytes of the directory, without what belonged to nothing
  std::uint64_t index_bytes_ = 0;  ///< of the files of the index as they are now
  Holdings held_;                  ///< by the entries that have not been removed
  EvictionPlan plan_;
  std::vector<std::string> group_;
  std::vector<std::string> unmarked_;  ///< their payloads are gone already
};

}  // namespace zccache
