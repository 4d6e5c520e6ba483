#include "snapshot/snapshot_reader.hpp"

#include <fcntl.h>

#include <cstring>

#include "format/hash.hpp"
#include "snapshot/slot.hpp"

namespace zccache {

result<SnapshotReader> SnapshotReader::open(const std::filesystem::path& path) {
  const auto fd = open_file(path, O_RDONLY);
  if (!fd) return fd.error();
  return open(fd->get(), path);
}

result<SnapshotReader> SnapshotReader::open(int fd, const std::filesystem::path& path) {
  auto mapping = ReadOnlyMapping::map(fd, path);
  if (!mapping) return mapping.error();
  SnapshotReader reader(std::move(*mapping));
  reader.records_end_ = reader.size();
  const bool header = reader.read_header();
  if (header && reader.origin_.version != format::kFormatVersion) return Failure{Error::version_mismatch, path.string()};
  const bool footer = reader.read_footer();
  if (!header) reader.origin_ = {};
  if (!header || !footer) {
    reader.table_slots_ = 0;
    std::size_t offset = 0;
    if (format::next_record(reader.records(), &offset) == nullptr && !header && !footer) return Failure{Error::corrupt, path.string()};
  }
  return reader;
}

bool SnapshotReader::read_header() noexcept {
  const auto bytes = mapping_.bytes();
  if (bytes.size() < sizeof origin_) return false;
  std::memcpy(&origin_, bytes.data(), sizeof origin_);
  const std::uint64_t size = origin_.header_bytes;
  if (origin_.magic != format::kSnapshotMagic || size < sizeof origin_ || size > bytes.size()) return false;
  // In every version the header ends in its checksum, so that a flipped bit in the version number is not taken for another version.
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + size - sizeof checksum, sizeof checksum);
  return checksum == format::checksum64(bytes.data(), size - sizeof checksum);
}

bool SnapshotReader::read_footer() noexcept {
  const auto bytes = mapping_.bytes();
  format::SnapshotFooter footer{};
  if (bytes.size() < sizeof origin_ + sizeof footer) return false;
  const std::size_t footer_offset = bytes.size() - sizeof footer;
  std::memcpy(&footer, bytes.data() + footer_offset, sizeof footer);
  if (footer.magic != format::kSnapshotEndMagic || footer.checksum != format::checksum64(&footer, offsetof(format::SnapshotFooter, checksum))) {
    return false;
  }
  record_count_ = footer.record_count;
  // The checksum vouches for the numbers, the comparisons for those who can compute checksums.
  const bool places = footer.table_offset % alignof(std::uint64_t) == 0 && footer.table_offset <= footer_offset &&
                      footer.table_slots == (footer_offset - footer.table_offset) / sizeof(std::uint64_t) && footer.table_slots != 0 &&
                      footer.records_offset == sizeof origin_ && footer.records_bytes == footer.table_offset - sizeof origin_;
  if (!places) return false;
  records_end_ = footer.table_offset;
  const auto table = bytes.subspan(footer.table_offset, footer.table_slots * sizeof(std::uint64_t));
  if (footer.header_checksum != origin_.checksum || footer.table_checksum != format::checksum64(table.data(), table.size())) return false;
  table_ = reinterpret_cast<const std::uint64_t*>(table.data());
  table_slots_ = footer.table_slots;
  return true;
}

const format::RecordHeader* SnapshotReader::find(std::string_view key) const noexcept {
  const format::Key128 hash = format::hash_key(key);
  std::uint64_t at = snapshot::first_slot(hash.high, table_slots_);
  for (std::uint64_t probes = 0; probes < table_slots_ && table_[at] != 0; ++probes) {
    if (snapshot::same_tag(table_[at], hash)) {
      const std::uint64_t offset = snapshot::record_offset(table_[at]);
      const format::RecordHeader* record = offset < records_end_ ? format::checked_record(records().subspan(offset)) : nullptr;
      if (record != nullptr && format::key_of(*record) == key) return record;
    }
    at = at + 1 == table_slots_ ? 0 : at + 1;
  }
  return nullptr;
}

}  // namespace zccache
