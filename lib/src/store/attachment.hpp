// The generations that one store has mapped, and who in this process still looks at which.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <variant>

#include "base/asymmetric_barrier.hpp"
#include "base/fork.hpp"
#include "base/thread_slot.hpp"
#include "live/live_index.hpp"
#include "snapshot/snapshot_reader.hpp"

namespace zccache {

/// One mapped generation: a live index, or, for readers without one, a snapshot. Pinned by every view into it and every operation on it.
class Attachment {
 public:
  [[nodiscard]] const format::RecordHeader* find(std::string_view key) const noexcept {
    return live_ ? live_->find(key) : snapshot_->find(key);
  }
  template <class Visit>
  void for_each(Visit visit) const {
    live_ ? live_->for_each(visit) : snapshot_->for_each(visit);
  }
  [[nodiscard]] bool retired() const noexcept { return live_ && live_->retired(); }
  /// Null for a snapshot.
  [[nodiscard]] LiveIndex* live() noexcept { return live_ ? &*live_ : nullptr; }
  [[nodiscard]] const SnapshotReader* snapshot() const noexcept { return snapshot_ ? &*snapshot_ : nullptr; }

  void unpin() noexcept;

 private:
  friend class AttachmentTable;

  // A life of a place: open, closed (replaced: no new pins), settled (every pin that got in has been counted), dropped (somebody takes the
  // mapping down, or has). A mapping goes when it is settled and unpinned; whoever finds it so takes it down, once. The number of the life
  // stands above the flags, so that what was found in one life is not acted upon in the next.
  static constexpr std::uint64_t kClosed = 1;
  static constexpr std::uint64_t kSettled = 2;
  static constexpr std::uint64_t kDropped = 4;
  static constexpr std::uint64_t kNextLife = 8;

  [[nodiscard]] bool try_pin() noexcept;
  void open() noexcept;
  void close() noexcept;
  void drop_if_unused() noexcept;
  void count(std::uint64_t change) noexcept;
  [[nodiscard]] std::uint64_t pins() const noexcept;

  // Pins are counted by thread slot: a lookup stores to a line that is its thread's own. A pin that is let go by another thread than took it
  // leaves one count too high and one too low, so only the sum means anything.
  struct alignas(64) Count {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Count, kThreadSlots> counts_;
  std::atomic<std::uint64_t> state_{kClosed | kSettled | kDropped};
  std::atomic<bool> vacant_{true};
  std::optional<LiveIndex> live_;
  std::optional<SnapshotReader> snapshot_;
};

inline void Attachment::count(std::uint64_t change) noexcept {
  const unsigned slot = thread_slot();
  std::atomic<std::uint64_t>& value = counts_[slot].value;
  // Release: everything this thread read from the mapping comes before the count that lets it go; pairs with the acquire in pins().
  if (slot == kSharedSlot) [[unlikely]] {
    value.fetch_add(change, std::memory_order_release);
  } else {
    value.store(value.load(std::memory_order_relaxed) + change, std::memory_order_release);  // nobody else stores to it
  }
}

inline bool Attachment::try_pin() noexcept {
  count(1);
  // Count first, look second. Pairs with the heavy barrier in close(): either the pin is counted there, or kClosed is seen here.
  light_barrier();
  // Acquire: pairs with the release in open(), so that an open place has its mapping.
  if ((state_.load(std::memory_order_acquire) & kClosed) == 0) [[likely]] {
    return true;
  }
  unpin();
  return false;
}

inline void Attachment::unpin() noexcept {
  count(-std::uint64_t{1});
  light_barrier();  // as in try_pin(): either close() sees that this pin is gone, or it is seen here that the place is closed
  if ((state_.load(std::memory_order_relaxed) & kClosed) != 0) [[unlikely]] {
    drop_if_unused();
  }
}

/// A pin for a scope.
class Pin {
 public:
  explicit Pin(Attachment* attachment) noexcept : attachment_(attachment) {}
  ~Pin() {
    if (attachment_ != nullptr) attachment_->unpin();
  }
  Pin(Pin&& other) noexcept : attachment_(std::exchange(other.attachment_, nullptr)) {}
  Pin& operator=(Pin&& other) noexcept {
    std::swap(attachment_, other.attachment_);
    return *this;
  }
  Attachment* operator->() const noexcept { return attachment_; }
  Attachment* get() const noexcept { return attachment_; }
  Attachment* release() noexcept { return std::exchange(attachment_, nullptr); }

 private:
  Attachment* attachment_;
};

/// The current generation of a store, and older ones that are still looked at. pin() is lock-free; the rest takes a mutex of this process.
class AttachmentTable final {
 public:
  [[nodiscard]] bool is_installed() const noexcept { return current_.load(std::memory_order_acquire) != nullptr; }
  /// The current generation. Requires that install() was called once.
  [[nodiscard]] Pin pin() const noexcept;

  /// Makes `index` the current generation; the one before goes when nobody looks at it any more.
  void install(LiveIndex index);
  void install(SnapshotReader snapshot);
  /// The same for whoever looked for it without the writer lock: unless the current generation is another one than `stale` by now, or is
  /// retired no longer. Then a writer has changed it, or is about to, and its process goes on with that one.
  void replace_retired(const Pin& stale, LiveIndex index);
  /// For the holder of its writer lock, and for as long as that is held: whether all of this process are with `generation`, which is not
  /// retired.
  [[nodiscard]] bool is_current(const Pin& generation);

  /// Held while a newer generation is looked for, so that one thread does it for all.
  [[nodiscard]] std::unique_lock<std::mutex> lock_refresh() { return std::unique_lock(refresh_mutex_); }

 private:
  friend ForkListener;

  [[nodiscard]] Attachment& vacant_place();
  void make_current(Attachment& place) noexcept;

  void before_fork() noexcept;
  void after_fork_in_parent() noexcept;
  void after_fork_in_child() noexcept;

  std::atomic<Attachment*> current_{nullptr};
  std::mutex refresh_mutex_;
  std::mutex mutex_;
  // Places are reused and never freed before the table: pin() may touch the counts of a place whose mapping is long gone.
  std::deque<Attachment> places_;
  const ForkListener fork_listener_{*this};  // last: sees the rest whole
};

inline Pin AttachmentTable::pin() const noexcept {
  for (;;) {
    Attachment* current = current_.load(std::memory_order_acquire);
    // Where it is closed meanwhile, current_ has been changed before, and the next round sees it.
    if (current->try_pin()) [[likely]] {
      return Pin(current);
    }
  }
}

}  // namespace zccache
