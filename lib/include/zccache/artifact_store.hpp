// Start here: the artifact index of a compiler cache, shared by any number of processes without a daemon.
//
//     auto store = zccache::ArtifactStore::open("/home/me/.cache/zccache-artifact");
//     if (!store) return complain(store.error().message());
//     if (auto hit = store->find(key)) serve(hit);                 // no lock, no system call, no allocation
//     else store->insert(key, zccache::Artifact::from_outputs({"foo.o"}, {1234})).value();
//
// The index maps a key to an Artifact. The payload bytes lie beside it, see <zccache/payload_store.hpp>.
#pragma once

#include <zccache/artifact.hpp>
#include <zccache/options.hpp>
#include <zccache/result.hpp>
#include <zccache/stats.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zccache {

/// What ArtifactStore::merge did.
struct Merged {
  std::size_t added = 0;
  std::size_t replaced = 0;  ///< older entries
  std::size_t kept = 0;      ///< entries that were there and as new
};

/// One cache directory. Thread-safe; movable; any number of stores, in any number of processes, may have one directory open.
///
/// Guarantees
/// - What one store inserts, all others find at their next lookup. An acknowledged change survives `kill -9` of any process.
/// - A lookup (`find`, `get`) takes no lock, makes no system call and writes to no shared memory. `find` allocates nothing. The one exception:
///   the first lookup after the index was renewed (it grew, was compacted, cleared or repaired) attaches to the new file first. Where a process
///   was killed in the middle of that, the first lookup of a store that is not read-only takes back what it had done.
/// - No process waits for a reader, however slow, stopped or dead.
/// - A reboot loses at most what came after the last flush, less what recovery finds in the old live file.
///
/// A key is 1 to 4096 bytes without control bytes and '/'. Two keys are one if they are equal; equality is of the whole key, not of a hash.
///
/// After `fork` the child may go on using the store: it holds no lock, shares no descriptor that matters and has no flush thread.
/// A moved-from store may only be destroyed or assigned to.
class ArtifactStore {
 public:
  /// Opens `dir`, creating it (mode 0700) and an empty index if there is none. A live index that cannot be trusted (after a reboot, a copy,
  /// damage, another version) is rebuilt from the snapshot and from what can be salvaged; see `docs/recovery.md`.
  /// A read-only store rebuilds nothing: where there is no live index it searches the snapshot, and goes on with that one for as long as it is
  /// open, also when a live index or a newer snapshot appears. A lookup makes no system call, and a file that was replaced says nothing about
  /// it in the old one. Open again to see what is new; `Stats::segment_bytes` is 0 for a store that has a snapshot.
  ///
  /// Where a read-only mount or its mode forbids to write the directory, and there is something to be read, the store is read-only without
  /// having been asked for that; `read_only()` says so.
  ///
  /// Cost when there is nothing to rebuild: about ten system calls, independent of the number of entries.
  /// Errors: directory_unusable, directory_untrusted, unsupported_filesystem, no_space, lock_timeout, io; not_found (read-only, no index yet).
  [[nodiscard]] static result<ArtifactStore> open(const std::filesystem::path& dir, const OpenOptions& options = {});

  ArtifactStore(ArtifactStore&&) noexcept;
  ArtifactStore& operator=(ArtifactStore&&) noexcept;
  /// Stops the flush thread, if there is one, and writes a last snapshot if that is in proportion: if a quarter of the index changed since the
  /// last one, or the store was open for a minute (or for `flush_interval`, and 50 times as long as the last flush took). So a process that
  /// changes five of ten million entries ends at once. `flush()` before it writes one in any case.
  ~ArtifactStore();

  /// The entry where it lies. See ArtifactView for how long it is valid. An unusable key is absent.
  [[nodiscard]] ArtifactView find(std::string_view key) const noexcept;

  /// An owned copy of the entry.
  [[nodiscard]] std::optional<Artifact> get(std::string_view key) const;

  /// Adds or replaces. On return every process finds the new entry; a reader finds the old one or the new one, never a mixture.
  /// `artifact.stored_at_secs` is stored as given. Errors: invalid_key, invalid_artifact, record_too_large, no_space, lock_timeout, read_only,
  /// io.
  result<void> insert(std::string_view key, const Artifact& artifact);

