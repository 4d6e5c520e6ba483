// The half of a lock between processes that excludes the threads of one process.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/fork.hpp"

namespace zccache {

/// The kernel's lock belongs to the open file, which all threads of a process share: this stands before it. A forked child begins with it free,
/// whichever thread of the parent had it; a guard that was copied into the child guards nothing.
class ThreadLock final {
 public:
  class Guard {
   public:
    Guard(Guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)), forks_(other.forks_) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (lock_ != nullptr && lock_->forks_ == forks_) lock_->mutex_->unlock();
    }

   private:
    friend class ThreadLock;
    explicit Guard(ThreadLock* lock) noexcept : lock_(lock), forks_(lock->forks_) {}
    ThreadLock* lock_;
    unsigned forks_;
  };

  [[nodiscard]] std::optional<Guard> try_lock() noexcept { return mutex_->try_lock() ? std::optional(Guard(this)) : std::nullopt; }

 private:
  friend class ForkListener;
  // Whoever has it goes on having it in the parent: a fork does not wait for changes.
  void after_fork_in_child() noexcept {
    // A thread that is not in this process may have it; a mutex in that state can only be left behind.
    (void)mutex_.release();
    mutex_ = std::make_unique<std::mutex>();
    ++forks_;
  }

  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
  unsigned forks_ = 0;
  const ForkListener fork_listener_{*this, ForkListener::OnlyInChild{}};  // last: sees the rest whole
};

}  // namespace zccache
