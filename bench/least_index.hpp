// The least that an index of whole keys can be: a floor for lookups in any store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine.hpp"
#include "large_pages.hpp"
#include "workload.hpp"

namespace zccache::bench {

/// A table of places and the flat records behind their keys, in this process's memory, in large pages where there are any. A hit reads one
/// place and one entry, the second after the first; nothing is locked, checked, shared, replaced or kept.
class LeastIndex {
 public:
  LeastIndex(const Workload& workload, std::size_t record_bytes);

  [[nodiscard]] std::size_t count_right(std::span<const Probe> probes) const;

 private:
  [[nodiscard]] std::uint32_t* places() const noexcept { return reinterpret_cast<std::uint32_t*>(places_.get()); }
  /// Where a key is, or would be.
  [[nodiscard]] std::size_t place_of(std::string_view key) const noexcept;
  [[nodiscard]] const std::byte* entry(std::uint32_t number) const noexcept { return entries_.get() + (number - 1) * stride_; }
  [[nodiscard]] std::uint64_t total_size_of(std::string_view key) const noexcept;

  std::size_t mask_;    ///< places, a power of two, less one
  std::size_t stride_;  ///< bytes of an entry
  LargePages places_;   ///< 0, or the number of an entry from 1
  LargePages entries_;  ///< the key and the total size, and as many bytes as the rest of an entry has
};

}  // namespace zccache::bench
