#include "live/live_builder.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <span>
#include <vector>

#include "base/directory.hpp"
#include "format/hash.hpp"

namespace zccache {
namespace {

/// For the managed segment's own structures and the map object.
constexpr std::size_t kReserveBytes = 4096;

/// Bytes of file for each bucket of a generation that is sized by its file: less than those of an entry as compilers make them, so that most
/// lookups meet no node but the one they look for. A foreign node is a cache miss; a bucket is eight bytes. Boost rounds up, to twice as many
/// at most.
constexpr std::size_t kBytesPerBucket = 256;

/// How much larger than what it begins with a generation can grow. The next one copies it all; but its buckets are made at once.
constexpr std::size_t kRoomToGrow = 4;

std::size_t buckets_for(std::size_t file_bytes, std::uint64_t entries) noexcept {
  return std::max<std::size_t>(file_bytes / kBytesPerBucket, static_cast<std::size_t>(entries));
}

struct Measures {
  std::size_t file_bytes;
  std::size_t buckets;
  std::size_t front_bytes;  ///< of the extent, used from the start: the bucket arrays, and what is needed
};
Measures measures_of(const Capacity& needed, std::size_t room, std::size_t minimum_bytes) noexcept {
  const Capacity capacity{.entries = room * needed.entries, .record_bytes = room * needed.record_bytes};
  const std::size_t file_bytes = capacity.file_bytes(minimum_bytes);
  const std::size_t buckets = buckets_for(file_bytes - map_array_bytes(buckets_for(file_bytes, 0)), capacity.entries);
  return {file_bytes, buckets, map_array_bytes(2 * buckets) + needed.record_bytes + needed.entries * kNodeBytes};
}

std::uint64_t now_secs() noexcept {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

/// A number that no other life has: of the file that it begins with, and the moment.
std::uint64_t new_life(const FileIdentity& file) noexcept {
  const std::uint64_t facts[] = {file.device, file.inode, static_cast<std::uint64_t>(::getpid()),
                                 static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count())};
  return format::checksum64(facts, sizeof facts);
}

/// Closes a counter that others add to, and returns what it came to.
std::uint64_t drain(format::Word& counter) noexcept {
  // Acquire-release, so that no add that saw the bit unset comes after. Twice is harmless: a kill before the exchange repeats it.
  return counter.fetch_or(format::kDrained, std::memory_order_acq_rel) & ~format::kDrained;
}

void drain_all(format::SharedCounters& counters, format::Totals& totals) noexcept {
  totals.hits = drain(counters.hits);
  totals.misses = drain(counters.misses);
  totals.evictions = drain(counters.evictions);
  std::ranges::transform(counters.host, totals.host.begin(), drain);
}

void set_counters(format::SharedCounters& counters, const format::Totals& totals) noexcept {
  counters.hits = totals.hits;
  counters.misses = totals.misses;
  counters.evictions = totals.evictions;
  std::ranges::copy(totals.host, counters.host.begin());
}

void take_over(format::LiveHeader& header, const Inheritance& past) noexcept {
  header.life = past.life;
  header.generation = past.generation + 1;
  header.counts.last_sequence = std::max<std::uint64_t>(header.counts.last_sequence, past.last_sequence);
  header.highest_sequence = std::max<std::uint64_t>(header.counts.last_sequence, past.highest_sequence);
  header.counts.inserts = past.totals.inserts;
  header.counts.removes = past.totals.removes;
  header.flushed_sequence = past.flushed_sequence;
  // The clock of a new index starts with it, not in 1970: its first change is not at once overdue.
  header.last_flush_at_millis = past.last_flush_at_millis != 0 ? past.last_flush_at_millis : 1000 * now_secs();
  header.last_removal = past.last_removal;
  header.last_flush_micros = past.last_flush_micros;
  header.flushes_done = past.totals.flushes_done;
  header.flushes_failed = past.totals.flushes_failed;
  header.snapshot_entries = past.snapshot_entries;
  header.snapshot_bytes = past.snapshot_bytes;
  header.renewals = past.totals.renewals;
  set_counters(header.shared, past.totals);
}

Failure disk_full(const HeldDirectory& directory) { return system_failure((directory.path() / CacheDirectory::kLive).string(), ENOSPC); }

/// Throws std::bad_alloc where the extent is smaller than the buckets.
void make_map(const Segment& segment, std::size_t buckets) {
  ManagedSegment managed = segment.managed();
  auto* map = managed.construct<ArtifactMap>("artifacts")(buckets, KeyHash{}, std::equal_to<format::Key128>{},
                                                          ArtifactMap::allocator_type(&segment.extent()));
  map->max_load_factor(kNeverRehash);
  segment.header().map_offset = segment.offset_of(map);
  segment.header().map_buckets = map->bucket_count();
  segment.header().map_checksum = checksum_of(*map);
}

/// Those that no snapshot knows of: without them a restart would bring the entries back.
std::vector<const format::RecordHeader*> unflushed_removals(const LiveIndex& index) {
  std::vector<const format::RecordHeader*> removals;
  const std::uint64_t flushed = index.header().flushed_sequence;
  if (index.header().last_removal <= flushed) return removals;
  index.for_each_record([&](const format::RecordHeader& record) {
    if (format::is_tombstone(record) && record.sequence > flushed) removals.push_back(&record);
    return true;
  });
  return removals;
}

}  // namespace

std::size_t Capacity::file_bytes(std::size_t minimum_bytes) const noexcept {
  const std::size_t records = record_bytes + entries * kNodeBytes;
  // Buckets follow from the file size, which includes them: a tenth covers their arrays and the rounding up to the next prime.
  const std::size_t total = format::kPageBytes + 2 * kReserveBytes + records + map_array_bytes(2 * buckets_for(records, entries));
  const std::size_t wanted = std::max(total, minimum_bytes);
  return (wanted + format::kPageBytes - 1) / format::kPageBytes * format::kPageBytes;
}

Inheritance Inheritance::of(const format::LiveHeader& header) noexcept {
  const auto value = [](const format::Word& word) { return word.load(std::memory_order_relaxed); };
  Inheritance past{.life = header.life,
                   .generation = header.generation,
                   .last_sequence = value(header.counts.last_sequence),
                   .highest_sequence = value(header.highest_sequence),
                   .flushed_sequence = value(header.flushed_sequence),
                   .last_flush_at_millis = value(header.last_flush_at_millis),
                   .last_flush_micros = value(header.last_flush_micros),
                   .last_removal = value(header.last_removal),
                   .snapshot_entries = value(header.snapshot_entries),
                   .snapshot_bytes = value(header.snapshot_bytes),
                   .totals = {.hits = value(header.shared.hits) & ~format::kDrained,
                              .misses = value(header.shared.misses) & ~format::kDrained,
                              .evictions = value(header.shared.evictions) & ~format::kDrained,
                              .inserts = value(header.counts.inserts),
                              .removes = value(header.counts.removes),
                              .renewals = value(header.renewals),
                              .flushes_done = value(header.flushes_done),
                              .flushes_failed = value(header.flushes_failed),
                              .host = {}}};
  std::ranges::transform(header.shared.host, past.totals.host.begin(),
                         [&](const format::Word& word) { return value(word) & ~format::kDrained; });
  return past;
}

result<LiveBuilder> LiveBuilder::create(const HeldDirectory& directory, const Capacity& needed, std::size_t room, std::size_t minimum_bytes) {
  const auto [file_bytes, buckets, front_bytes] = measures_of(needed, room, minimum_bytes);
  remove_stale_temporaries(directory, CacheDirectory::kLive);
  auto file = LockedTemporary::create(directory, CacheDirectory::kLive);
  if (!file) return file.error();
  auto segment = Segment::create(*file, file_bytes, kReserveBytes, front_bytes);
  if (!segment) return segment.error();
  try {
    if (!segment->store([&, buckets = buckets] { make_map(*segment, buckets); })) return disk_full(directory);
    return LiveBuilder(std::move(*segment), std::move(*file));
  } catch (const std::exception&) {
    return Failure{Error::no_space, file->path().string(), ENOMEM};
  }
}

std::size_t LiveBuilder::first_blocks(const Capacity& needed, std::size_t minimum_bytes) noexcept {
  const Measures measures = measures_of(needed, kRoomToGrow, minimum_bytes);
  return Segment::first_blocks(measures.file_bytes, kReserveBytes, measures.front_bytes);
}

result<LiveBuilder> LiveBuilder::create_roomy(const HeldDirectory& directory, const Capacity& needed, std::size_t minimum_bytes) {
  auto roomy = create(directory, needed, kRoomToGrow, minimum_bytes);
  return roomy || roomy.error().error != Error::no_space ? std::move(roomy) : create(directory, needed, 1, 0);
}

result<LiveBuilder> LiveBuilder::copy_of(const LiveIndex& old, const HeldDirectory& directory, const Capacity& more,
                                         std::size_t minimum_bytes) {
  const Failure damaged{Error::corrupt, (directory.path() / CacheDirectory::kLive).string()};
  if (!old.counts_are_possible()) return damaged;
  const format::Counts& counts = old.header().counts;
  const auto removals = unflushed_removals(old);
  Capacity needed{.entries = counts.entries + more.entries + removals.size(), .record_bytes = counts.live_bytes + more.record_bytes};
  for (const format::RecordHeader* removal : removals) needed.record_bytes += removal->length;
  auto builder = create_roomy(directory, needed, minimum_bytes);
  if (!builder) return builder;
  result<bool> fits = true;
  const auto add = [&](const format::RecordHeader& record) {
    fits = builder->add(record);
    return fits && *fits;
  };
  old.for_each(add);
  for (const format::RecordHeader* removal : removals) {
    if (fits && *fits) add(*removal);
  }
  if (!fits) return fits.error();
  if (!*fits) return damaged;  // there is more than the counts say
  return builder;
}

const format::RecordHeader* LiveBuilder::find(std::string_view key) {
  place_waiting();
  const auto found = map_->find(format::hash_key(key));
  const format::RecordHeader* record = found != map_->end() ? found->second.get() : nullptr;
  return record != nullptr && !format::is_tombstone(*record) && format::key_of(*record) == key ? record : nullptr;
}

result<bool> LiveBuilder::add(const format::RecordHeader& record) {
  const std::uint64_t bytes = record.length + kNodeBytes;
  if (extent_available(segment_.extent()) < waiting_bytes_ + bytes) {
    auto available = segment_.make_room(file_.fd(), waiting_bytes_ + bytes, file_.path());
    if (!available || !*available) return available;
  }
  waiting_bytes_ += bytes;
  waiting_[waiting_count_++] = &record;
  if (waiting_count_ == kBatch) place_waiting();
  if (disk_full_) return disk_full(file_.directory());
  return true;
}

result<bool> LiveBuilder::add_at_once(const format::RecordHeader& record) {
  auto added = add(record);
  if (added && *added) place_waiting();
  if (disk_full_) return disk_full(file_.directory());
  return added;
}

void LiveBuilder::place_waiting() {
  const std::span waiting(waiting_.data(), waiting_count_);
  std::array<format::Key128, kBatch> hashes;
  std::ranges::transform(waiting, hashes.begin(), [](const auto* record) { return format::hash_key(format::key_of(*record)); });
  // Loads that do not depend on each other, and nothing in between: the processor has many of them under way at once.
  const Bucket* buckets = buckets_of(segment_.extent());
  for (std::size_t i = 0; i < waiting.size(); ++i) prefetch_node(buckets[map_->bucket(hashes[i])]);
  const auto place_all = [&] {
    for (std::size_t i = 0; i < waiting.size(); ++i) place(hashes[i], *waiting[i]);
  };
  disk_full_ |= !segment_.store(place_all);
  waiting_count_ = 0;
  waiting_bytes_ = 0;
}

void LiveBuilder::place(const format::Key128& hash, const format::RecordHeader& record) {
  format::Counts& counts = segment_.header().counts;
  Slot& slot = map_->try_emplace(hash, nullptr).first->second;
  const format::RecordHeader* before = slot.get();
  if (before != nullptr && !format::is_newer(record, *before)) return;
  if (before != nullptr && !format::is_tombstone(*before)) {
    counts.entries -= 1;
    counts.live_bytes -= before->length;
  }
  slot = format::copy_record(take_from_extent(segment_.extent(), record.length), record);
  counts.last_sequence = std::max<std::uint64_t>(counts.last_sequence, record.sequence);
  if (!format::is_tombstone(record)) {
    counts.entries += 1;
    counts.live_bytes += record.length;
  }
}

void LiveBuilder::take_counters(const LiveIndex& old, format::Totals totals) {
  // Where the disk is full, what was counted since `past` was read is lost. The old generation is retired by now, and left all the same.
  const bool drained = old.segment().store([&] { drain_all(old.header().shared, totals); });
  [[maybe_unused]] const bool taken = drained && segment_.store([&] { set_counters(segment_.header().shared, totals); });
}

result<LiveIndex> LiveBuilder::publish(const Inheritance& past, const BootId& boot, const Predecessor& before) && {
  place_waiting();
  const HeldDirectory& directory = file_.directory();
  auto status = status_of(file_.fd(), file_.path());
  if (!status) return status.error();
  // Complete before the old one is retired: where the disk has no room for it, the old one is still in use.
  const LiveIndex* old = before.index();
  const std::uint64_t unflushed = past.unflushed_bytes + (old != nullptr ? old->unflushed_bytes() : 0);
  const auto complete = [&] {
    take_over(segment_.header(), past);
    if (past.life == 0) segment_.header().life = new_life(segment_.identity());
    const std::uint64_t used = segment_.extent().used;
    segment_.header().flushed_used = used - std::min(used, unflushed);
    segment_.seal(*status, boot, now_secs());
  };
  if (disk_full_ || !segment_.store(complete)) return disk_full(directory);
  // From here to the exchange, nobody else of ours gives a file in this directory the name of the live index.
  const auto lock = directory.lock();
  if (!lock) return lock.error();
  const Failure look_again{Error::not_found, (directory.path() / CacheDirectory::kLive).string()};
  if (!before.is_in(directory)) return look_again;
  // Retired first, put in its place second: a kill in between leaves a retired file at the path, which readers go on with and somebody
  // reinstates. The other order would leave readers on a generation that nobody writes any more, without a sign.
  if (auto retired = before.retire(directory); !retired) return retired.error();
  if (old != nullptr) take_counters(*old, past.totals);
  const auto withdraw = [&] {  // for whoever has attached to it meanwhile
    [[maybe_unused]] const bool stored = segment_.store([&] { segment_.header().retired.store(1, std::memory_order_release); });
  };
  const auto placed = file_.put_in_place_of(before.identity(), CacheDirectory::kLive, withdraw);
  if (!placed) before.reinstate();
  if (!placed) return placed.error();
  if (!*placed) return look_again;
  segment_.take(file_.release());
  return LiveIndex(std::move(segment_));
}

result<LiveIndex> renew(const HeldDirectory& directory, const LiveIndex& old, const Capacity& more, std::size_t minimum_bytes) {
  auto builder = LiveBuilder::copy_of(old, directory, more, minimum_bytes);
  if (!builder) return builder.error();
  Inheritance past = Inheritance::of(old.header());
  past.totals.renewals += 1;
  return std::move(*builder).publish(past, old.header().boot_id, Predecessor::of_index(old));
}

result<LiveIndex> renew_empty(const HeldDirectory& directory, const LiveIndex& old, std::size_t minimum_bytes) {
  // With the removals that no snapshot has seen: until the next one is written, recovery takes what the last one has, and must not take those.
  const auto removals = unflushed_removals(old);
  Capacity needed{.entries = removals.size(), .record_bytes = 0};
  for (const format::RecordHeader* removal : removals) needed.record_bytes += removal->length;
  auto builder = LiveBuilder::create_roomy(directory, needed, minimum_bytes);
  if (!builder) return builder.error();
  for (const format::RecordHeader* removal : removals) {
    const auto fits = builder->add(*removal);
    if (!fits) return fits.error();
    if (!*fits) return Failure{Error::no_space, (directory.path() / CacheDirectory::kLive).string()};
  }
  Inheritance past = Inheritance::of(old.header());
  past.totals.renewals += 1;
  past.totals.removes += old.header().counts.entries;
  // A change like any other, so that a snapshot is due until one has been written.
  past.highest_sequence = std::max(past.highest_sequence, past.last_sequence) + 1;
  past.last_removal = past.last_sequence = past.highest_sequence;
  return std::move(*builder).publish(past, old.header().boot_id, Predecessor::of_index(old));
}

}  // namespace zccache
