// A host that forks at any moment, while its other threads open and close what listens to forks.
#include "base/fork.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "base/lock_file.hpp"
#include "catch.hpp"
#include "process/children.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

/// Forks over and over beside a thread that repeats `work`. How many children did not come through their fork: the process that forks is one of
/// our own, because it may die as well.
int deaths_of_children_forked_beside(const std::function<void()>& work, int forks) {
  Child host([&] {
    std::atomic<bool> stop{false};
    std::thread busy([&] {
      while (!stop) work();
    });
    int deaths = 0;
    for (int i = 0; i < forks; ++i) deaths += Child([] { return 0; }).reap() != 0 ? 1 : 0;
    stop = true;
    busy.join();
    return std::min(deaths, 99);
  });
  return host.reap();
}

/// Notices hooks that run without their counterpart.
class Witness {
 public:
  explicit Witness(std::atomic<int>* wrong) noexcept : told_{.wrong = wrong} {}

 private:
  friend ForkListener;
  void before_fork() noexcept { told_.expect(!std::exchange(told_.of_a_fork, true)); }
  void after_fork_in_parent() noexcept { told_.expect(std::exchange(told_.of_a_fork, false)); }
  void after_fork_in_child() noexcept { after_fork_in_parent(); }

  struct Told {
    std::atomic<int>* wrong;
    bool of_a_fork = false;
    void expect(bool fact) const noexcept { *wrong += fact ? 0 : 1; }
    ~Told() { expect(!of_a_fork); }  // after the listener is gone
  };
  Told told_;
  const ForkListener fork_listener_{*this};
};

}  // namespace

TEST_CASE("children_forked_beside_a_thread_that_makes_and_destroys_locks_come_through") {
  const MemoryDir temp;
  CHECK(deaths_of_children_forked_beside([&] { const LockFile lock(temp.path() / "lock", LockByte::writer); }, 300) == 0);
}

TEST_CASE("children_forked_beside_a_thread_that_opens_and_closes_stores_come_through") {
  const MemoryDir temp;
  const ArtifactStore made = ArtifactStore::open(temp.cache(), manual_flush()).value();
  CHECK(deaths_of_children_forked_beside([&] { (void)ArtifactStore::open(temp.cache()).value(); }, 300) == 0);
}

TEST_CASE("a_child_forked_beside_a_thread_that_opens_stores_can_open_and_change_one") {
  const MemoryDir temp;
  Child host([&] {
    std::atomic<bool> stop{false};
    std::thread busy([&] {
      while (!stop) (void)ArtifactStore::open(temp.cache()).value();
    });
    int failures = 0;
    for (int i = 0; i < 100; ++i) {
      Child child([&] {
        auto store = ArtifactStore::open(temp.cache(), manual_flush());
        return store && store->insert("key", artifact_of("key", 1)) ? 0 : 1;
      });
      failures += child.reap() != 0 ? 1 : 0;
    }
    stop = true;
    busy.join();
    return failures;
  });
  CHECK(host.reap() == 0);
}

TEST_CASE("children_forked_beside_a_thread_that_changes_generations_come_through") {
  const MemoryDir temp;
  ArtifactStore writer = ArtifactStore::open(temp.cache(), manual_flush()).value();
  const ArtifactStore reader = ArtifactStore::open(temp.cache(), manual_flush()).value();
  // The reader opens each new file, with its lock, under the mutexes that a fork waits for.
  const auto renew_and_follow = [&] {
    writer.insert("key", artifact_of("key", 1)).value();
    writer.clear().value();
    (void)reader.find("key");
  };
  CHECK(deaths_of_children_forked_beside(renew_and_follow, 1000) == 0);
}

TEST_CASE("each_hook_before_a_fork_is_followed_by_one_after_it_on_the_same_object") {
  const Shared<std::atomic<int>> wrong;
  CHECK(deaths_of_children_forked_beside([&] { const Witness witness(&*wrong); }, 300) == 0);
  CHECK(*wrong == 0);
}
