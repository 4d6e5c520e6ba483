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

EvictionPlan::Verdict EvictionPlan::verdict(Minute used) const noexcept {
  if (used <= expired_until) return Verdict::expire;
  return used < evicted_until || (used == evicted_until && bytes_at_limit != 0) ? Verdict::evict : Verdict::keep;
}

EvictionPlan LastUses::plan(const EvictionPolicy& policy, std::uint64_t max_bytes, std::uint64_t usage, Minute now) const {
  EvictionPlan plan;
  if (policy.max_age.count() != 0) plan.expired_until = now - minutes(policy.max_age);
  const auto first_kept = bytes_.upper_bound(plan.expired_until);
  for (auto it = bytes_.begin(); it != first_kept; ++it) usage -= std::min(usage, it->second);

  const bool over_hard = usage > percent_of(max_bytes, policy.hard.start);
  if (max_bytes == 0 || (!over_hard && usage <= percent_of(max_bytes, policy.soft.start))) return plan;
  const std::uint64_t target = percent_of(max_bytes, over_hard ? policy.hard.stop : policy.soft.stop);
  const Minute newest = over_hard ? now : now - minutes(policy.soft_idle);
  std::uint64_t needed = usage - std::min(usage, target);
  for (auto it = first_kept; it != bytes_.end() && it->first <= newest && needed != 0; ++it) {
    plan.evicted_until = it->first;
    plan.bytes_at_limit = std::min(needed, it->second);
    needed -= plan.bytes_at_limit;
  }
  return plan;
}

}  // namespace zccache
