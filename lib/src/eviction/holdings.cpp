#include "eviction/holdings.hpp"

#include <algorithm>

#include "format/layout.hpp"
#include "snapshot/slot.hpp"
#include "store/write_transaction.hpp"

namespace zccache {
namespace {

constexpr std::uint64_t rounded_up(std::uint64_t bytes, std::uint64_t unit) noexcept { return (bytes + unit - 1) / unit * unit; }

void take_off(std::uint64_t& from, std::uint64_t less) noexcept { from -= std::min(from, less); }

}  // namespace

Holdings& Holdings::operator+=(const Holdings& more) noexcept {
  entries += more.entries;
  record_bytes += more.record_bytes;
  payload_bytes += more.payload_bytes;
  return *this;
}

Holdings& Holdings::operator-=(const Holdings& less) noexcept {
  take_off(entries, less.entries);
  take_off(record_bytes, less.record_bytes);
  take_off(payload_bytes, less.payload_bytes);
  return *this;
}

Holdings record_of(const ArtifactView& entry) noexcept {
  std::uint64_t bytes = sizeof(format::RecordHeader) + entry.output_count() * sizeof(format::OutputEntry) + entry.key().size() +
                        entry.stdout_bytes().size() + entry.stderr_bytes().size();
  for (std::size_t i = 0; i < entry.output_count(); ++i) bytes += entry.output_name(i).size();
  return {.entries = 1, .record_bytes = rounded_up(bytes, format::kRecordAlignment), .payload_bytes = 0};
}

std::uint64_t index_bytes(const ArtifactStore& store, const Holdings& holdings) {
  const std::uint64_t live = WriteTransaction::compacted_bytes(store, {.entries = holdings.entries, .record_bytes = holdings.record_bytes});
  const std::uint64_t snapshot = rounded_up(snapshot::file_bytes(holdings.entries, holdings.record_bytes), format::kPageBytes);
  return live + 2 * snapshot;
}

}  // namespace zccache
