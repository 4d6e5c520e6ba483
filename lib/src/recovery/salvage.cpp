#include "recovery/salvage.hpp"

#include <algorithm>
#include <string>

namespace zccache {

Salvage::Salvage(const CacheDirectory& directory) {
  snapshots_.reserve(2);  // records point into them
  const bool whole = read_snapshot(directory.snapshot(), false);
  if (!whole) read_snapshot(directory.previous_snapshot(), true);
  read_live(directory.live());
  separate_removals();
}

Capacity Salvage::capacity() const noexcept {
  Capacity capacity{.entries = records_.size() + removals_.size(), .record_bytes = 0};
  for (const auto& [key, record] : records_) capacity.record_bytes += record->length;
  for (const format::RecordHeader* removal : removals_) capacity.record_bytes += removal->length;
  return capacity;
}

bool Salvage::read_snapshot(const std::filesystem::path& path, bool fill_gaps_only) {
  RecoveryFinding finding{.file = path.filename().string(), .state = "ok", .detail = "a whole snapshot", .found = 0, .lost = 0};
  auto opened = SnapshotReader::open(path);
  if (!opened) {
    const Error error = opened.error().error;
    finding.state = error == Error::not_found ? "missing" : error == Error::version_mismatch ? "other_version" : "damaged";
    finding.detail = error == Error::not_found ? "not written yet" : opened.error().message();
    findings_.push_back(finding);
    if (error != Error::not_found) damaged_.push_back(path);
    return false;
  }
  const SnapshotReader& snapshot = snapshots_.emplace_back(std::move(*opened));
  snapshot.for_each([&](const format::RecordHeader& record) {
    ++finding.found;
    if (!fill_gaps_only || !records_.contains(format::key_of(record))) take(record);
    return true;
  });
  finding.lost = snapshot.record_count() > finding.found ? snapshot.record_count() - finding.found : 0;
  const format::SnapshotHeader& origin = snapshot.origin();
  if (origin.generation >= past_.generation)
    past_ = {.generation = origin.generation, .last_sequence = origin.base_sequence, .totals = origin.totals};
  const bool whole = snapshot.intact() && finding.lost == 0;
  if (!whole) {
    finding.state = "damaged";
    finding.detail = "records that are whole were kept, the others are lost";
    damaged_.push_back(path);
  } else {
    // Only a whole snapshot may be preferred to older records in the live file.
    base_sequence_ = origin.base_sequence;
    past_.flushed_sequence = origin.base_sequence;
    past_.snapshot_entries = finding.found;
    past_.snapshot_bytes = snapshot.size();
    past_.last_flush_at_millis = origin.created_at_secs * 1000;
  }
  findings_.push_back(finding);
  return whole;
}

void Salvage::read_live(const std::filesystem::path& path) {
  auto mapping = ReadOnlyMapping::map(path);
  if (!mapping) return;
  RecoveryFinding finding{
      .file = path.filename().string() + " (records)", .state = "ok", .detail = "newer than the snapshot", .found = 0, .lost = 0};
  const auto bytes = mapping->bytes();
  if (bytes.size() >= sizeof(format::LiveHeader)) {
    const auto& header = *reinterpret_cast<const format::LiveHeader*>(bytes.data());
    // Believed if it calls itself a live index of this version: at worst the statistics are wrong.
    if (header.magic == format::kLiveMagic && header.version == format::kFormatVersion && header.generation >= past_.generation) {
      Inheritance from_live = Inheritance::of(header);
      from_live.last_sequence = past_.last_sequence;  // the records themselves say how far it went
      from_live.flushed_sequence = past_.flushed_sequence;
      past_ = from_live;
    }
  }
  std::size_t offset = format::kPageBytes;
  while (const format::RecordHeader* record = format::next_record(bytes, &offset)) {
    past_.last_sequence = std::max(past_.last_sequence, record->sequence);
    if (record->sequence <= base_sequence_) {  // the snapshot has it, or what replaced or removed it
      if (is_used_since(*record)) take(*record);
      continue;
    }
    ++finding.found;
    take(*record);
  }
  live_.emplace(std::move(*mapping));
  if (finding.found != 0) findings_.push_back(finding);
}

bool Salvage::is_used_since(const format::RecordHeader& record) const {
  const auto known = records_.find(format::key_of(record));
  return known != records_.end() && known->second->sequence == record.sequence &&
         format::used_at_secs(*known->second) < format::used_at_secs(record);
}

void Salvage::take(const format::RecordHeader& record) {
  const auto [place, is_new] = records_.try_emplace(format::key_of(record), &record);
  if (is_new || place->second->sequence > record.sequence) return;
  // The key of the map lies in the record: replace both.
  records_.erase(place);
  records_.emplace(format::key_of(record), &record);
}

void Salvage::separate_removals() {
  std::erase_if(records_, [this](const auto& entry) {
    const format::RecordHeader& record = *entry.second;
    if (!format::is_tombstone(record)) return false;
    removals_.push_back(&record);
    past_.last_removal = std::max(past_.last_removal, record.sequence);
    return true;
  });
}

}  // namespace zccache
