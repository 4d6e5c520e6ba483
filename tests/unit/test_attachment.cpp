// How long a mapped generation stays.
#include <zccache/artifact_store.hpp>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/thread_slot.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

/// A store with one entry, "key", and what this process has mapped of its directory.
struct MappedStore {
  MappedStore() {
    store.insert("key", artifact_of("key", 1)).value();
    REQUIRE(generations() == 1);
  }

  [[nodiscard]] std::size_t generations() const {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) count += line.find(temp.cache().string()) != std::string::npos ? 1 : 0;
    return count;
  }
  void renew() { store.clear().value(); }

  TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
};

}  // namespace

TEST_CASE("a_generation_that_nobody_looks_at_goes_with_its_renewal") {
  MappedStore mapped;
  (void)mapped.store.find("key");
  mapped.renew();
  CHECK(mapped.generations() == 1);
}

TEST_CASE("a_generation_goes_with_the_last_view_of_it") {
  MappedStore mapped;
  ArtifactView first = mapped.store.find("key");
  ArtifactView second = mapped.store.find("key");
  mapped.renew();
  CHECK(mapped.generations() == 2);
  second = ArtifactView();
  CHECK(mapped.generations() == 2);
  CHECK(first.key() == "key");
  first = ArtifactView();
  CHECK(mapped.generations() == 1);
}

TEST_CASE("a_view_may_be_let_go_by_another_thread_before_and_after_the_renewal") {
  MappedStore mapped;
  ArtifactView before = mapped.store.find("key");
  ArtifactView after = mapped.store.find("key");
  std::thread([view = std::move(before)] {}).join();
  mapped.renew();
  CHECK(mapped.generations() == 2);
  CHECK(after.key() == "key");
  std::thread([view = std::move(after)] {}).join();
  CHECK(mapped.generations() == 1);
}

TEST_CASE("more_threads_than_there_are_slots_pin_and_let_go_as_well") {
  MappedStore mapped;
  std::vector<ArtifactView> views(2 * kThreadSlots);
  std::vector<std::thread> threads;
  for (ArtifactView& view : views) threads.emplace_back([&] { view = mapped.store.find("key"); });
  for (std::thread& thread : threads) thread.join();
  mapped.renew();
  for (ArtifactView& view : views) {
    CHECK(mapped.generations() == 2);
    std::thread([last = std::move(view)] {}).join();
  }
  CHECK(mapped.generations() == 1);
}

TEST_CASE("many_renewals_under_one_view_leave_its_generation_and_the_newest") {
  MappedStore mapped;
  const ArtifactView view = mapped.store.find("key");
  for (int i = 0; i < 20; ++i) mapped.renew();
  CHECK(mapped.generations() == 2);
  CHECK(is_whole("key", view.to_artifact()));
}
