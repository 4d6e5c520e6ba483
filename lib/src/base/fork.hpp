// What has to happen to locks and threads when the host process forks.
#pragma once

namespace zccache {

/// Registers itself for as long as it lives. The hooks run in the forking thread (pthread_atfork); they must not create or destroy listeners.
// Nobody owns one by this type, yet g++ wants its destructor virtual. NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor)
class ForkListener {
 public:
  ForkListener(const ForkListener&) = delete;
  ForkListener& operator=(const ForkListener&) = delete;

 protected:
  ForkListener();
  virtual ~ForkListener();

 private:
  friend struct ForkRegistry;
  virtual void before_fork() noexcept {}
  virtual void after_fork_in_parent() noexcept {}
  virtual void after_fork_in_child() noexcept = 0;
};

}  // namespace zccache
