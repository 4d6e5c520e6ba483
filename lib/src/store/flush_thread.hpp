// The thread that writes the periodic snapshot in a process that lives long enough to have one.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include "base/fork.hpp"

namespace zccache {

/// Calls `flush_if_due` every `interval`, and at once when told. Starts its thread at the first wake(): a store that never changes anything has
/// none. After a fork the child has none either, until its own first wake().
class FlushThread final {
 public:
  FlushThread(std::chrono::milliseconds interval, std::function<void()> flush_if_due);
  ~FlushThread();

  /// After a change. `at_once`: do not wait for the interval. An atomic load where the thread runs and nothing is urgent.
  void wake(bool at_once);

 private:
  friend ForkListener;
  struct Worker;

  void before_fork() noexcept { mutex_.lock(); }
  void after_fork_in_parent() noexcept { mutex_.unlock(); }
  void after_fork_in_child() noexcept;

  const std::chrono::milliseconds interval_;
  const std::function<void()> flush_if_due_;
  std::mutex mutex_;
  std::unique_ptr<Worker> worker_;
  std::atomic<bool> running_{false};
  const ForkListener fork_listener_{*this};  // last: sees the rest whole
};

}  // namespace zccache
