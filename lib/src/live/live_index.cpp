#include "live/live_index.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace zccache {
namespace {

constexpr std::size_t kCacheLine = 64;
// Of nearly all entries as compilers make them: a node and its record, and of these what a lookup reads of a record that was checked before.
constexpr std::size_t kLinesOfEntry = 8;
constexpr std::size_t kLinesToKey = 4;

/// The address may be anything where the file is damaged: so it is computed with as a number.
void prefetch_lines(const void* from, std::size_t count) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(from);
  for (std::size_t line = 0; line < count; ++line) __builtin_prefetch(reinterpret_cast<const void*>(address + line * kCacheLine));
}

}  // namespace

LiveIndex::LiveIndex(Segment segment) noexcept
    : segment_(std::move(segment)), map_(segment_.at<ArtifactMap>(segment_.header().map_offset)), buckets_(buckets_of(segment_.extent())) {}

result<LiveIndex> LiveIndex::attach(const std::filesystem::path& path, Access access, const BootId& boot, Distrust* distrust) {
  auto segment = Segment::attach(path, access, boot, distrust);
  if (!segment) return segment.error();
  LiveIndex index(std::move(*segment));
  if (!index.places_are_sound()) {
    *distrust = Distrust::damaged;
    return Failure{Error::corrupt, path.string()};
  }
  return index;
}

bool LiveIndex::places_are_sound() const noexcept {
  if (!segment_.contains(map_, sizeof *map_) || checksum_of(*map_) != header().map_checksum) return false;
  const format::ExtentHeader& extent = segment_.extent();
  return map_->bucket_count() == header().map_buckets && segment_.contains(&extent, sizeof extent) &&
         extent.capacity <= segment_.size() - segment_.offset_of(extent_memory(extent));
}

const format::RecordHeader* LiveIndex::find(std::string_view key) const noexcept {
  const format::Key128 hash = format::hash_key(key);
  const format::RecordHeader* record = nullptr;
  walk_bucket(map_->bucket(hash), [&](const Node& node) {
    // Most nodes are followed by their record: what is read of it comes while the node is waited for.
    prefetch_lines(&node, kLinesToKey);
    if (node.value.first != hash) return true;
    record = node.value.second.get();  // acquire: pairs with the release that published the record
    if (!was_checked(record)) record = check(record);
    return false;
  });
  const bool found = record != nullptr && !format::is_tombstone(*record) && format::key_of(*record) == key;
  return found ? record : nullptr;
}

LiveIndex::SlotSearch LiveIndex::find_slot(const format::Key128& hash) const noexcept {
  SlotSearch search;
  walk_bucket(
      map_->bucket(hash),
      [&](Node& node) {
        prefetch_lines(&node, kLinesOfEntry);
        if (node.value.first != hash) return true;
        search.slot = &node.value.second;
        return false;
      },
      &search.damaged);
  return search;
}

const format::RecordHeader* LiveIndex::check(const format::RecordHeader* record) const noexcept {
  prefetch_lines(record, kLinesOfEntry);
  record = whole(record);
  if (record != nullptr) verified_.add(segment_.offset_of(record));
  return record;
}

const format::RecordHeader* LiveIndex::whole(const format::RecordHeader* record) const noexcept {
  if (record == nullptr || !segment_.contains(record, sizeof *record)) return nullptr;
  return format::checked_record({reinterpret_cast<const std::byte*>(record), segment_.size() - segment_.offset_of(record)});
}

void LiveIndex::prefetch_records(std::size_t first_bucket) const noexcept {
  const std::size_t count = std::min(kBucketsAhead, map_->bucket_count() - first_bucket);
  std::array<const Node*, kBucketsAhead> nodes;
  for (std::size_t i = 0; i < count; ++i) nodes[i] = prefetch_node(buckets_[first_bucket + i]);
  for (std::size_t i = 0; i < count; ++i) {
    if (nodes[i] == nullptr || !segment_.contains(nodes[i], sizeof *nodes[i])) continue;
    prefetch_lines(nodes[i]->value.second.get(), kLinesOfEntry);
  }
}

std::uint64_t LiveIndex::garbage_bytes() const noexcept {
  const format::Counts& counts = header().counts;
  const std::uint64_t useful = map_array_bytes(header().map_buckets) + counts.live_bytes + counts.entries * kNodeBytes;
  const std::uint64_t used = segment_.extent().used;
  return used > useful ? used - useful : 0;
}

std::uint64_t LiveIndex::unflushed_bytes() const noexcept {
  // Relaxed: numbers for themselves, and no decision about what is in the index depends on them.
  const std::uint64_t used = segment_.extent().used.load(std::memory_order_relaxed);
  const std::uint64_t flushed = header().flushed_used.load(std::memory_order_relaxed);
  return used > flushed ? used - flushed : 0;
}

bool LiveIndex::counts_are_possible() const noexcept {
  // Relaxed: each is a number for itself, and only the holder of the writer lock changes them.
  const format::Counts& counts = header().counts;
  const std::uint64_t used = segment_.extent().used.load(std::memory_order_relaxed);
  return counts.live_bytes.load(std::memory_order_relaxed) <= used && counts.entries.load(std::memory_order_relaxed) <= used / kNodeBytes;
}

LiveIndex::Chains LiveIndex::chains() const {
  Chains chains;
  for (std::size_t bucket = 0; bucket < map_->bucket_count(); ++bucket) {
    std::size_t length = 0;
    bool damaged = false;
    walk_bucket(
        bucket,
        [&](const Node&) {
          ++length;
          return true;
        },
        &damaged);
    chains.damaged += damaged ? 1 : 0;
    if (chains.lengths.size() <= length) chains.lengths.resize(length + 1);
    ++chains.lengths[length];
  }
  return chains;
}

}  // namespace zccache
