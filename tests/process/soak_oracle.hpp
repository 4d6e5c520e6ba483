// What writers that may be killed at any moment have been told, kept outside the index, and what may therefore be found in it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include <zccache/artifact_store.hpp>

namespace zccache::test {

inline constexpr std::size_t kSoakWriters = 8;
inline constexpr std::size_t kRemover = kSoakWriters;  ///< the actor that takes back what it inserted
inline constexpr std::size_t kSoakActors = kSoakWriters + 1;
inline constexpr std::uint64_t kSoakKeys = 256;  ///< of each

/// Each actor makes changes number 0, 1, 2, … to keys of its own. A writer's change inserts, and most are overwrites. The remover inserts with
/// its even changes and removes the same key with the odd ones. The generation of what is inserted is the number of the change.
///
/// Beside that the remover evicts: some of the keys of the writers may be absent at any time, but if they are there, they are no older than
/// what was acknowledged.
struct SoakOracle {
  struct Actor {
    std::atomic<std::uint64_t> begun, acknowledged;
    /// For each change of a round, 1 + the last of that place that was under way when its actor was killed: it may have happened or not.
    std::array<std::atomic<std::uint64_t>, 2 * kSoakKeys> uncertain;
  };
  std::array<Actor, kSoakActors> actors;
  std::atomic<std::uint64_t> reads, lost, wrong, failed_changes, flushes, evictions, slow, slowest_micros;
  std::atomic<bool> stop;
};

[[nodiscard]] std::string soak_key(std::size_t actor, std::uint64_t change);
/// How many changes it takes until one is made to the same key again.
[[nodiscard]] std::uint64_t soak_round(std::size_t actor);
[[nodiscard]] bool is_removal(std::size_t actor, std::uint64_t change);
[[nodiscard]] bool may_be_evicted(std::size_t actor, std::uint64_t change);
[[nodiscard]] bool is_uncertain(const SoakOracle& oracle, std::size_t actor, std::uint64_t change);

enum class Verdict { right, lost, wrong };

/// What `found` says of the key of `change`, which was acknowledged before it was looked up. `newer_begun`: a later change of the same key had
/// begun by the time it was found.
[[nodiscard]] Verdict judge(std::size_t actor, std::uint64_t change, bool newer_begun, const std::optional<Artifact>& found);

/// All of the uncertain changes.
class InFlight {
 public:
  /// Of an actor that is dead. From here on the oracle takes them for acknowledged.
  void note(SoakOracle& oracle, std::size_t actor);
  [[nodiscard]] bool contains(std::size_t actor, std::uint64_t change) const { return changes_[actor].contains(change); }

 private:
  std::array<std::set<std::uint64_t>, kSoakActors> changes_;
};

struct SoakResult {
  std::uint64_t looked_at = 0, lost = 0, wrong = 0;
};
/// Looks at every key, when nobody changes anything any more.
[[nodiscard]] SoakResult verify(const ArtifactStore& store, const SoakOracle& oracle, const InFlight& in_flight);

}  // namespace zccache::test
