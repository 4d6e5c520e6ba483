#include "least_index.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <cstring>

namespace zccache::bench {

LeastIndex::LeastIndex(const Workload& workload, std::size_t record_bytes)
    : mask_(std::bit_ceil(2 * workload.size()) - 1),
      stride_(Workload::kKeyBytes + record_bytes),
      places_(large_pages((mask_ + 1) * sizeof(std::uint32_t))),
      entries_(large_pages(workload.size() * stride_)) {
  for (std::size_t i = 0; i < workload.size(); ++i) {
    const std::string key = workload.key(i);
    const std::uint64_t total_size = workload.artifact(i).total_size;
    std::byte* to = entries_.get() + i * stride_;
    std::memcpy(to, key.data(), Workload::kKeyBytes);
    std::memcpy(to + Workload::kKeyBytes, &total_size, sizeof total_size);
    places()[place_of(key)] = static_cast<std::uint32_t>(i + 1);
  }
}

std::size_t LeastIndex::count_right(std::span<const Probe> probes) const {
  return count_right_by(probes, [this](std::string_view key) { return total_size_of(key); });
}

std::size_t LeastIndex::place_of(std::string_view key) const noexcept {
  std::size_t place = XXH3_64bits(key.data(), key.size()) & mask_;
  while (places()[place] != 0 && std::memcmp(entry(places()[place]), key.data(), Workload::kKeyBytes) != 0) place = (place + 1) & mask_;
  return place;
}

std::uint64_t LeastIndex::total_size_of(std::string_view key) const noexcept {
  const std::uint32_t number = places()[place_of(key)];
  if (number == 0) return Probe::kAbsent;
  std::uint64_t total_size = 0;
  std::memcpy(&total_size, entry(number) + Workload::kKeyBytes, sizeof total_size);
  return total_size;
}

}  // namespace zccache::bench
