// The container of our index as it comes: a floor for what a lookup in it can cost.
#pragma once

#include <boost/unordered_map.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "engine.hpp"
#include "large_pages.hpp"
#include "workload.hpp"

namespace zccache::bench {

/// A boost::unordered_map from the hash of a key to its entry, in this process's memory, the entry right behind its node. Plain pointers;
/// nothing is shared, pinned, checked or replaced. Buckets as many as ours has.
class PlainMap {
 public:
  PlainMap(const Workload& workload, std::size_t record_bytes);
  PlainMap(const PlainMap&) = delete;
  PlainMap& operator=(const PlainMap&) = delete;

  [[nodiscard]] std::size_t count_right(std::span<const Probe> probes) const;

 private:
  struct Hash {
    std::uint64_t low, high;
    bool operator==(const Hash&) const = default;
  };
  struct TakeLow {
    using is_avalanching = void;
    std::size_t operator()(const Hash& hash) const noexcept { return hash.low; }
  };
  /// Takes from the front of the pages, and gives nothing back.
  template <class T>
  struct Allocator {
    using value_type = T;
    std::byte** next;
    explicit Allocator(std::byte** from) noexcept : next(from) {}
    template <class U>
    Allocator(const Allocator<U>& other) noexcept : next(other.next) {}  // NOLINT(google-explicit-constructor)
    T* allocate(std::size_t n) noexcept {
      std::byte* const taken = *next;
      *next += n * sizeof(T);
      return reinterpret_cast<T*>(taken);
    }
    void deallocate(T* /*memory*/, std::size_t /*n*/) noexcept {}
    friend bool operator==(const Allocator& a, const Allocator& b) noexcept { return a.next == b.next; }
  };
  using Map = boost::unordered_map<Hash, const std::byte*, TakeLow, std::equal_to<Hash>, Allocator<std::pair<const Hash, const std::byte*>>>;

  [[nodiscard]] static Hash hash_of(std::string_view key) noexcept;
  [[nodiscard]] std::uint64_t total_size_of(std::string_view key) const noexcept;

  LargePages pages_;
  std::byte* next_;
  Map map_;
};

}  // namespace zccache::bench
