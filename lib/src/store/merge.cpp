// Many entries as one change: filled into a fresh generation aside, and there with its rename.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "format/record.hpp"
#include "store/store_impl.hpp"
#include "store/write_transaction.hpp"

namespace zccache {
namespace {

/// Fills a generation that nobody sees yet.
class Merger {
 public:
  Merger(LiveBuilder& fresh, const ArtifactStore::PlacePayload& place, std::uint64_t highest_sequence)
      : fresh_(fresh), place_(place), sequence_(highest_sequence) {}

  result<void> add(std::string_view key, const Artifact& artifact) {
    const format::RecordHeader* before = fresh_.find(key);
    if (before != nullptr && before->stored_at_secs >= artifact.stored_at_secs) {
      ++merged_.kept;
      return {};
    }
    if (place_) {
      if (auto placed = place_(key, artifact); !placed) return placed;
    }
    ++(before != nullptr ? merged_.replaced : merged_.added);
    words_.resize(format::record_bytes(key, artifact) / sizeof(std::uint64_t));
    const auto fits = fresh_.add_at_once(*format::encode_record(words_.data(), key, artifact, ++sequence_));
    if (!fits) return fits.error();
    if (!*fits) return Failure{Error::invalid_artifact, "entries that differ from one call to the next"};
    bytes_ += words_.size() * sizeof(std::uint64_t);
    return {};
  }

  [[nodiscard]] const Merged& merged() const noexcept { return merged_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  LiveBuilder& fresh_;
  const ArtifactStore::PlacePayload& place_;
  std::uint64_t sequence_;
  Merged merged_;
  std::uint64_t bytes_ = 0;           // of the records that went in
  std::vector<std::uint64_t> words_;  // aligned as a record must be
};

result<Capacity> checked_capacity(const ArtifactStore::EntrySource& entries) {
  Capacity needed;
  result<void> checked;
  entries([&](std::string_view key, const Artifact& artifact) {
    checked = format::check_entry(key, artifact);
    if (!checked) return false;
    needed.entries += 1;
    needed.record_bytes += format::record_bytes(key, artifact);
    return true;
  });
  if (!checked) return checked.error();
  return needed;
}

}  // namespace

result<Merged> ArtifactStore::Impl::merge(const EntrySource& entries, const PlacePayload& place, const MergeEnd& end) {
  const auto needed = checked_capacity(entries);
  if (!needed) return needed.error();
  auto transaction = WriteTransaction::begin(*this);
  if (!transaction) return transaction.error();
  auto merged = merge_under(*transaction, entries, place, *needed);
  if (end) end(merged.has_value());
  return merged;
}

result<Merged> ArtifactStore::Impl::merge_under(WriteTransaction& transaction, const EntrySource& entries, const PlacePayload& place,
                                                const Capacity& needed) {
  if (auto settled = settle(transaction.live()); !settled) return settled.error();
  const LiveIndex& old = transaction.live();
  const auto held = hold_directory();
  if (!held) return held.error();
  auto fresh = LiveBuilder::copy_of(old, *held, needed, options_.initial_segment_bytes);
  if (!fresh) return fresh.error();

  Inheritance past = Inheritance::of(old.header());
  Merger merger(*fresh, place, std::max(past.highest_sequence, past.last_sequence));
  result<void> outcome;
  entries([&](std::string_view key, const Artifact& artifact) {
    outcome = merger.add(key, artifact);
    return outcome.has_value();
  });
  if (!outcome) return outcome.error();
  const Merged merged = merger.merged();
  if (merged.added + merged.replaced == 0) return merged;
  past.totals.renewals += 1;
  past.totals.inserts += merged.added + merged.replaced;
  past.unflushed_bytes = merger.bytes();
  auto published = std::move(*fresh).publish(past, old.header().boot_id, Predecessor::of_index(old));
  if (auto replaced = transaction.replace(std::move(published)); !replaced) return replaced.error();
  return merged;
}

}  // namespace zccache
