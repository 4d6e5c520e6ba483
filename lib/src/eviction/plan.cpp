#include "eviction/plan.hpp"

#include <algorithm>
#include <limits>

namespace zccache {
namespace {

Minute minutes(std::chrono::seconds duration) noexcept { return duration.count() / 60; }

}  // namespace

Minute last_use(const ArtifactView& entry, Minute now) noexcept {
  static constexpr std::uint64_t kLast = std::numeric_limits<Minute>::max();
  const auto minute = [](std::uint64_t secs) { return static_cast<Minute>(std::min(secs / 60, kLast)); };
  // A time to come: a damaged word, or a clock that was set back.
  const Minute used = minute(entry.used_at_secs());
  return used <= now ? used : std::min(minute(entry.stored_at_secs()), now);
}

EvictionPlan::Verdict EvictionPlan::verdict(Minute used) const {
  if (used <= expired_until) return Verdict::expire;
  return used < evicted_until || (used == evicted_until && size(left) > target) ? Verdict::evict : Verdict::keep;
}

void EvictionPlan::gone(Minute used, const Holdings& holdings) noexcept {
  if (used > expired_until && used >= evicted_until) left -= holdings;
}

EvictionPlan LastUses::plan(const EvictionPolicy& policy, std::uint64_t max_bytes, std::uint64_t usage, const CompactedSize& size,
                            Minute now) const {
  EvictionPlan plan{.size = size, .left = all_};
  if (policy.max_age.count() != 0) plan.expired_until = now - minutes(policy.max_age);
  const auto first_kept = by_minute_.upper_bound(plan.expired_until);
  for (auto it = by_minute_.begin(); it != first_kept; ++it) plan.left -= it->second;
  usage -= std::min(usage, all_.payload_bytes - plan.left.payload_bytes);

  const bool over_hard = usage > percent_of(max_bytes, policy.hard.start);
  if (max_bytes == 0 || (!over_hard && usage <= percent_of(max_bytes, policy.soft.start))) return plan;
  const WaterMark mark = over_hard ? policy.hard : policy.soft;
  // Where the garbage in the index is what is too much, nothing has to go. Not if that leaves it close to the mark: it would be back at once,
  // and the index compacted again for a little more.
  const std::uint64_t start = percent_of(max_bytes, mark.start);
  plan.target = percent_of(max_bytes, mark.stop);
  plan.compacts = size(plan.left) <= start - (start - plan.target) / 4;
  if (plan.compacts) return plan;

  const Minute newest = over_hard ? now : now - minutes(policy.soft_idle);
  Holdings last;
  for (auto it = first_kept; it != by_minute_.end() && it->first <= newest && size(plan.left) > plan.target; ++it) {
    plan.evicted_until = it->first;
    plan.left -= last = it->second;
    plan.compacts = true;
  }
  plan.left += last;  // of the last minute, verdict() picks
  return plan;
}

}  // namespace zccache
