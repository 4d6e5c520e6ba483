#include "base/fork.hpp"

#include <pthread.h>

#include <mutex>
#include <type_traits>

namespace zccache {

/// A list of listeners. Its mutex is held from before a fork until after it: exactly those who were told to prepare are told that it is over,
/// so nobody unlocks what it did not lock. That also keeps every listener's owner whole meanwhile, because destroying one begins with remove().
class ForkListeners {
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

  void lock() noexcept { mutex_.lock(); }
  // The child's only thread is a copy of the one that locked the mutex, so it may unlock it.
  void unlock() noexcept { mutex_.unlock(); }

  void before() noexcept { tell_all(&ForkListener::before_); }
  void after_in_parent() noexcept { tell_all(&ForkListener::after_in_parent_); }
  void after_in_child() noexcept { tell_all(&ForkListener::after_in_child_); }

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

// Ready before any code runs, and never destroyed: stores may live in static objects. Made at the first use instead, they could be caught half
// made by a fork, and the child would wait for ever for a thread that it does not have.
static_assert(std::is_trivially_destructible_v<ForkListeners>);
constinit ForkListeners preparing;
// A list of its own, whose mutex a fork takes last. A thread that installs a generation holds the mutex of the table, for which a fork waits,
// while it opens or closes a file that adds itself to this list or leaves it. With one list for all, each would wait for the other.
constinit ForkListeners only_in_child;

void before_fork() noexcept {
  preparing.lock();
  preparing.before();
  only_in_child.lock();
}

void after_fork_in_parent() noexcept {
  only_in_child.unlock();
  preparing.after_in_parent();
  preparing.unlock();
}

void after_fork_in_child() noexcept {
  only_in_child.after_in_child();
  only_in_child.unlock();
  preparing.after_in_child();
  preparing.unlock();
}

// When the library is loaded, for the same reason. Where the system has no memory for the handlers, nothing else will run either.
[[maybe_unused]] const int handlers_added = ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);

}  // namespace

ForkListener::ForkListener(void* owner, Hook before, Hook after_in_parent, Hook after_in_child) noexcept
    : owner_(owner), before_(before), after_in_parent_(after_in_parent), after_in_child_(after_in_child) {
  list().add(this);
}

ForkListener::~ForkListener() { list().remove(this); }

ForkListeners& ForkListener::list() const noexcept { return before_ != nullptr ? preparing : only_in_child; }

}  // namespace zccache
