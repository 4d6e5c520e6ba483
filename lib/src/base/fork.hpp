// What has to happen to locks and threads when the host process forks.
#pragma once

namespace zccache {

/// Tells its owner about forks for as long as it lives. The owner declares it as its last member: it is then constructed when everything else
/// in the owner has been, and destroyed before anything else is, so that a fork in another thread never finds half an object.
///
/// The owner has three hooks, which may be private to it and to `friend ForkListener`:
///   before_fork() and after_fork_in_parent(), in the thread that forks: each call of the first is followed by one of the second, or of
///   after_fork_in_child(), in the only thread that the child has.
/// No listener can be added or removed between the two, so hooks must not make or destroy any. The owner cannot be moved.
class ForkListener {
 public:
  template <class Owner>
  explicit ForkListener(Owner& owner) noexcept
      : owner_(&owner),
        before_([](void* self) noexcept { static_cast<Owner*>(self)->before_fork(); }),
        after_in_parent_([](void* self) noexcept { static_cast<Owner*>(self)->after_fork_in_parent(); }),
        after_in_child_([](void* self) noexcept { static_cast<Owner*>(self)->after_fork_in_child(); }) {
    add();
  }
  ~ForkListener() { remove(); }
  ForkListener(const ForkListener&) = delete;
  ForkListener& operator=(const ForkListener&) = delete;

 private:
  friend class ForkRegistry;
  using Hook = void (*)(void*) noexcept;

  void add() noexcept;
  void remove() noexcept;

  void* const owner_;
  const Hook before_;
  const Hook after_in_parent_;
  const Hook after_in_child_;
  // A link of the registry's list, so that adding a listener cannot fail.
  ForkListener* previous_ = nullptr;
  ForkListener* next_ = nullptr;
};

}  // namespace zccache
