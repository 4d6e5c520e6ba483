// Which entries go, by when they were last used.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include <zccache/eviction.hpp>

#include "eviction/holdings.hpp"

namespace zccache {

/// Minutes since the Unix epoch. Signed: -1 is before every use.
using Minute = std::int64_t;

/// When an entry was last used, as far as that can be believed.
[[nodiscard]] Minute last_use(const ArtifactView& entry, Minute now) noexcept;

/// The bytes of the directory on the disk once its index has been flushed and compacted, with these entries in it.
using CompactedSize = std::function<std::uint64_t(const Holdings& left)>;

/// Entries go in the order of their last use until the rest fits.
struct EvictionPlan {
  Minute expired_until = -1;  ///< used then or before: too old
  Minute evicted_until = -1;  ///< used before: evicted for their size; of those used in that very minute, as many as have to
  bool compacts = false;      ///< afterwards the index is flushed and compacted
  std::uint64_t target = 0;   ///< the compacted size to come to
  CompactedSize size;
  Holdings left;  ///< what stays if everything goes that was used before `evicted_until`, and what was told to gone()

  enum class Verdict { keep, expire, evict };
  [[nodiscard]] Verdict verdict(Minute used) const;
  /// An entry has been removed, or would have been.
  void gone(Minute used, const Holdings& holdings) noexcept;
};

/// How much was last used when. Memory grows with the number of different minutes, which lie ten apart for entries in use.
class LastUses {
 public:
  void add(Minute used, const Holdings& holdings) {
    by_minute_[used] += holdings;
    all_ += holdings;
  }
  [[nodiscard]] const Holdings& all() const noexcept { return all_; }

  /// What has to go from a directory that takes `usage` bytes now. `max_bytes` 0: no limit.
  [[nodiscard]] EvictionPlan plan(const EvictionPolicy& policy, std::uint64_t max_bytes, std::uint64_t usage, const CompactedSize& size,
                                  Minute now) const;

 private:
  std::map<Minute, Holdings> by_minute_;
  Holdings all_;
};

/// The share of `bytes`.
[[nodiscard]] constexpr std::uint64_t percent_of(std::uint64_t bytes, unsigned percent) noexcept {
  return bytes / 100 * percent + bytes % 100 * percent / 100;
}

}  // namespace zccache
