// What an ArtifactStore does: attaches, changes under the writer lock, renews, flushes.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include <zccache/artifact_store.hpp>

#include "base/directory.hpp"
#include "base/lock_file.hpp"
#include "base/thread_lock.hpp"
#include "live/live_builder.hpp"
#include "live/live_writer.hpp"
#include "live/writer_lock.hpp"
#include "snapshot/flush.hpp"
#include "store/attachment.hpp"
#include "store/flush_thread.hpp"

namespace zccache {

class WriteTransaction;

class ArtifactStore::Impl {
 public:
  [[nodiscard]] static result<std::unique_ptr<Impl>> open(const std::filesystem::path& dir, const OpenOptions& options);
  ~Impl();

  /// The current generation, after a look at whether it still is. Never fails: where a newer one cannot be attached, the old one serves.
  [[nodiscard]] Pin current() const noexcept;

  /// A generation, and its writer lock.
  struct Locked {
    Pin pin;
    WriterLock lock;
  };
  /// Holds the one that is at the path.
  struct WriteSession {
    ThreadLock::Guard alone;
    Locked locked;  // gone before another thread may follow
    [[nodiscard]] LiveIndex& live() const noexcept { return *locked.pin->live(); }
  };
  [[nodiscard]] result<WriteSession> begin_change();

  /// Applies `change(LiveWriter&)`, renewing with room for `more` or rebuilding as it asks.
  template <class ChangeIndex>
  [[nodiscard]] result<Change> apply(WriteSession& session, const Capacity& more, ChangeIndex change);
  /// Goes on with a generation that was made under the session's lock.
  [[nodiscard]] result<void> go_on_with(WriteSession& session, result<LiveIndex> fresh);

  [[nodiscard]] result<void> compact(WriteSession& session);
  [[nodiscard]] std::uint64_t compacted_bytes(const Capacity& content) const noexcept {
    return LiveBuilder::first_blocks(content, options_.initial_segment_bytes);
  }
  [[nodiscard]] result<std::size_t> clear();
  [[nodiscard]] result<Merged> merge(const EntrySource& entries, const PlacePayload& place, const MergeEnd& end);

  enum class FlushKind {
    asked_for,  ///< of what is at the path, made anew if there is nothing
    periodic,   ///< if it is due; nothing where somebody else is at it, or the index is no longer the one at the path
    last,       ///< when the store goes: as periodic, but it waits for whoever else is at it
  };
  /// Whether a snapshot was written.
  result<bool> flush(FlushKind kind);
  [[nodiscard]] bool flush_due() const noexcept;
  /// After a change: wakes whoever flushes, if there is somebody.
  void changed(WriteSession& session);

  /// Adds to the counter that `pick(SharedCounters&)` returns, now or, where its generation is being replaced, a little later.
  template <class Pick>
  void count(Pick pick, std::uint64_t n) noexcept;
  result<void> reset_counters();
  void touch(std::string_view key) noexcept;
  [[nodiscard]] Stats stats() const;

  [[nodiscard]] const CacheDirectory& directory() const noexcept { return directory_; }
  [[nodiscard]] bool read_only() const noexcept { return options_.read_only; }

 private:
  Impl(const std::filesystem::path& dir, const OpenOptions& options, const BootId& boot);

  [[nodiscard]] result<Merged> merge_under(WriteTransaction& transaction, const EntrySource& entries, const PlacePayload& place,
                                           const Capacity& needed);

  /// False if the counter is closed: its generation is being replaced.
  template <class Pick>
  [[nodiscard]] bool count_now(Pick pick, std::uint64_t n) noexcept;
  void count_what_was_kept() noexcept;

  void start_flush_thread();
  void flush_a_last_time();
  result<void> open_snapshot();
  result<void> open_read_only();
  result<void> open_read_write();
  /// Whether `live` is the file at the live path.
  [[nodiscard]] bool is_at_path(const LiveIndex& live) const;
  [[nodiscard]] Pin refresh(Pin stale) const noexcept;
  /// Makes the current generation, retired and still at the path, what it was before its writer was killed. Unless that writer is alive: the
  /// lock is tried, not waited for.
  void reinstate_after_kill() const;
  /// No other thread of this process changes anything through this store.
  [[nodiscard]] result<ThreadLock::Guard> alone(Patience& patience);
  /// Makes the current generation the one at the path, and creates or rebuilds it where need be; then it comes with its writer lock. Requires
  /// alone().
  [[nodiscard]] result<std::optional<Locked>> attach_or_make(Patience& patience);
  /// `in_place_of_a_file`: which cannot be attached; else nothing was there.
  [[nodiscard]] result<std::optional<Locked>> make(bool in_place_of_a_file, Patience& patience);
  /// The writer lock of the current generation. None if that is no longer at the path. Requires alone().
  [[nodiscard]] result<std::optional<Locked>> lock_current(Patience& patience);

