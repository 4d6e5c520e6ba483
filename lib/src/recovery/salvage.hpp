// Collecting what is whole from the files of a cache directory: the best source first, each record checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <zccache/recovery.hpp>

#include "base/boot.hpp"
#include "base/directory.hpp"
#include "live/live_builder.hpp"
#include "snapshot/snapshot_reader.hpp"

namespace zccache {

/// Reads; changes nothing. Holds the files mapped that its records point into.
class Salvage {
 public:
  /// Looks at the newest snapshot, at records in the live file that are newer, and, where the newest snapshot is damaged or missing, at the
  /// previous one. Never fails: what cannot be read is a finding.
  explicit Salvage(const CacheDirectory& directory);

  /// The newest whole record of each key, without removed ones.
  [[nodiscard]] const std::unordered_map<std::string_view, const format::RecordHeader*>& records() const noexcept { return records_; }
  /// Removals that a snapshot still knows nothing of: the new index needs them until the next one.
  [[nodiscard]] const std::vector<const format::RecordHeader*>& removals() const noexcept { return removals_; }
  /// Of both.
  [[nodiscard]] Capacity capacity() const noexcept;
  [[nodiscard]] const Inheritance& inheritance() const noexcept { return past_; }
  [[nodiscard]] const std::vector<RecoveryFinding>& findings() const noexcept { return findings_; }
  /// Files that are not what they should be.
  [[nodiscard]] const std::vector<std::filesystem::path>& damaged() const noexcept { return damaged_; }

 private:
  /// Returns whether it was there and whole.
  bool read_snapshot(const std::filesystem::path& path, bool fill_gaps_only);
  void read_live(const std::filesystem::path& path);
  /// Whether it is an entry of the snapshot, used again since that was written.
  [[nodiscard]] bool is_used_since(const format::RecordHeader& record) const;
  void take(const format::RecordHeader& record);
  void separate_removals();

  std::unordered_map<std::string_view, const format::RecordHeader*> records_;
  std::vector<const format::RecordHeader*> removals_;
  std::vector<SnapshotReader> snapshots_;
  std::optional<ReadOnlyMapping> live_;
  std::uint64_t base_sequence_ = 0;
  Inheritance past_;
  std::vector<RecoveryFinding> findings_;
  std::vector<std::filesystem::path> damaged_;
};

}  // namespace zccache
