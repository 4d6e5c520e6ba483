// What processes were told is stored, kept for each life of a cache directory: what must be found in it, and what may be.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <zccache/artifact_store.hpp>

namespace zccache::test {

inline constexpr std::size_t kStormWorkers = 4;
inline constexpr std::size_t kStormOperations = std::size_t{1} << 19;  // of each worker, over all its processes

enum class StormAction : std::uint8_t {
  insert,
  remove,
  flush,
  clear,    ///< removes what was stored before it ended
  collect,  ///< as clear: entries without payloads are garbage. Refused while another one is at it
  other
};

/// One operation of a worker. The worker writes it before and after; whoever reaps a killed worker writes the rest of it.
struct StormRecord {
  StormAction action;
  std::uint64_t number;               ///< of the entry
  std::uint64_t count;                ///< of a removal: so many numbers, of which that is the first
  std::uint64_t removed;              ///< of them, as the store said
  std::uint64_t began, ended;         ///< on a clock that all share, which counts operations
  std::uint64_t first, last;          ///< the event that was the latest at the beginning and at the end
  std::atomic<bool> begun, done, ok;  ///< each after what it stands for
};

/// In memory that all processes share. The count of events is odd while one happens: an operation that sees the same even count before and
/// after itself met one life only, and belongs to it. Any other one may have gone into each life that was at the path meanwhile.
struct StormLog {
  std::atomic<std::uint64_t> events, clock, operations;
  std::atomic<std::uint64_t> clears;  ///< begun, collections as well
  std::atomic<bool> stop;
  std::atomic<bool> is_symlink;  ///< stores are refused
  std::atomic<std::uint64_t> lost, wrong, refused, opened;
  char refusal[240];  ///< the first one; by whoever counted it
  struct Worker {
    std::atomic<std::uint64_t> count;
    std::atomic<bool> clears;  ///< at the moment; set before it is counted
    StormRecord records[kStormOperations];
  } workers[kStormWorkers];
};

/// Every entry has a key of its own, which says who stored it and when.
[[nodiscard]] std::string storm_key(std::size_t worker, std::uint64_t number);

using StormEntry = std::pair<std::size_t, std::uint64_t>;  ///< worker and number
using LifeId = std::size_t;

class DirectoryOracle {
 public:
  explicit DirectoryOracle(StormLog& log) : log_(log) { lives_.emplace_back(); }

  /// What a new life begins with. It may have more of the old one than that.
  enum class Legacy {
    nothing,   ///< nor may anything of an earlier life be in it
    snapshot,  ///< what was flushed
    all
  };
  [[nodiscard]] LifeId begin_life(LifeId before, Legacy legacy);
  [[nodiscard]] LifeId begin_life() { return begin_life(0, Legacy::nothing); }

  /// `life` goes on in the place of `after`, which came of it meanwhile: the snapshot is that of either.
  [[nodiscard]] LifeId resume_life(LifeId life, LifeId after);

  /// `life` is, or was for a moment, at the path at the event of now.
  void at_path(LifeId life);
  /// Its snapshot went, and with it everything if nobody has made a live index of it. Flushes from now on count again.
  void lose_snapshot(LifeId life, bool has_live_index);
  /// It was copied file by file while others changed them: a snapshot from before a removal may stand beside an index that no longer tells of
  /// it.
  void forget_removals(LifeId life) { lives_[life].removed.clear(); }

  /// No other life will be looked at any more, nor be the beginning of another one.
  void keep_only(const std::set<LifeId>& lives);

  /// Reads what the workers have been told since the last time.
  void absorb();
  /// As absorb, and `worker` was killed: what it was at may or may not have happened.
  void killed(std::size_t worker);

  struct Counts {
    std::uint64_t checked = 0, entries = 0, lost = 0, wrong = 0;
  };
  /// Looks at everything in the directory of `life`, and at its snapshot.
  void check(LifeId life, const std::filesystem::path& dir);
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
  /// The first thing that was lost or wrong.
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
  [[nodiscard]] std::size_t lives() const noexcept { return lives_.size(); }
  [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }

 private:
  struct Life {
    std::optional<LifeId> before;      // whose entries may be in it, up to its birth
    std::uint64_t birth = 0;           // the event
    std::set<std::uint64_t> events;    // at which it was at the path
    std::uint64_t snapshot_since = 0;  // the event
    bool lost_snapshot = false;        // then recovery may take the previous one, from before a removal
    std::uint64_t cleared_until = 0;   // on the clock: what was begun before may be gone
    std::set<StormEntry> stored, flushed, removed;
  };
  void apply(std::size_t worker, const StormRecord& record);
  void forget(const StormEntry& first, std::uint64_t count);
  void forget_cleared(std::uint64_t first_event, std::uint64_t last_event, std::uint64_t until);
  [[nodiscard]] StormRecord& record_of(const StormEntry& entry) const { return log_.workers[entry.first].records[entry.second]; }
  void note_removed(Life& life, std::size_t worker, const StormRecord& record);
  void complain(LifeId life, const StormEntry& entry, const char* what);
  [[nodiscard]] bool may_have(LifeId life, const StormEntry& entry) const;

  StormLog& log_;
  std::vector<Life> lives_;
  std::set<LifeId> kept_{0};                    // of the others only the events are known
  std::vector<std::optional<LifeId>> life_at_;  // of each event
  std::uint64_t absorbed_[kStormWorkers] = {};
  std::uint64_t acknowledged_ = 0;
  Counts counts_;
  std::string complaint_;
};

}  // namespace zccache::test