  /// Makes room for `more`, here or in another generation.
  [[nodiscard]] result<void> make_room(WriteSession& session, const Capacity& more);
  /// Makes it in the file as it is, where that has room and it is what is lacking.
  [[nodiscard]] bool grow(const LiveIndex& live, const Capacity& more) const;
  /// A generation with the entries of this one and room for `more`, or what can be salvaged of it where it is damaged.
  [[nodiscard]] result<LiveIndex> renewed(const LiveIndex& live, const Capacity& more) const;
  [[nodiscard]] result<LiveIndex> rebuild_damaged(const LiveIndex& live) const;
  /// Finishes what a killed writer began. Requires the writer lock. Errors: no_space.
  result<void> settle(LiveIndex& live) const;
  [[nodiscard]] Failure disk_full() const { return system_failure(live_path_.string(), ENOSPC); }
  /// Makes a generation that was made here the current one.
  [[nodiscard]] Locked install(LiveIndex fresh);
  [[nodiscard]] result<HeldDirectory> hold_directory() const { return HeldDirectory::open(directory_.path(), options_.lock_timeout); }

  /// What the index had seen when a snapshot was begun.
  struct FlushBase {
    std::uint64_t sequence;
    std::uint64_t unflushed_bytes;  ///< until then
  };
  [[nodiscard]] result<bool> flush_current(FlushKind kind);
  void record_flush(const LiveIndex& flushed, const result<SnapshotSize>& outcome, const FlushBase& base,
                    std::chrono::steady_clock::duration took);

  const CacheDirectory directory_;
  const std::filesystem::path live_path_;  // used by each attach and each change: not to be put together anew
  const OpenOptions options_;
  const BootId boot_;
  const std::chrono::steady_clock::time_point opened_at_ = std::chrono::steady_clock::now();
  mutable AttachmentTable attachments_;
  mutable ThreadLock threads_;
  LockFile flusher_lock_;
  format::SharedCounters kept_counts_{};  // of this process, not yet in those that all share
  std::atomic<bool> waited_to_count_{false};
  std::unique_ptr<FlushThread> flush_thread_;  // last: its thread uses the rest
};

inline Pin ArtifactStore::Impl::current() const noexcept {
  Pin pin = attachments_.pin();
  if (!pin->retired()) [[likely]] {
    return pin;
  }
  return refresh(std::move(pin));
}

template <class ChangeIndex>
result<Change> ArtifactStore::Impl::apply(WriteSession& session, const Capacity& more, ChangeIndex change) {
  for (int rebuilds = 0;;) {
    Change outcome{};
    const bool stored = session.live().segment().store([&] {
      LiveWriter writer(session.live());
      outcome = change(writer);
    });
    if (!stored) return disk_full();
    if (outcome != Change::full && outcome != Change::damaged) return outcome;
    // A rebuilt index is whole; one that is damaged again at once has a cause that another try does not mend.
    if (outcome == Change::damaged && ++rebuilds > 1) return Failure{Error::corrupt, directory_.live().string()};
    auto made = outcome == Change::full ? make_room(session, more) : go_on_with(session, rebuild_damaged(session.live()));
    if (!made) return made.error();
  }
}

template <class Pick>
bool ArtifactStore::Impl::count_now(Pick pick, std::uint64_t n) noexcept {
  const Pin pin = current();
  bool counted = false;
  const auto add = [&] {
    format::Word& word = pick(pin->live()->header().shared);
    std::uint64_t value = word.load(std::memory_order_relaxed);
    while ((value & format::kDrained) == 0 && !counted) {
      counted = word.compare_exchange_weak(value, value + n, std::memory_order_acq_rel);
    }
  };
  // Not worth more than this: on a full disk the count is lost, and whoever was served goes on.
  return !pin->live()->segment().store(add) || counted;
}

template <class Pick>
void ArtifactStore::Impl::count(Pick pick, std::uint64_t n) noexcept {
  if (options_.read_only) return;
  // Relaxed: numbers of this process, each of which one thread takes.
  format::Word& kept = pick(kept_counts_);
  if (kept.load(std::memory_order_relaxed) != 0) [[unlikely]]
    n += kept.exchange(0, std::memory_order_relaxed);
  if (count_now(pick, n)) [[likely]] {
    return;
  }
  // A writer has closed the counter and is about to put another generation at the path: perhaps it is there by now. It takes a few system
  // calls; a process that waits for them once, and is told nothing, has met a writer that was stopped, and waits for no other. What it keeps
  // goes with its next count, or when it closes the store.
  constexpr int kPauses = 5;
  constexpr std::chrono::microseconds kPause{100};
  if (count_now(pick, n)) return;
  if (!waited_to_count_.exchange(true, std::memory_order_relaxed)) {
    for (int i = 0; i < kPauses; ++i) {
      std::this_thread::sleep_for(kPause);
      if (count_now(pick, n)) return;
    }
  }
  kept.fetch_add(n, std::memory_order_relaxed);
}

}  // namespace zccache
