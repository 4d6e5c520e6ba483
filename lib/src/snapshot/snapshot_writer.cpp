#include "snapshot/snapshot_writer.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/directory.hpp"
#include "snapshot/table_piece.hpp"

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
                                .life = origin.life,
                                .totals = origin.totals,
                                .checksum = 0};
  header.checksum = format::checksum64(&header, offsetof(format::SnapshotHeader, checksum));
  return header;
}

/// Gives the snapshot of now a second name, so that it outlives its replacement. Not yet that of the previous one: if the snapshot of now is
/// damaged, that one is the only whole snapshot until the new one is durable. A file system without hard links keeps no previous one.
void keep_for_previous(int directory) {
  ::unlinkat(directory, CacheDirectory::kPreviousSnapshotTemporary, 0);
  (void)::linkat(directory, CacheDirectory::kSnapshot, directory, CacheDirectory::kPreviousSnapshotTemporary, 0);
}

/// Where this does not happen, or does not reach the disk, the previous snapshot is an older one.
void replace_previous(int directory) {
  (void)::renameat(directory, CacheDirectory::kPreviousSnapshotTemporary, directory, CacheDirectory::kPreviousSnapshot);
}

}  // namespace

result<SnapshotWriter> SnapshotWriter::create(const HeldDirectory& directory, const SnapshotOrigin& origin, std::size_t most_places_in_memory) {
  remove_stale_temporaries(directory, CacheDirectory::kSnapshot);
  auto file = LockedTemporary::create(directory, CacheDirectory::kSnapshot);
  if (!file) return file.error();
  const format::SnapshotHeader header = header_of(origin);
  const std::filesystem::path spill_path = directory.path() / unique_name_for(CacheDirectory::kSnapshotPlaces);
  SnapshotWriter writer(std::move(*file), header, SlotPlaces(spill_path, most_places_in_memory));
  if (auto appended = writer.append(bytes_of_object(header)); !appended) return appended.error();
  return writer;
}

result<void> SnapshotWriter::add(const format::RecordHeader& record) {
  const format::Key128 hash = format::hash_key(format::key_of(record));
  if (auto noted = places_.add({.hash_high = hash.high, .slot = snapshot::make_slot(hash, offset_)}); !noted) return noted;
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

result<std::uint64_t> SnapshotWriter::write_table(std::uint64_t slots) {
  const std::uint64_t table_offset = offset_;
  if (auto finished = places_.finish(); !finished) return finished.error();
  TablePiece piece(slots);
  for (std::size_t partition = 0; partition < SlotPlaces::kPartitions; ++partition) {
    piece.begin(partition);
    if (auto read = places_.for_each_in(partition, [&](const SlotPlace& place) { piece.put(place); }); !read) return read.error();
    if (auto appended = append(std::as_bytes(piece.slots())); !appended) return appended.error();
  }
  if (auto written = write_out(); !written) return written.error();
  if (auto wrapped = wrap_round(table_offset, piece.carried()); !wrapped) return wrapped.error();
  return checksum_of_written(table_offset);
}

result<void> SnapshotWriter::wrap_round(std::uint64_t table_offset, std::span<const std::uint64_t> carried) {
  // A few at most, in all likelihood: four of five slots are taken. That one of five is empty ends the search.
  std::uint64_t at = table_offset;
  for (std::size_t placed = 0; placed < carried.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t slot = 0;
    if (auto read = read_all(file_.fd(), at, std::as_writable_bytes(std::span(&slot, 1)), file_.path()); !read) return read;
    if (slot != 0) continue;
    const auto bytes = std::as_bytes(carried.subspan(placed++, 1));
    if (::pwrite(file_.fd(), bytes.data(), bytes.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(bytes.size()))
      return system_failure(file_.path().string());
  }
  return {};
}

// Read back rather than added up while it is written: what wraps round changes the front when the end is known. The pages are still in memory.
result<std::uint64_t> SnapshotWriter::checksum_of_written(std::uint64_t from) {
  format::Checksum64 checksum;
  while (from < offset_) {
    const std::span bytes(buffer_.get(), std::min(capacity_, offset_ - from));
    if (auto read = read_all(file_.fd(), from, bytes, file_.path()); !read) return read.error();
    checksum.add(bytes.data(), bytes.size());
    from += bytes.size();
  }
  return checksum.value();
}

result<SnapshotSize> SnapshotWriter::commit(const std::function<bool()>& is_wanted) && {
  const std::uint64_t entries = places_.count();
  const std::uint64_t table_offset = offset_;
  const std::uint64_t table_slots = snapshot::slots_for(entries);
  const auto table_checksum = write_table(table_slots);
  if (!table_checksum) return table_checksum.error();
  format::SnapshotFooter footer{.record_count = entries,
                                .records_offset = sizeof(format::SnapshotHeader),
                                .records_bytes = table_offset - sizeof(format::SnapshotHeader),
                                .table_offset = table_offset,
                                .table_slots = table_slots,
                                .table_checksum = *table_checksum,
                                .header_checksum = header_checksum_,
                                .checksum = 0,
                                .magic = format::kSnapshotEndMagic};
  footer.checksum = format::checksum64(&footer, offsetof(format::SnapshotFooter, checksum));
  if (auto appended = append(bytes_of_object(footer)); !appended) return appended.error();
  if (auto written = write_out(); !written) return written.error();
  // Durable before it is visible: after a power loss the name leads to the old bytes or to all of the new ones.
  if (::fsync(file_.fd()) != 0) return system_failure(file_.path().string());
  const HeldDirectory& directory = file_.directory();
  {
    const auto lock = directory.lock();
    if (!lock) return lock.error();
    if (!is_wanted()) return Failure{Error::not_found, directory.path().string()};
    keep_for_previous(directory.fd());
    if (auto renamed = file_.replace(CacheDirectory::kSnapshot); !renamed) return renamed.error();
  }
  if (auto synced = directory.sync(); !synced) return synced.error();
  replace_previous(directory.fd());
  return SnapshotSize{.entries = entries, .bytes = offset_};
}

}  // namespace zccache
