#include "store/history.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

#include "base/file.hpp"
#include "format/hash.hpp"
#include "live/live_builder.hpp"

namespace zccache {
namespace {

using format::HistoryRow;

std::uint64_t checksum_of(const HistoryRow& row) noexcept { return format::checksum64(&row, offsetof(HistoryRow, checksum)); }

HistoryPoint point_of(const HistoryRow& row) {
  return {.at_secs = row.at_secs,
          .hits = row.hits,
          .misses = row.misses,
          .inserts = row.inserts,
          .evictions = row.evictions,
          .entries = row.entries,
          .live_bytes = row.live_bytes,
          .flush_micros = row.flush_micros};
}

}  // namespace

void append_history(const CacheDirectory& directory, const format::LiveHeader& header) {
  const Inheritance now = Inheritance::of(header);
  HistoryRow row{.number = now.totals.flushes_done,
                 .at_secs = now.last_flush_at_millis / 1000,
                 .hits = now.totals.hits,
                 .misses = now.totals.misses,
                 .inserts = now.totals.inserts,
                 .evictions = now.totals.evictions,
                 .entries = header.counts.entries,
                 .live_bytes = header.counts.live_bytes,
                 .flush_micros = now.last_flush_micros,
                 .checksum = 0};
  row.checksum = checksum_of(row);
  const auto fd = open_file(directory.history(), O_WRONLY | O_CREAT);
  if (!fd) return;
  const auto offset = static_cast<off_t>(row.number % format::kHistoryRows * sizeof row);
  [[maybe_unused]] const ssize_t written = ::pwrite(fd->get(), &row, sizeof row, offset);
}

std::vector<HistoryPoint> read_history(const std::filesystem::path& dir) {
  const auto file = ReadOnlyMapping::map(CacheDirectory(dir).history());
  if (!file) return {};
  const std::size_t count = std::min<std::size_t>(file->bytes().size() / sizeof(HistoryRow), format::kHistoryRows);
  std::vector<HistoryRow> rows(count);
  std::ranges::copy(file->bytes().first(count * sizeof(HistoryRow)), std::as_writable_bytes(std::span(rows)).begin());
  std::erase_if(rows, [](const HistoryRow& row) { return row.number == 0 || row.checksum != checksum_of(row); });
  std::ranges::sort(rows, {}, &HistoryRow::number);
  std::vector<HistoryPoint> points;
  std::ranges::transform(rows, std::back_inserter(points), point_of);
  return points;
}

}  // namespace zccache
