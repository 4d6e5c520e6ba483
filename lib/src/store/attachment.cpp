#include "store/attachment.hpp"

#include <zccache/artifact.hpp>

#include <algorithm>

#include "base/asymmetric_barrier.hpp"

namespace zccache {

ArtifactView& ArtifactView::operator=(ArtifactView&& other) noexcept {
  std::swap(record_, other.record_);
  std::swap(attachment_, other.attachment_);
  return *this;
}

void ArtifactView::release() noexcept {
  if (attachment_ != nullptr) attachment_->unpin();
}

std::uint64_t Attachment::pins() const noexcept {
  std::uint64_t sum = 0;
  for (const Count& count : counts_) sum += count.value.load(std::memory_order_acquire);
  return sum;
}

void Attachment::open() noexcept {
  // Release: publishes the mapping. The counts are kept: late pins of the place's former life may still be in them, and will be taken back.
  const std::uint64_t life = state_.load(std::memory_order_relaxed) / kNextLife;
  state_.store((life + 1) * kNextLife, std::memory_order_release);
}

void Attachment::close() noexcept {
  state_.fetch_or(kClosed, std::memory_order_acq_rel);
  // Without the barrier nobody can know whether the mapping is looked at: it then stays until the store goes.
  if (heavy_barrier()) state_.fetch_or(kSettled, std::memory_order_acq_rel);
  drop_if_unused();
}

void Attachment::drop_if_unused() noexcept {
  // A read-modify-write, so that all who come here are in one order and each sees the counts of those before it: the last one sees them all.
  std::uint64_t state = state_.fetch_or(0, std::memory_order_acq_rel);
  // Once settled, a pin that is counted in is counted for good or taken back at once, by someone who then comes here. So the sum only falls to
  // 0.
  if ((state & (kNextLife - 1)) != (kClosed | kSettled) || pins() != 0) return;
  // Exactly one of those who find it so proceeds; and none if the place has begun another life meanwhile.
  if (!state_.compare_exchange_strong(state, state | kDropped, std::memory_order_acq_rel)) return;
  live_.reset();
  snapshot_.reset();
  vacant_.store(true, std::memory_order_release);  // pairs with the acquire in vacant_place()
}

void AttachmentTable::install(LiveIndex index) {
  const std::lock_guard lock(mutex_);
  Attachment& place = vacant_place();
  place.live_.emplace(std::move(index));
  make_current(place);
}

void AttachmentTable::install(SnapshotReader snapshot) {
  const std::lock_guard lock(mutex_);
  Attachment& place = vacant_place();
  place.snapshot_.emplace(std::move(snapshot));
  make_current(place);
}

// Both look under the mutex. If a lookup is first here, the writer finds that its generation is not the current one, and begins again. If the
// writer is first, the lookup finds another generation than it had, or the same one reinstated: the store of `retired` came before the mutex.
void AttachmentTable::replace_retired(const Pin& stale, LiveIndex index) {
  const std::lock_guard lock(mutex_);
  // Relaxed: stored under the mutex. A place that is pinned is not used again, so the same place is the same generation.
  if (current_.load(std::memory_order_relaxed) != stale.get() || !stale->retired()) return;
  Attachment& place = vacant_place();
  place.live_.emplace(std::move(index));
  make_current(place);
}

bool AttachmentTable::is_current(const Pin& generation) {
  const std::lock_guard lock(mutex_);
  return current_.load(std::memory_order_relaxed) == generation.get();  // as above
}

Attachment& AttachmentTable::vacant_place() {
  const auto vacant = std::ranges::find_if(places_, [](const Attachment& place) { return place.vacant_.load(std::memory_order_acquire); });
  return vacant != places_.end() ? *vacant : places_.emplace_back();
}

void AttachmentTable::make_current(Attachment& place) noexcept {
  place.vacant_.store(false, std::memory_order_relaxed);  // read under the mutex only, until it is dropped
  place.open();
  Attachment* before = current_.exchange(&place, std::memory_order_acq_rel);
  if (before != nullptr) before->close();
}

// A fork must not catch the table in the middle of a change, nor leave the child a mutex that nobody will unlock.
void AttachmentTable::before_fork() noexcept {
  refresh_mutex_.lock();
  mutex_.lock();
}
void AttachmentTable::after_fork_in_parent() noexcept {
  mutex_.unlock();
  refresh_mutex_.unlock();
}
void AttachmentTable::after_fork_in_child() noexcept { after_fork_in_parent(); }

}  // namespace zccache
