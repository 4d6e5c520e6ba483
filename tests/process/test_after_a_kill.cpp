// What lookups and hits cost after a kill: what they cost before it, in every state that it may leave. Counted in system calls, not in time.
#include <zccache/artifact_store.hpp>

#include <sys/syscall.h>

#include <functional>
#include <string>

#include "catch.hpp"
#include "process/kill_points.hpp"
#include "store/write_transaction.hpp"
#include "support.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;
using Use = std::function<void(ArtifactStore&)>;

void look_up(ArtifactStore& store) { (void)store.find("bystander"); }
void hit(ArtifactStore& store) {
  (void)store.find("bystander");
  store.count_hit();
  store.touch("bystander");
}
void count_all(ArtifactStore& store) {
  store.count_hit();
  store.count_miss();
  store.count_eviction();
  for (std::size_t i = 0; i < kHostCounters; ++i) store.count(i);
}

/// A child that makes one change of an index with two entries.
Scenario change(const Use& act) {
  const auto prepare = [](const fs::path& dir) {
    ArtifactStore store = open_small(dir);
    for (const char* key : {"bystander", "in flight"}) REQUIRE(store.insert(key, artifact_of(key, 1)));
  };
  const auto body = [act](const fs::path& dir) {
    ArtifactStore store = open_small(dir);
    begin_watching();
    act(store);
    end_watching();
    return 0;
  };
  return {.prepare = prepare, .body = body, .check = {}};
}

const Scenario kOverwrite = change([](ArtifactStore& store) { (void)store.insert("in flight", artifact_of("in flight", 2)); });
const Scenario kRemove = change([](ArtifactStore& store) { (void)store.remove("in flight"); });
const Scenario kRenewal = change([](ArtifactStore& store) {
  Artifact newer = artifact_of("in flight", 2);
  newer.stored_at_secs += 1'000'000;
  (void)store.merge([&](const auto& visit) { visit("in flight", newer); });
});

struct Cost {
  int calls = 0;
  int sleeps = 0;
};

/// Of one use of a store in another process, after `before` others.
Cost cost_of(const Use& use, const fs::path& dir, const OpenOptions& options, int before) {
  Tracee tracee([&] {
    ArtifactStore store = ArtifactStore::open(dir, options).value();
    for (int i = 0; i < before; ++i) use(store);
    begin_watching();
    use(store);
    end_watching();
    return 0;
  });
  Cost cost;
  while (const auto call = tracee.next_call()) {
    cost.calls += call->number == SYS_getpid ? 0 : 1;  // end_watching() makes that one
    cost.sleeps += call->number == SYS_nanosleep || call->number == SYS_clock_nanosleep ? 1 : 0;
    tracee.finish_call();
  }
  REQUIRE(tracee.finish() == 0);
  return cost;
}

void check_cost(const Use& use, const fs::path& dir) {
  // Whoever comes first may have something to mend: to try the lock, look at the path, and give the lock back.
  const Cost first = cost_of(use, dir, small_index(), 0);
  REQUIRE(first.calls <= 10);
  REQUIRE(first.sleeps == 0);
  for (const int before : {0, 1}) REQUIRE(cost_of(use, dir, small_index(), before).calls == 0);
}

}  // namespace

TEST_CASE("a_kill_in_any_state_of_a_change_makes_no_later_lookup_hit_or_count_slower") {
  for (const Scenario* killed : {&kOverwrite, &kRemove, &kRenewal}) {
    for (const KillPoint point : states_of(*killed)) {
      for (const Use& use : {Use(look_up), Use(hit), Use(count_all)}) {
        const MemoryDir temp;
        leave_killed(*killed, point, temp.cache());
        check_cost(use, temp.cache());
      }
    }
  }
}

TEST_CASE("a_reader_that_may_not_write_looks_at_the_path_once_a_lookup_after_a_renewal_that_was_killed") {
  for (const KillPoint point : states_of(kRenewal)) {
    const MemoryDir temp;
    leave_killed(kRenewal, point, temp.cache());
    for (const int before : {0, 1}) {
      const Cost cost = cost_of(look_up, temp.cache(), read_only(), before);
      REQUIRE(cost.calls <= 1);
      REQUIRE(cost.sleeps == 0);
    }
  }
}

TEST_CASE("beside_a_writer_stopped_in_the_middle_of_a_renewal_a_process_waits_for_its_counts_once") {
  const MemoryDir temp;
  kRenewal.prepare(temp.cache());
  ArtifactStore stopped = open_small(temp.cache());
  const auto lock = WriteTransaction::begin(stopped).value();
  {
    const MappedFile file(temp.cache() / "index.live");
    file.header().retired = 1;
    file.header().shared.hits |= format::kDrained;
  }
  const Cost first = cost_of(hit, temp.cache(), small_index(), 0);
  CHECK(first.sleeps > 0);
  CHECK(first.sleeps <= 5);  // of 100 us
  CHECK(cost_of(hit, temp.cache(), small_index(), 1).sleeps == 0);
}
