// Keeping a cache directory within its size: what is evicted, when, and by whom.
//
// The size counts blocks on disk of everything in the directory, the index included, and a file with several names once. Entries go least
// recently used first, by `ArtifactView::used_at_secs`. An entry counts with its payload and with its part of the index: its record in the live
// index and in both snapshots. To get that part back, a collection ends by flushing and compacting the index, and what it will take then is
// known before: where garbage in the index is what is too much, no entry goes. The index entry goes before its payload, both under the writer
// lock: a process that serves the entry at that moment serves it whole or has a miss.
#pragma once

#include <zccache/artifact_store.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zccache {

/// Bytes, or a share of the disk that the directory lies on.
struct SizeLimit {
  std::uint64_t bytes = 0;  ///< 0 and no percent: no limit
  unsigned percent = 0;     ///< not 0: of the size of the disk, instead of bytes

  /// "5000000", "500K", "20M", "5G", "1T" (powers of 1000), "5Gi" (of 1024), with or without a B behind, "10%". Nothing for anything else.
  [[nodiscard]] static std::optional<SizeLimit> parse(std::string_view text);
  /// In bytes, 0 for no limit. Errors: io (the disk's size cannot be asked).
  [[nodiscard]] result<std::uint64_t> on_disk_of(const std::filesystem::path& directory) const;
};

/// "90s", "30m", "12h", "7d", "2w", or "0". Nothing for anything else: a number without a unit is as likely meant in days as in seconds.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// Over `start` percent of the size limit, entries are evicted down to `stop` percent.
struct WaterMark {
  unsigned start = 0;
  unsigned stop = 0;

  /// "85:70". Nothing for anything else.
  [[nodiscard]] static std::optional<WaterMark> parse(std::string_view text);
};

/// More room keeps more hits; lower stops make collections rarer and larger.
struct EvictionPolicy {
  SizeLimit max_size{.bytes = std::uint64_t{5} << 30};     ///< $ZCCACHE_MAX_SIZE
  std::chrono::seconds max_age{0};                         ///< unused for this long: evicted, whatever the size. 0: never. $ZCCACHE_MAX_AGE
  WaterMark hard{.start = 100, .stop = 80};                ///< any entries. $ZCCACHE_HARD_MARK=100:80
  WaterMark soft{.start = 85, .stop = 70};                 ///< only entries unused for `soft_idle`. $ZCCACHE_SOFT_MARK=85:70
  std::chrono::seconds soft_idle{std::chrono::hours(96)};  ///< $ZCCACHE_SOFT_IDLE

  /// The defaults above, changed by the environment. A value that cannot be understood leaves the default, and is named in `complaints`.
  [[nodiscard]] static EvictionPolicy from_environment(std::vector<std::string>* complaints = nullptr);
};

/// How far a collection has come.
struct CollectionProgress {
  const char* phase = "";   ///< "looking" or "evicting"
  std::uint64_t done = 0;   ///< files looked at, entries looked at
  std::uint64_t total = 0;  ///< 0: not known
};

struct CollectionOptions {
  EvictionPolicy policy;
  bool dry_run = false;                                          ///< count what would go; works on a read-only store
  std::chrono::milliseconds time_limit{std::chrono::hours(24)};  ///< stops after this; the next collection goes on
  std::function<void(const CollectionProgress&)> progress;       ///< called every thousand files or entries
};

/// What a collection found and did, or, by a dry run, would do.
struct CollectionReport {
  std::uint64_t max_bytes = 0;  ///< 0: no limit
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
  std::uint64_t entries_before = 0;
  std::uint64_t evicted = 0;            ///< for the size
  std::uint64_t expired = 0;            ///< for the age
  std::uint64_t dangling = 0;           ///< entries without all of their payload
  std::uint64_t orphans = 0;            ///< payload files without an entry
  std::uint64_t stale_temporaries = 0;  ///< left by processes that are gone
  bool finished = true;                 ///< false: the time limit came first
};

/// Removes stale temporaries, payloads without entry, entries without payload, then what the policy says. One at a time in a directory;
/// changes are made in small groups, so that other writers get their turn, and a kill at any moment leaves only what the next one removes.
/// Memory does not grow with the number of entries. Errors: lock_timeout (another one runs), read_only, no_space, io.
result<CollectionReport> collect_garbage(ArtifactStore& store, const CollectionOptions& options);

/// What a cache directory takes on the disk, as a collection counts it. Looks at each of its files.
[[nodiscard]] std::uint64_t bytes_on_disk(const std::filesystem::path& directory);

/// Whether a collection is worth its while: by the changes since the last one, its age, or a policy that is not the one it had. Opens and reads
/// one small file.
[[nodiscard]] bool collection_due(const ArtifactStore& store, const EvictionPolicy& policy) noexcept;

/// collect_garbage() if it is due and no other process is at it. Whether it was.
result<bool> collect_garbage_if_due(ArtifactStore& store, const CollectionOptions& options);

/// A file below objects/ that belongs to nothing.
struct Leftover {
  enum class Kind {
    orphan,     ///< a payload that no entry points to
    temporary,  ///< of a process that is gone
    unknown,    ///< not a name of this library's: never removed
  };
  Kind kind;
  std::filesystem::path path;
};

/// Looks for them; returns how many files lie below objects/. A payload of an entry that is stored or evicted at this moment may appear.
std::uint64_t for_each_leftover(const ArtifactStore& store, const std::function<void(const Leftover&)>& visit);

/// Removes orphans and temporaries, each looked at again under the writer lock. How many. Errors: as ArtifactStore::remove.
result<std::uint64_t> remove_leftovers(ArtifactStore& store);

}  // namespace zccache
