// Memory for nodes and records: a run of bytes that is only ever used from the front.
#pragma once

#include <cstddef>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include "format/layout.hpp"
#include "format/word_stores.hpp"
#include "segment/atomic_offset_ptr.hpp"

namespace zccache {

inline std::byte* extent_memory(format::ExtentHeader& extent) noexcept { return reinterpret_cast<std::byte*>(&extent + 1); }
inline const std::byte* extent_memory(const format::ExtentHeader& extent) noexcept { return reinterpret_cast<const std::byte*>(&extent + 1); }

/// Bytes that can be taken without asking the disk for blocks. None of an extent whose counts are damaged: it is left to be renewed.
inline std::uint64_t extent_available(const format::ExtentHeader& extent) noexcept {
  // Relaxed: only the holder of the writer lock changes them.
  const std::uint64_t used = extent.used.load(std::memory_order_relaxed);
  const std::uint64_t allocated = extent.allocated.load(std::memory_order_relaxed);
  return used < allocated && allocated <= extent.capacity && used % format::kRecordAlignment == 0 ? allocated - used : 0;
}

/// Takes `bytes` from the front, aligned to kRecordAlignment; null when no more is available. Requires the writer lock. Nothing is ever given
/// back: a reader may still hold it, and a renewal drops it. A kill right after leaves some bytes that nothing refers to.
inline void* take_from_extent(format::ExtentHeader& extent, std::size_t bytes) noexcept {
  const std::size_t size = (bytes + format::kRecordAlignment - 1) / format::kRecordAlignment * format::kRecordAlignment;
  if (size < bytes || size > extent_available(extent)) return nullptr;
  // Relaxed: no reader takes `used` as a permission to look at bytes; the link to a node or record is what publishes it.
  const std::uint64_t used = extent.used.load(std::memory_order_relaxed);
  extent.used.store(used + size, std::memory_order_relaxed);
  return extent_memory(extent) + used;
}

/// Gives a container in the segment its nodes from an extent there, with pointers that publish. Nodes are never freed.
template <class T>
class ExtentAllocator {
 public:
  using value_type = T;
  using pointer = AtomicOffsetPtr<T>;
  using const_pointer = AtomicOffsetPtr<const T>;
  using void_pointer = AtomicOffsetPtr<void>;
  using const_void_pointer = AtomicOffsetPtr<const void>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  template <class U>
  struct rebind {  // NOLINT(readability-identifier-naming): the standard's name
    using other = ExtentAllocator<U>;
  };

  explicit ExtentAllocator(format::ExtentHeader* extent) noexcept : extent_(extent) {}
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): containers convert their allocators
  ExtentAllocator(const ExtentAllocator<U>& other) noexcept : extent_(other.extent()) {}

  [[nodiscard]] pointer allocate(std::size_t n) {
    static_assert(alignof(T) <= format::kRecordAlignment);
    void* bytes = n > extent_available(*extent_) / sizeof(T) ? nullptr : take_from_extent(*extent_, n * sizeof(T));
    if (bytes == nullptr) throw std::bad_alloc();
    return pointer(static_cast<T*>(bytes));
  }
  /// Of a pair, as containers construct it: the key by words, see word_stores.hpp.
  template <class Key, class Value, class KeyArgument, class... ValueArguments>
  void construct(std::pair<const Key, Value>* at, std::piecewise_construct_t /*how*/, std::tuple<KeyArgument> key,
                 std::tuple<ValueArguments...> value) {
    static_assert(std::is_trivially_copyable_v<Key> && std::is_same_v<std::remove_cvref_t<KeyArgument>, Key>);
    format::store_by_words(const_cast<Key*>(&at->first), &std::get<0>(key), sizeof(Key));
    std::apply([at](auto&&... arguments) { new (&at->second) Value(std::forward<decltype(arguments)>(arguments)...); }, std::move(value));
  }
  void deallocate(const pointer& /*node*/, std::size_t /*n*/) noexcept {}

  [[nodiscard]] format::ExtentHeader* extent() const noexcept { return extent_.get(); }
  friend bool operator==(const ExtentAllocator& a, const ExtentAllocator& b) noexcept { return a.extent_ == b.extent_; }

 private:
  AtomicOffsetPtr<format::ExtentHeader> extent_;
};

}  // namespace zccache
