#include "process/soak_oracle.hpp"

#include <algorithm>

#include "support.hpp"

namespace zccache::test {
namespace {

constexpr std::uint64_t kActorStride = 1'000'000;

std::uint64_t key_number(std::size_t actor, std::uint64_t change) { return (actor == kRemover ? change / 2 : change) % kSoakKeys; }

}  // namespace

std::string soak_key(std::size_t actor, std::uint64_t change) { return key_of(actor * kActorStride + key_number(actor, change)); }

std::uint64_t soak_round(std::size_t actor) { return actor == kRemover ? 2 * kSoakKeys : kSoakKeys; }

bool is_removal(std::size_t actor, std::uint64_t change) { return actor == kRemover && change % 2 == 1; }

bool may_be_evicted(std::size_t actor, std::uint64_t change) { return actor != kRemover && key_number(actor, change) % 8 == 7; }

bool is_uncertain(const SoakOracle& oracle, std::size_t actor, std::uint64_t change) {
  return oracle.actors[actor].uncertain[change % soak_round(actor)] == change + 1;
}

Verdict judge(std::size_t actor, std::uint64_t change, bool newer_begun, const std::optional<Artifact>& found) {
  if (found && !is_whole(soak_key(actor, change), *found)) return Verdict::wrong;
  if (is_removal(actor, change)) return !found || found->stored_at_secs > change ? Verdict::right : Verdict::lost;
  if (found) return found->stored_at_secs >= change ? Verdict::right : Verdict::lost;
  return may_be_evicted(actor, change) || (actor == kRemover && newer_begun) ? Verdict::right : Verdict::lost;
}

void InFlight::note(SoakOracle& oracle, std::size_t actor) {
  SoakOracle::Actor& counts = oracle.actors[actor];
  for (std::uint64_t change = counts.acknowledged; change < counts.begun; ++change) {
    changes_[actor].insert(change);
    counts.uncertain[change % soak_round(actor)] = change + 1;
  }
  counts.acknowledged = counts.begun.load();
}

SoakResult verify(const ArtifactStore& store, const SoakOracle& oracle, const InFlight& in_flight) {
  SoakResult result;
  for (std::size_t actor = 0; actor < kSoakActors; ++actor) {
    const std::uint64_t changes = oracle.actors[actor].begun;
    for (std::uint64_t last = changes - std::min(changes, soak_round(actor)); last < changes; ++last) {
      // The newest change of this key that surely happened. Those after it may have happened.
      std::uint64_t sure = last;
      const auto before = [&](std::uint64_t change) {
        if (actor == kRemover && change % 2 == 1) return change - 1;  // the insert that it takes back
        return actor == kRemover ? change - (soak_round(actor) - 1) : change - soak_round(actor);
      };
      while (in_flight.contains(actor, sure) && sure >= soak_round(actor)) sure = before(sure);
      if (in_flight.contains(actor, sure)) continue;                           // none
      if (actor == kRemover && last % 2 == 0 && last + 1 < changes) continue;  // its removal is looked at next
      ++result.looked_at;
      const Verdict verdict = judge(actor, sure, sure != last, store.get(soak_key(actor, last)));
      result.lost += verdict == Verdict::lost ? 1 : 0;
      result.wrong += verdict == Verdict::wrong ? 1 : 0;
    }
  }
  return result;
}

}  // namespace zccache::test
