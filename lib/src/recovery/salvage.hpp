// Collecting what is whole from the files of a cache directory: the best source first, each record checked.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <zccache/recovery.hpp>

#include "base/boot.hpp"
#include "base/directory.hpp"
#include "base/held_directory.hpp"
#include "live/live_builder.hpp"
#include "snapshot/snapshot_reader.hpp"

namespace zccache {

/// Reads; changes nothing. Holds the files mapped that its records point into.
class Salvage {
 public:
  /// Looks at the newest snapshot, at records in the live file that are newer, and, where the newest snapshot is damaged or missing, at the
  /// previous one. Never fails: what cannot be read is a finding.
  explicit Salvage(const CacheDirectory& directory);
  /// In this very directory, wherever its path leads by now.
  explicit Salvage(const HeldDirectory& directory);

  /// Whole records, tombstones included, of the newest source last. A key may have several: is_newer() tells which one to keep.
  [[nodiscard]] const std::vector<const format::RecordHeader*>& records() const noexcept { return records_; }
  /// How many entries there are. Takes memory and time in proportion.
  [[nodiscard]] std::size_t count_entries() const;
  /// Room for all records, were no key there twice.
  [[nodiscard]] Capacity capacity() const noexcept { return {.entries = records_.size(), .record_bytes = record_bytes_}; }
  [[nodiscard]] const Inheritance& inheritance() const noexcept { return past_; }
  [[nodiscard]] const std::vector<RecoveryFinding>& findings() const noexcept { return findings_; }
  /// Why a file could not be looked at, for a reason that is not its own: no memory, no descriptors, a disk that does not answer. What was
  /// found is then not all there is, and must not take the place of it.
  [[nodiscard]] const std::optional<Failure>& unreadable() const noexcept { return unreadable_; }
  /// Files that are not what they should be.
  [[nodiscard]] const std::vector<std::filesystem::path>& damaged() const noexcept { return damaged_; }

 private:
  void read_all(int directory, const CacheDirectory& names);
  /// Returns whether it was there and whole.
  bool read_snapshot(int directory, const std::filesystem::path& path);
  void read_live(int directory, const std::filesystem::path& path);
  void take_live(const format::RecordHeader& record, RecoveryFinding* finding);
  /// Whether it is an entry of the base snapshot, used again since that was written.
  [[nodiscard]] bool is_used_since_base(const format::RecordHeader& record) const noexcept;
  /// Whether the base snapshot has it, or something newer of its key.
  [[nodiscard]] bool is_in_base(const format::RecordHeader& record) const noexcept;
  void take(const format::RecordHeader& record);

  std::vector<const format::RecordHeader*> records_;
  std::uint64_t record_bytes_ = 0;
  std::vector<SnapshotReader> snapshots_;
  std::optional<ReadOnlyMapping> live_;
  const SnapshotReader* base_ = nullptr;  ///< the newest snapshot that is whole
  bool base_is_of_another_life_ = false;  ///< than the live file
  Inheritance past_;
  std::vector<RecoveryFinding> findings_;
  std::optional<Failure> unreadable_;
  std::vector<std::filesystem::path> damaged_;
};

}  // namespace zccache
