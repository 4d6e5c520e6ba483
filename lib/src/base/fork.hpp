// What has to happen to locks and threads when the host process forks.
#pragma once

namespace zccache {

class ForkListeners;

/// Tells its owner about forks for as long as it lives. The owner declares it as its last member: it is then constructed when everything else
/// in the owner has been, and destroyed before anything else is, so that a fork in another thread never finds half an object. The owner's hooks
/// may be private to it and to `friend ForkListener`. They neither create nor destroy listeners. The owner cannot be moved.
class ForkListener {
 public:
  /// For an owner with mutexes that a fork must not catch locked. It has before_fork() and after_fork_in_parent(), in the thread that forks:
  /// each call of the first is followed by one of the second, or of after_fork_in_child(), in the only thread that the child has.
  /// Such a listener must not be created or destroyed while holding a mutex that a before_fork() takes.
  template <class Owner>
  explicit ForkListener(Owner& owner) noexcept
      : ForkListener(
            &owner, [](void* self) noexcept { static_cast<Owner*>(self)->before_fork(); },
            [](void* self) noexcept { static_cast<Owner*>(self)->after_fork_in_parent(); },
            [](void* self) noexcept { static_cast<Owner*>(self)->after_fork_in_child(); }) {}

  /// For an owner with nothing to prepare: after_fork_in_child() only. It may be created and destroyed while holding any mutex.
  struct OnlyInChild {};
  template <class Owner>
  ForkListener(Owner& owner, OnlyInChild) noexcept
      : ForkListener(&owner, nullptr, nullptr, [](void* self) noexcept { static_cast<Owner*>(self)->after_fork_in_child(); }) {}

  ~ForkListener();
  ForkListener(const ForkListener&) = delete;
  ForkListener& operator=(const ForkListener&) = delete;

 private:
  friend class ForkListeners;
  using Hook = void (*)(void*) noexcept;

  ForkListener(void* owner, Hook before, Hook after_in_parent, Hook after_in_child) noexcept;
  [[nodiscard]] ForkListeners& list() const noexcept;

  void* const owner_;
  const Hook before_;
  const Hook after_in_parent_;
  const Hook after_in_child_;
  // A link of the list, so that adding a listener cannot fail.
  ForkListener* previous_ = nullptr;
  ForkListener* next_ = nullptr;
};

}  // namespace zccache
