#include "snapshot/snapshot_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "snapshot/slot.hpp"

namespace zccache {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

template <class T>
std::span<const std::byte> bytes_of_object(const T& object) noexcept {
  return {reinterpret_cast<const std::byte*>(&object), sizeof object};
}

format::SnapshotHeader header_of(const SnapshotOrigin& origin) noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  format::SnapshotHeader header{.magic = format::kSnapshotMagic,
                                .version = format::kFormatVersion,
                                .header_bytes = sizeof(format::SnapshotHeader),
                                .generation = origin.generation,
                                .base_sequence = origin.base_sequence,
                                .created_at_secs = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count()),
                                .reserved = 0,
                                .totals = origin.totals,
                                .checksum = 0};
  header.checksum = format::checksum64(&header, offsetof(format::SnapshotHeader, checksum));
  return header;
}

/// Gives the snapshot of now a second name, so that it outlives its replacement. Not yet that of the previous one: if the snapshot of now is
/// damaged, that one is the only whole snapshot until the new one is durable. A file system without hard links keeps no previous one.
void keep_for_previous(const CacheDirectory& directory) {
  ::unlink(directory.previous_snapshot_temporary().c_str());
  (void)::link(directory.snapshot().c_str(), directory.previous_snapshot_temporary().c_str());
}

/// Where this does not happen, or does not reach the disk, the previous snapshot is an older one.
void replace_previous(const CacheDirectory& directory) {
  (void)::rename(directory.previous_snapshot_temporary().c_str(), directory.previous_snapshot().c_str());
}

}  // namespace

result<SnapshotWriter> SnapshotWriter::create(const CacheDirectory& directory, const SnapshotOrigin& origin) {
  auto file = AtomicFile::create(directory.snapshot_temporary());
  if (!file) return file.error();
  const format::SnapshotHeader header = header_of(origin);
  SnapshotWriter writer(directory, std::move(*file), header);
  if (auto appended = writer.append(bytes_of_object(header)); !appended) return appended.error();
  return writer;
}

result<void> SnapshotWriter::add(const format::RecordHeader& record) {
  const format::Key128 hash = format::hash_key(format::key_of(record));
  places_.push_back({.hash_high = hash.high, .slot = snapshot::make_slot(hash, offset_)});
  auto to = claim(record.length);
  if (!to) return to.error();
  format::copy_record(*to, record);
  return {};
}

result<void> SnapshotWriter::append(std::span<const std::byte> bytes) {
  auto to = claim(bytes.size());
  if (!to) return to.error();
  std::ranges::copy(bytes, *to);
  return {};
}

result<std::byte*> SnapshotWriter::claim(std::size_t bytes) {
  if (capacity_ - buffered_ < bytes) {
    if (auto written = write_out(); !written) return written.error();
    if (capacity_ < bytes) {
      const std::size_t capacity = std::max(bytes, kBufferBytes);
      buffer_ = std::make_unique_for_overwrite<std::byte[]>(capacity);  // a small index touches little of it
      capacity_ = capacity;
    }
  }
  std::byte* to = buffer_.get() + buffered_;
  buffered_ += bytes;
  offset_ += bytes;
  return to;
}

result<void> SnapshotWriter::write_out() {
  const std::size_t bytes = std::exchange(buffered_, 0);
  auto written = write_all(file_.fd(), std::span(buffer_.get(), bytes), file_.path());
  // The disk begins while the next records are collected, so that the sync at the end finds little left to do. Only a hint.
  ::sync_file_range(file_.fd(), static_cast<off64_t>(offset_ - bytes), static_cast<off64_t>(bytes), SYNC_FILE_RANGE_WRITE);
  return written;
}

std::vector<std::uint64_t> SnapshotWriter::table() const {
  std::vector<std::uint64_t> slots(snapshot::slots_for(places_.size()));
  for (std::size_t i = 0; i < places_.size(); ++i) {
    constexpr std::size_t kAhead = 16;
    if (i + kAhead < places_.size()) __builtin_prefetch(&slots[snapshot::first_slot(places_[i + kAhead].hash_high, slots.size())], 1);
    const Place& place = places_[i];
    std::uint64_t at = snapshot::first_slot(place.hash_high, slots.size());
    while (slots[at] != 0) at = at + 1 == slots.size() ? 0 : at + 1;
    slots[at] = place.slot;
  }
  return slots;
}

result<SnapshotSize> SnapshotWriter::commit() && {
  const std::vector<std::uint64_t> slots = table();
  const auto slot_bytes = std::as_bytes(std::span(slots));
  format::SnapshotFooter footer{.record_count = places_.size(),
                                .records_offset = sizeof(format::SnapshotHeader),
                                .records_bytes = offset_ - sizeof(format::SnapshotHeader),
                                .table_offset = offset_,
                                .table_slots = slots.size(),
                                .table_checksum = format::checksum64(slot_bytes.data(), slot_bytes.size()),
                                .header_checksum = header_checksum_,
                                .checksum = 0,
                                .magic = format::kSnapshotEndMagic};
  footer.checksum = format::checksum64(&footer, offsetof(format::SnapshotFooter, checksum));
  for (const auto part : {slot_bytes, bytes_of_object(footer)}) {
    if (auto appended = append(part); !appended) return appended.error();
  }
  if (auto written = write_out(); !written) return written.error();
  // Durable before it is visible: after a power loss the name leads to the old bytes or to all of the new ones.
  if (::fsync(file_.fd()) != 0) return system_failure(file_.path().string());
  keep_for_previous(directory_);
  if (auto renamed = file_.commit(directory_.snapshot()); !renamed) return renamed.error();
  if (auto synced = sync_directory(directory_.path()); !synced) return synced.error();
  replace_previous(directory_);
  return SnapshotSize{.entries = places_.size(), .bytes = offset_};
}

}  // namespace zccache
