#include "base/fork.hpp"

#include <pthread.h>

#include <mutex>
#include <vector>

namespace zccache {

struct ForkRegistry {
  std::mutex mutex;
  std::vector<ForkListener*> listeners;

  // Never destroyed: handlers cannot be taken back, and stores may live in static objects.
  static ForkRegistry& instance() {
    static auto* registry = [] {
      auto* made = new ForkRegistry;
      ::pthread_atfork([] { instance().before(); }, [] { instance().after_in_parent(); }, [] { instance().after_in_child(); });
      return made;
    }();
    return *registry;
  }

  void before() noexcept {
    mutex.lock();
    for (ForkListener* listener : listeners) listener->before_fork();
  }
  void after_in_parent() noexcept {
    for (ForkListener* listener : listeners) listener->after_fork_in_parent();
    mutex.unlock();
  }
  void after_in_child() noexcept {
    for (ForkListener* listener : listeners) listener->after_fork_in_child();
    mutex.unlock();
  }
};

ForkListener::ForkListener() {
  ForkRegistry& registry = ForkRegistry::instance();
  const std::lock_guard lock(registry.mutex);
  registry.listeners.push_back(this);
}

ForkListener::~ForkListener() {
  ForkRegistry& registry = ForkRegistry::instance();
  const std::lock_guard lock(registry.mutex);
  std::erase(registry.listeners, this);
}

}  // namespace zccache
