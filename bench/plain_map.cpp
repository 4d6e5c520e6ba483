#include "plain_map.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <string>

namespace zccache::bench {
namespace {

constexpr std::size_t kBucketsOfEntry = 2;
constexpr std::size_t kAtMostOfMap = 128;  ///< bytes of a node and of the buckets of an entry

std::size_t entry_bytes(std::size_t record_bytes) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  return (Workload::kKeyBytes + record_bytes + kWord - 1) / kWord * kWord;
}

}  // namespace

PlainMap::PlainMap(const Workload& workload, std::size_t record_bytes)
    : pages_(large_pages((workload.size() + 1000) * (entry_bytes(record_bytes) + kAtMostOfMap))),
      next_(pages_.get()),
      map_(kBucketsOfEntry * workload.size(), TakeLow{}, std::equal_to<Hash>{}, Map::allocator_type(&next_)) {
  for (std::size_t i = 0; i < workload.size(); ++i) {
    const std::string key = workload.key(i);
    const std::uint64_t total_size = workload.artifact(i).total_size;
    const std::byte*& entry = map_.try_emplace(hash_of(key), nullptr).first->second;
    entry = next_;
    std::memcpy(next_, &total_size, sizeof total_size);
    std::memcpy(next_ + sizeof total_size, key.data(), Workload::kKeyBytes);
    next_ += entry_bytes(record_bytes);
  }
}

std::size_t PlainMap::count_right(std::span<const Probe> probes) const {
  return count_right_by(probes, [this](std::string_view key) { return total_size_of(key); });
}

PlainMap::Hash PlainMap::hash_of(std::string_view key) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return {hash.low64, hash.high64};
}

std::uint64_t PlainMap::total_size_of(std::string_view key) const noexcept {
  const auto found = map_.find(hash_of(key));
  if (found == map_.end()) return Probe::kAbsent;
  std::uint64_t total_size = 0;
  std::memcpy(&total_size, found->second, sizeof total_size);
  return std::memcmp(found->second + sizeof total_size, key.data(), Workload::kKeyBytes) == 0 ? total_size : Probe::kAbsent;
}

}  // namespace zccache::bench