  /// Inserts a range of pairs (key, Artifact) under one lock, in order; a later duplicate wins. All are checked before the first goes in.
  /// Returns how many were inserted; nothing for an empty range.
  template <std::ranges::input_range Range>
  requires std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>> result<std::size_t> insert_many(Range&& entries) {
    std::vector<EntryRef> refs;
    if constexpr (std::ranges::sized_range<Range>) refs.reserve(std::ranges::size(entries));
    for (const auto& [key, artifact] : entries) refs.push_back({key, &artifact});
    return insert_refs(refs);
  }

  /// Calls `visit` for entry after entry, until it returns false. merge() calls it twice and gets the same entries both times, each key once.
  using EntrySource = std::function<void(const std::function<bool(std::string_view key, const Artifact& artifact)>& visit)>;
  /// Called for an entry that is about to go in, under the writer lock: puts its payload in place. A failure ends the merge.
  using PlacePayload = std::function<result<void>(std::string_view key, const Artifact& artifact)>;

  /// Called when a merge that got the writer lock ends, still under it: whether the entries have gone in. If not, what was put in place has to
  /// be taken back, for the entries that were there before.
  using MergeEnd = std::function<void(bool merged)>;

  /// Adds all of the entries, or none: as one change, which neither an error nor a kill divides. An entry that is there and was not stored
  /// earlier than the one that would replace it stays. By a renewal, and so at a cost in proportion to the whole index; holds one entry in
  /// memory. Errors: those of `insert`, and those of `place`.
  result<Merged> merge(const EntrySource& entries, const PlacePayload& place = {}, const MergeEnd& end = {});

  /// Whether there was an entry.
  result<bool> remove(std::string_view key);

  /// Removes a range of keys under one lock. Returns how many there really were.
  template <std::ranges::input_range Range>
  requires std::convertible_to<std::ranges::range_reference_t<Range>, std::string_view> &&
      std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>
          result<std::size_t> remove_batch(Range&& keys) {
    std::vector<std::string_view> refs;
    for (const auto& key : keys) refs.emplace_back(key);
    return remove_refs(refs);
  }

  /// Removes everything, by a fresh generation, and flushes. Returns how many there were. Payload files are not the index's business.
  result<std::size_t> clear();

  /// Every entry, copied, in no order. Entries that change meanwhile appear in their old or new state.
  [[nodiscard]] std::vector<std::pair<std::string, Artifact>> load_all() const;

  /// Calls `visit` for every entry, in no order, without copies. The view is valid during the call; `false` from `visit` ends the walk.
  void for_each(const std::function<bool(const ArtifactView&)>& visit) const;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }

  /// Writes the snapshot now, replacing the old one atomically and durably (fsync). Creates missing parent folders. Waits for another
  /// flusher up to the lock timeout. Lookups and changes go on meanwhile.
  result<void> flush();

  /// Whether a snapshot is due; `OpenOptions::flush_interval` says when. A removal is a change like any other: no kill brings the entry back,
  /// but a power loss before the next snapshot may. No lock, no system call.
  [[nodiscard]] bool flush_due() const;

  /// Flushes if it is due and nobody else is at it: the one that gets to it among many short-lived processes. Whether it flushed.
  result<bool> flush_if_due();

  /// Counts into the shared statistics. For whoever serves a hit; lost silently on a read-only store. While another process puts a renewed
  /// index in place, the count waits in this store for its next one, or for its end.
  void count_hit(std::uint64_t n = 1) noexcept;
  void count_miss(std::uint64_t n = 1) noexcept;
  void count_eviction(std::uint64_t n = 1) noexcept;
  /// Counts into `Stats::host[counter]`, whose meaning the caller decides. Requires counter < kHostCounters.
  void count(std::size_t counter, std::uint64_t n = 1) noexcept;

  /// Sets hits, misses, inserts, removes, evictions and the host's counters to 0. What others count at this moment counts before or after.
  result<void> reset_counters();

  /// Notes that the entry of `key` was used now, for eviction. For whoever serves it, never by a lookup. Coarse: it writes one word of shared
  /// memory, at most once in 10 minutes for each entry, and costs a lookup otherwise. Does nothing on a read-only store.
  void touch(std::string_view key) noexcept;

  [[nodiscard]] Stats stats() const;
  [[nodiscard]] const std::filesystem::path& directory() const noexcept;
  [[nodiscard]] bool read_only() const noexcept;

 private:
  struct EntryRef {
    std::string_view key;
    const Artifact* artifact;
  };
  result<std::size_t> insert_refs(std::span<const EntryRef> entries);
  result<std::size_t> remove_refs(std::span<const std::string_view> keys);

  class Impl;
  friend class WriteTransaction;
  explicit ArtifactStore(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zccache
