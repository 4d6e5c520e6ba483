#include "live/live_writer.hpp"

#include <algorithm>
#include <atomic>
#include <new>

namespace zccache {
namespace {

/// Entries a bucket at most, on average; more lengthen the chains.
constexpr std::size_t kMaxLoad = 2;

std::uint64_t live_length(const format::RecordHeader* record) noexcept {
  return record == nullptr || format::is_tombstone(*record) ? 0 : record->length;
}

}  // namespace

// All of the words below are written by the holder of the writer lock only; statistics may read them at any time, each for itself. So relaxed
// order suffices, except where a comment says otherwise.

LiveWriter::CountValues LiveWriter::load(const format::Counts& from) noexcept {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  return {.entries = from.entries.load(kRelaxed),
          .live_bytes = from.live_bytes.load(kRelaxed),
          .last_sequence = from.last_sequence.load(kRelaxed),
          .inserts = from.inserts.load(kRelaxed),
          .removes = from.removes.load(kRelaxed)};
}

void LiveWriter::store(format::Counts& to, const CountValues& values) noexcept {
  // Release: none of these may be stored before the slot that publish() stored, because settle() takes the slot as proof that they are still to
  // be set. And the flusher that sees last_sequence also sees every record up to it published.
  constexpr auto kRelease = std::memory_order_release;
  to.entries.store(values.entries, kRelease);
  to.live_bytes.store(values.live_bytes, kRelease);
  to.inserts.store(values.inserts, kRelease);
  to.removes.store(values.removes, kRelease);
  to.last_sequence.store(values.last_sequence, kRelease);
}

Change LiveWriter::can_take(const LiveIndex::SlotSearch& search, std::size_t length) const noexcept {
  const format::ExtentHeader& extent = index_.segment().extent();
  if (search.damaged || !index_.counts_are_possible()) return Change::damaged;
  if (search.slot == nullptr && !ring_is_sound(*index_.map_, extent)) return Change::damaged;
  if (extent_available(extent) < length + kNodeBytes || index_.map_->size() >= kMaxLoad * index_.map_->bucket_count()) return Change::full;
  return Change::done;
}

Change LiveWriter::can_insert(std::string_view key, const Artifact& artifact) const noexcept {
  return can_take(index_.find_slot(format::hash_key(key)), format::record_bytes(key, artifact));
}

Change LiveWriter::insert(std::string_view key, const Artifact& artifact) noexcept {
  const format::Key128 hash = format::hash_key(key);
  const LiveIndex::SlotSearch search = index_.find_slot(hash);
  const std::size_t length = format::record_bytes(key, artifact);
  if (const Change outcome = can_take(search, length); outcome != Change::done) return outcome;
  format::ExtentHeader& extent = index_.segment().extent();

  // The node first, still null, so that it lies right before its record.
  Slot* slot = search.slot != nullptr ? search.slot : make_slot(hash);
  void* bytes = slot == nullptr ? nullptr : take_from_extent(extent, length);
  if (bytes == nullptr) return Change::full;

  CountValues counts = load(header_.counts);
  const std::uint64_t sequence = hand_out_sequence();
  const format::RecordHeader* record = format::encode_record(bytes, key, artifact, sequence);
  const std::uint64_t replaced = live_length(index_.record_in(*slot));
  counts.entries += replaced == 0 ? 1 : 0;
  counts.live_bytes += record->length - replaced;
  counts.last_sequence = sequence;
  counts.inserts += 1;
  publish(*slot, record, counts);
  return Change::done;
}

Change LiveWriter::remove(std::string_view key) noexcept {
  const format::RecordHeader* found = index_.find(key);
  const LiveIndex::SlotSearch search = index_.find_slot(format::hash_key(key));
  if (search.damaged || !index_.counts_are_possible()) return Change::damaged;
  if (found == nullptr) return Change::absent;
  void* bytes = take_from_extent(index_.segment().extent(), format::tombstone_bytes(key));
  if (bytes == nullptr) return Change::full;

  CountValues counts = load(header_.counts);
  const std::uint64_t sequence = hand_out_sequence();
  const format::RecordHeader* tombstone = format::encode_tombstone(bytes, key, sequence);
  counts.entries -= 1;
  counts.live_bytes -= found->length;
  counts.last_sequence = sequence;
  counts.removes += 1;
  // Before it happens: for nothing, this makes a snapshot due; too late, a kill or a renewal could forget the removal.
  header_.last_removal.store(sequence, std::memory_order_relaxed);
  publish(*search.slot, tombstone, counts);
  return Change::done;
}

Slot* LiveWriter::make_slot(const format::Key128& hash) noexcept {
  try {
    // Published null: readers find the key absent. A kill in here is argued in artifact_map.hpp, point 5.
    return &index_.map_->try_emplace(hash, nullptr).first->second;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

std::uint64_t LiveWriter::hand_out_sequence() noexcept {
  // The second is never the larger one, but for a damaged word.
  const std::uint64_t next =
      1 + std::max(header_.highest_sequence.load(std::memory_order_relaxed), header_.counts.last_sequence.load(std::memory_order_relaxed));
  header_.highest_sequence.store(next, std::memory_order_relaxed);
  // Before any byte of the record: a writer killed in between leaves a whole record that recovery will find, and the next change of that key
  // must not get its number, or recovery could not tell which of the two came last. Nobody but the next holder of the lock loads this word, and
  // a kill leaves what a prefix of the instructions stored; so the compiler alone has to keep the order.
  std::atomic_signal_fence(std::memory_order_release);
  return next;
}

void LiveWriter::publish(Slot& slot, const format::RecordHeader* record, const CountValues& after) noexcept {
  const Segment& segment = index_.segment();
  // Release, as those of `after`: none of them before the `dirty` = 0 of the change before this one. A kill in between would leave that change
  // on its way with the slot and record of this one, and settle() would not store its counts again. Nobody loads these words beside the writer:
  // what they are ordered for is what a kill leaves to the next holder of the lock.
  header_.pending.slot_offset.store(segment.offset_of(&slot), std::memory_order_release);
  header_.pending.record_offset.store(segment.offset_of(record), std::memory_order_release);
  store(header_.pending.after, after);
  // Release: a killed writer's successor that finds dirty also finds pending complete. Killed before this: nothing happened.
  header_.dirty.store(1, std::memory_order_release);
  // Release, and the one moment at which the change happens: readers load it with acquire and see the whole record or the old one.
  slot = record;
  store(header_.counts, after);
  // Release: not clean before the counts are right. Killed before this: the successor stores the same counts again.
  header_.dirty.store(0, std::memory_order_release);
}

void LiveWriter::settle() noexcept {
  if (header_.dirty.load(std::memory_order_acquire) == 0) return;
  const Segment& segment = index_.segment();
  auto* slot = segment.at<Slot>(header_.pending.slot_offset.load(std::memory_order_relaxed));
  const auto* record = segment.at<const format::RecordHeader>(header_.pending.record_offset.load(std::memory_order_relaxed));
  // A record is new to the slot it is published in, so its being there says that the change happened.
  if (segment.contains(slot, sizeof *slot) && slot->get() == record) store(header_.counts, load(header_.pending.after));
  header_.dirty.store(0, std::memory_order_release);
}

}  // namespace zccache
