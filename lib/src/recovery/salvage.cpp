#include "recovery/salvage.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

namespace zccache {

namespace {

/// Relative to an open directory, which has the file, or AT_FDCWD.
result<UniqueFd> open_at(int directory, const std::filesystem::path& path) {
  return open_file_in(directory, (directory == AT_FDCWD ? path : path.filename()).c_str(), O_RDONLY, path);
}

}  // namespace

Salvage::Salvage(const CacheDirectory& directory) { read_all(AT_FDCWD, directory); }

Salvage::Salvage(const HeldDirectory& directory) { read_all(directory.fd(), CacheDirectory(directory.path())); }

void Salvage::read_all(int directory, const CacheDirectory& names) {
  snapshots_.reserve(2);  // records point into them
  if (!read_snapshot(directory, names.snapshot())) read_snapshot(directory, names.previous_snapshot());
  read_live(directory, names.live());
}

bool Salvage::read_snapshot(int directory, const std::filesystem::path& path) {
  RecoveryFinding finding{.file = path.filename().string(), .state = "ok", .detail = "a whole snapshot", .found = 0, .lost = 0};
  const auto fd = open_at(directory, path);
  auto opened = fd ? SnapshotReader::open(fd->get(), path) : fd.error();
  if (!opened && !is_about_the_file(opened.error())) {
    unreadable_ = opened.error();
    return false;
  }
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
    take(record);
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
    base_ = &snapshot;
    past_.flushed_sequence = origin.base_sequence;
    past_.snapshot_entries = finding.found;
    past_.snapshot_bytes = snapshot.size();
    past_.last_flush_at_millis = origin.created_at_secs * 1000;
  }
  findings_.push_back(finding);
  return whole;
}

void Salvage::read_live(int directory, const std::filesystem::path& path) {
  const auto fd = open_at(directory, path);
  auto mapping = fd ? ReadOnlyMapping::map(fd->get(), path) : fd.error();
  if (!mapping && !is_about_the_file(mapping.error())) unreadable_ = mapping.error();
  if (!mapping) return;
  RecoveryFinding finding{
      .file = path.filename().string() + " (records)", .state = "ok", .detail = "newer than the snapshot", .found = 0, .lost = 0};
  const auto bytes = mapping->bytes();
  if (bytes.size() >= sizeof(format::LiveHeader)) {
    const auto& header = *reinterpret_cast<const format::LiveHeader*>(bytes.data());
    // Believed if it calls itself a live index of this version: at worst the statistics are wrong.
    if (header.magic == format::kLiveMagic && header.version == format::kFormatVersion && header.generation >= past_.generation) {
      Inheritance from_live = Inheritance::of(header);
      // The records themselves say how far it went, also those that nobody published. A number without a whole record may be used again.
      from_live.last_sequence = past_.last_sequence;
      from_live.highest_sequence = 0;
      from_live.flushed_sequence = past_.flushed_sequence;
      past_ = from_live;
    }
    // Somebody has moved one of the two away and back, or the life began with this snapshot and has written none of its own yet. Either way
    // the snapshot's number says nothing of the records here: both lives gave out the same numbers.
    base_is_of_another_life_ = header.magic == format::kLiveMagic && header.version == format::kFormatVersion && base_ != nullptr &&
                               base_->origin().life != 0 && base_->origin().life != header.life;
    if (base_is_of_another_life_) past_.flushed_sequence = 0;
  }
  std::size_t offset = format::kPageBytes;
  // A live file has room to grow, most of which was never written to. A record begins with what is not zero, but may have a hole in it: where
  // it holds zeros, and somebody's copy left them out.
  for (const FileRange& range : written_ranges(fd->get(), bytes.size())) {
    offset = std::max(offset, range.begin);
    while (const format::RecordHeader* record = format::next_record(bytes, &offset, range.end)) take_live(*record, &finding);
  }
  live_.emplace(std::move(*mapping));
  if (finding.found != 0) findings_.push_back(finding);
}

void Salvage::take_live(const format::RecordHeader& record, RecoveryFinding* finding) {
  past_.last_sequence = std::max(past_.last_sequence, record.sequence);
  const std::uint64_t base_sequence = base_ == nullptr ? 0 : base_->origin().base_sequence;
  // The snapshot has it, or what replaced or removed it.
  const bool is_known = base_is_of_another_life_ ? is_in_base(record) : record.sequence <= base_sequence;
  if (is_known) {
    if (is_used_since_base(record)) take(record);
    return;
  }
  ++finding->found;
  past_.unflushed_bytes += record.length;
  if (format::is_tombstone(record)) past_.last_removal = std::max(past_.last_removal, record.sequence);
  take(record);
}

bool Salvage::is_used_since_base(const format::RecordHeader& record) const noexcept {
  constexpr std::uint64_t kMinute = 60;
  if (base_ == nullptr || format::used_at_secs(record) + kMinute <= base_->origin().created_at_secs) return false;
  const format::RecordHeader* known = base_->intact() ? base_->find(format::key_of(record)) : nullptr;
  return known != nullptr && known->sequence == record.sequence;
}

bool Salvage::is_in_base(const format::RecordHeader& record) const noexcept {
  const format::RecordHeader* known = base_->intact() ? base_->find(format::key_of(record)) : nullptr;
  return known != nullptr && known->sequence >= record.sequence;
}

void Salvage::take(const format::RecordHeader& record) {
  records_.push_back(&record);
  record_bytes_ += record.length;
}

std::size_t Salvage::count_entries() const {
  std::unordered_map<std::string_view, const format::RecordHeader*> newest;
  for (const format::RecordHeader* record : records_) {
    const auto [place, is_new] = newest.try_emplace(format::key_of(*record), record);
    if (!is_new && format::is_newer(*record, *place->second)) place->second = record;
  }
  return static_cast<std::size_t>(std::ranges::count_if(newest, [](const auto& entry) { return !format::is_tombstone(*entry.second); }));
}

}  // namespace zccache
