// A pointer that can live in memory mapped at different addresses by several processes, and that one of them can publish to the others.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>

namespace zccache {

/// The distance from itself to what it points to, held in an atomic. As the `pointer` of an allocator it makes every link of a Boost container
/// a published atomic, which is what the lock-free reader path rests on:
///
/// - a store has release order: everything written before, a whole node or record, is visible to whoever loads the new value;
/// - a load has acquire order, and pairs with it.
///
/// Null is the distance 1, which no aligned object can have; 0 is a pointer to itself, as an empty circular list has it. Targets are aligned as
/// the pointer is. A distance that is damaged may lead anywhere, but always to an aligned address: compare with the mapping before following
/// it.
template <class T>
class AtomicOffsetPtr {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using difference_type = std::ptrdiff_t;
  using pointer = AtomicOffsetPtr;
  using reference = std::add_lvalue_reference_t<T>;
  using iterator_category = std::random_access_iterator_tag;
  template <class U>
  using rebind = AtomicOffsetPtr<U>;

  AtomicOffsetPtr() noexcept { begin_with(kNull); }
  // As plain pointers convert. NOLINTBEGIN(google-explicit-constructor)
  AtomicOffsetPtr(std::nullptr_t) noexcept { begin_with(kNull); }
  AtomicOffsetPtr(T* target) noexcept { begin_with(distance_to(target)); }
  AtomicOffsetPtr(const AtomicOffsetPtr& other) noexcept { begin_with(distance_to(other.get())); }
  template <class U>
  requires std::is_convertible_v<U*, T*> AtomicOffsetPtr(const AtomicOffsetPtr<U>& other)
  noexcept { begin_with(distance_to(other.get())); }
  // NOLINTEND(google-explicit-constructor)
  template <class U>
  requires(!std::is_convertible_v<U*, T*>) explicit AtomicOffsetPtr(const AtomicOffsetPtr<U>& other) noexcept {
    begin_with(distance_to(static_cast<T*>(other.get())));
  }

  AtomicOffsetPtr& operator=(const AtomicOffsetPtr& other) noexcept { return *this = other.get(); }
  AtomicOffsetPtr& operator=(T* target) noexcept {
    distance_.store(distance_to(target), std::memory_order_release);
    return *this;
  }

  [[nodiscard]] T* get() const noexcept {
    const std::ptrdiff_t distance = distance_.load(std::memory_order_acquire);
    // Through integers: the target is part of another object, where pointer arithmetic has no meaning.
    if (distance % kAlignment == 0) [[likely]] {
      return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(this) + static_cast<std::uintptr_t>(distance));
    }
    // Nobody stores another odd distance: it is damage. A container may compute with any address that is aligned, and none lies at this one.
    return distance == kNull ? nullptr : reinterpret_cast<T*>(kAlignment);
  }

  T* operator->() const noexcept { return get(); }
  template <class U = T>
  std::add_lvalue_reference_t<U> operator*() const noexcept {
    return *get();
  }
  template <class U = T>
  std::add_lvalue_reference_t<U> operator[](difference_type i) const noexcept {
    return get()[i];
  }
  explicit operator bool() const noexcept { return get() != nullptr; }
  bool operator!() const noexcept { return get() == nullptr; }

  template <class U = T>
  static AtomicOffsetPtr pointer_to(std::add_lvalue_reference_t<U> target) noexcept {
    return AtomicOffsetPtr(std::addressof(target));
  }

  AtomicOffsetPtr& operator+=(difference_type n) noexcept { return *this = get() + n; }
  AtomicOffsetPtr& operator-=(difference_type n) noexcept { return *this = get() - n; }
  AtomicOffsetPtr& operator++() noexcept { return *this += 1; }
  AtomicOffsetPtr& operator--() noexcept { return *this -= 1; }
  AtomicOffsetPtr operator++(int) noexcept {
    AtomicOffsetPtr before(*this);
    ++*this;
    return before;
  }
  AtomicOffsetPtr operator--(int) noexcept {
    AtomicOffsetPtr before(*this);
    --*this;
    return before;
  }
  friend AtomicOffsetPtr operator+(const AtomicOffsetPtr& p, difference_type n) noexcept { return AtomicOffsetPtr(p.get() + n); }
  friend AtomicOffsetPtr operator+(difference_type n, const AtomicOffsetPtr& p) noexcept { return AtomicOffsetPtr(p.get() + n); }
  friend AtomicOffsetPtr operator-(const AtomicOffsetPtr& p, difference_type n) noexcept { return AtomicOffsetPtr(p.get() - n); }
  friend difference_type operator-(const AtomicOffsetPtr& a, const AtomicOffsetPtr& b) noexcept { return a.get() - b.get(); }
  friend bool operator==(const AtomicOffsetPtr& a, const AtomicOffsetPtr& b) noexcept { return a.get() == b.get(); }
  friend bool operator==(const AtomicOffsetPtr& a, std::nullptr_t) noexcept { return !a; }
  friend std::strong_ordering operator<=>(const AtomicOffsetPtr& a, const AtomicOffsetPtr& b) noexcept {
    return reinterpret_cast<std::uintptr_t>(a.get()) <=> reinterpret_cast<std::uintptr_t>(b.get());
  }

 private:
  static constexpr std::ptrdiff_t kNull = 1;
  static constexpr std::ptrdiff_t kAlignment = alignof(std::atomic<std::ptrdiff_t>);

  [[nodiscard]] std::ptrdiff_t distance_to(const volatile void* target) const noexcept {
    // Unsigned, here as in get(): a damaged target may be so far away that the difference wraps round.
    if (target == nullptr) return kNull;
    return static_cast<std::ptrdiff_t>(reinterpret_cast<std::uintptr_t>(target) - reinterpret_cast<std::uintptr_t>(this));
  }

  /// Relaxed: whoever is shown this object is shown it by a later store. Atomic all the same: of the plain stores that begin the pointers of an
  /// array a compiler makes wider ones, which may touch two pages (see word_stores.hpp).
  void begin_with(std::ptrdiff_t distance) noexcept { distance_.store(distance, std::memory_order_relaxed); }

  std::atomic<std::ptrdiff_t> distance_;
  static_assert(std::atomic<std::ptrdiff_t>::is_always_lock_free);
};

/// Found by argument-dependent lookup where a container turns its pointer into an address.
template <class T>
T* to_address(const AtomicOffsetPtr<T>& p) noexcept {
  return p.get();
}

}  // namespace zccache
