#include "base/fork.hpp"

#include <pthread.h>

#include <mutex>
#include <type_traits>

namespace zccache {

/// All listeners of this process.
class ForkRegistry {
 public:
  void add(ForkListener* listener) noexcept {
    const std::lock_guard lock(mutex_);
    listener->next_ = first_;
    if (first_ != nullptr) first_->previous_ = listener;
    first_ = listener;
  }

  void remove(ForkListener* listener) noexcept {
    const std::lock_guard lock(mutex_);
    if (listener->next_ != nullptr) listener->next_->previous_ = listener->previous_;
    (listener->previous_ != nullptr ? listener->previous_->next_ : first_) = listener->next_;
  }

  // The mutex is held from before the fork until after it: who was told to get ready is exactly who is told that it is over, and nobody unlocks
  // what he did not lock. It also keeps every listener's owner whole meanwhile, because destroying one begins with remove().
  void before() noexcept {
    mutex_.lock();
    tell_all(&ForkListener::before_);
  }
  void after_in_parent() noexcept {
    tell_all(&ForkListener::after_in_parent_);
    mutex_.unlock();
  }
  // The child's only thread is a copy of the one that locked the mutex, so it may unlock it.
  void after_in_child() noexcept {
    tell_all(&ForkListener::after_in_child_);
    mutex_.unlock();
  }

 private:
  // The newest first: who locks a mutex in before_fork() may come to need one of an older listener while it has its own, as the flush thread
  // does that of the log, but never the other way round.
  void tell_all(const ForkListener::Hook ForkListener::*hook) noexcept {
    for (ForkListener* listener = first_; listener != nullptr; listener = listener->next_) (listener->*hook)(listener->owner_);
  }

  std::mutex mutex_;
  ForkListener* first_ = nullptr;
};

namespace {

// Ready before any code runs, and never destroyed: stores may live in static objects. Made at the first use instead, it could be caught half
// made by a fork, and the child would wait for ever for a thread that it does not have.
constinit ForkRegistry registry;
static_assert(std::is_trivially_destructible_v<ForkRegistry>);

// When the library is loaded, for the same reason. Where the system has no memory for the handlers, nothing else will run either.
[[maybe_unused]] const int handlers_added =
    ::pthread_atfork([] { registry.before(); }, [] { registry.after_in_parent(); }, [] { registry.after_in_child(); });

}  // namespace

void ForkListener::add() noexcept { registry.add(this); }
void ForkListener::remove() noexcept { registry.remove(this); }

}  // namespace zccache
