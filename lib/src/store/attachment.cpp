#include "store/attachment.hpp"

#include <zccache/artifact.hpp>

#include <algorithm>

namespace zccache {

ArtifactView& ArtifactView::operator=(ArtifactView&& other) noexcept {
  std::swap(record_, other.record_);
  std::swap(attachment_, other.attachment_);
  return *this;
}

void ArtifactView::release() noexcept {
  if (attachment_ != nullptr) attachment_->unpin();
}

void Attachment::unpin() noexcept {
  // Release: everything this thread read from the mapping comes before it is taken down. Acquire, for the case that this thread does so.
  if (state_.fetch_sub(1, std::memory_order_acq_rel) == (kClosed | 1)) drop_if_unused();
}

void Attachment::close() noexcept {
  state_.fetch_or(kClosed, std::memory_order_acq_rel);
  drop_if_unused();
}

void Attachment::drop_if_unused() noexcept {
  // A late pin() may raise and lower the count of a closed place at any time; it sees kClosed and keeps off the mapping. The exchange lets
  // exactly one of those that find "closed and unused" proceed.
  std::uint64_t unused = kClosed;
  if (!state_.compare_exchange_strong(unused, kClosed | kDropped, std::memory_order_acq_rel)) return;
  live_.reset();
  snapshot_.reset();
  vacant_.store(true, std::memory_order_release);  // pairs with the acquire in vacant_place()
}

Pin AttachmentTable::pin() const noexcept {
  for (;;) {
    Attachment* current = current_.load(std::memory_order_acquire);
    // Acquire: pairs with the release that opened the place, so an open one has its mapping. Where it is closed meanwhile, current_ has been
    // changed before, and the next round sees it.
    const std::uint64_t before = current->state_.fetch_add(1, std::memory_order_acq_rel);
    if ((before & Attachment::kClosed) == 0) return Pin(current);
    current->unpin();
  }
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

Attachment& AttachmentTable::vacant_place() {
  const auto vacant = std::ranges::find_if(places_, [](const Attachment& place) { return place.vacant_.load(std::memory_order_acquire); });
  return vacant != places_.end() ? *vacant : places_.emplace_back();
}

void AttachmentTable::make_current(Attachment& place) noexcept {
  place.vacant_.store(false, std::memory_order_relaxed);  // read under the mutex only, until it is dropped
  // Release: publishes the mapping. The count is kept: late pins of the place's former life may still be in it, and will be taken back.
  place.state_.fetch_and(~(Attachment::kClosed | Attachment::kDropped), std::memory_order_release);
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
