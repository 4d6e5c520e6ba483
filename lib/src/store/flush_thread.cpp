#include "store/flush_thread.hpp"

#include <condition_variable>
#include <system_error>
#include <thread>

#include "base/log.hpp"

namespace zccache {

struct FlushThread::Worker {
  std::mutex mutex;
  std::condition_variable told;
  bool urgent = false;
  bool stopping = false;
  std::thread thread;

  ~Worker() {
    if (!thread.joinable()) return;
    tell(&Worker::stopping);
    thread.join();
  }

  void tell(bool Worker::*what) {
    {
      const std::lock_guard lock(mutex);
      this->*what = true;
    }
    told.notify_one();
  }

  void run(std::chrono::milliseconds interval, const std::function<void()>& flush_if_due) {
    std::unique_lock lock(mutex);
    while (!stopping) {
      told.wait_for(lock, interval, [this] { return urgent || stopping; });
      if (stopping) return;
      urgent = false;
      lock.unlock();
      flush_if_due();
      lock.lock();
    }
  }
};

FlushThread::FlushThread(std::chrono::milliseconds interval, std::function<void()> flush_if_due)
    : interval_(interval), flush_if_due_(std::move(flush_if_due)) {}

FlushThread::~FlushThread() = default;

void FlushThread::wake(bool at_once) {
  // Relaxed: a stale answer costs a look under the mutex.
  if (!at_once && running_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  if (!worker_) {
    auto worker = std::make_unique<Worker>();
    try {
      worker->thread = std::thread([this, raw = worker.get()] { raw->run(interval_, flush_if_due_); });
    } catch (const std::system_error& failure) {
      log::warning(std::string("no thread for periodic flushes: ") + failure.what());
      return;  // tried again at the next change; the last flush at the end is not affected
    }
    worker_ = std::move(worker);
    running_.store(true, std::memory_order_relaxed);
  }
  if (at_once) worker_->tell(&Worker::urgent);
}

void FlushThread::after_fork_in_child() noexcept {
  // The thread stayed with the parent, perhaps in the middle of anything: what it uses can be neither joined nor destroyed here.
  (void)worker_.release();
  running_.store(false, std::memory_order_relaxed);
  mutex_.unlock();
}

}  // namespace zccache
