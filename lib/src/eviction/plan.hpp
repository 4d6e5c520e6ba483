// Which entries go, by when they were last used.
#pragma once

#include <cstdint>
#include <map>

#include <zccache/eviction.hpp>

namespace zccache {

/// Minutes since the Unix epoch. Signed: -1 is before every use.
using Minute = std::int64_t;

/// When an entry was last used, as far as that can be believed.
[[nodiscard]] Minute last_use(const ArtifactView& entry, Minute now) noexcept;

struct EvictionPlan {
  Minute expired_until = -1;         ///< used then or before: too old
  Minute evicted_until = -1;         ///< used before: evicted for their size ...
  std::uint64_t bytes_at_limit = 0;  ///< ... and of those used in that very minute, so many bytes

  enum class Verdict { keep, expire, evict };
  [[nodiscard]] Verdict verdict(Minute used) const noexcept;
};

/// How many bytes were last used when. Memory grows with the number of different minutes, which lie ten apart for entries in use.
class LastUses {
 public:
  void add(Minute used, std::uint64_t bytes) { bytes_[used] += bytes; }

  /// What has to go from a directory of `usage` bytes. `max_bytes` 0: no limit.
  [[nodiscard]] EvictionPlan plan(const EvictionPolicy& policy, std::uint64_t max_bytes, std::uint64_t usage, Minute now) const;

 private:
  std::map<Minute, std::uint64_t> bytes_;
};

/// The share of `bytes`.
[[nodiscard]] constexpr std::uint64_t percent_of(std::uint64_t bytes, unsigned percent) noexcept {
  return bytes / 100 * percent + bytes % 100 * percent / 100;
}

}  // namespace zccache
