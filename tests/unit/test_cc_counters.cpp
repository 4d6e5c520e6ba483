// The launcher's counters, and what the C interface says of them.
#include <zccache/zccache.h>
#include <zccache/artifact_store.hpp>

#include <cstdint>
#include <string>

#include "catch.hpp"
#include "support.hpp"
#include "zccache-cc/platform/counters.hpp"

using namespace zccache;
using namespace zccache::test;

TEST_CASE("C: the launcher's counters are read by the names that the launcher gives them") {
  const TempDir temp;
  ArtifactStore counting = ArtifactStore::open(temp.cache(), manual_flush()).value();
  const auto rows = cc::counter_rows();
  for (const cc::CounterRow& row : rows) {
    const auto number = static_cast<std::size_t>(row.counter);
    CHECK(zccache_counter_name(number) == std::string(row.name));
    counting.count(number, number + 1);
  }
  CHECK(zccache_counter_name(rows.size()) == nullptr);

  zccache_store* store = nullptr;
  REQUIRE(zccache_open(temp.cache().c_str(), nullptr, &store) == ZCCACHE_OK);
  std::uint64_t count = 0;
  for (const cc::CounterRow& row : rows) {
    CHECK(zccache_get_counter(store, row.name, &count) == ZCCACHE_OK);
    CHECK(count == static_cast<std::uint64_t>(row.counter) + 1);
  }
  CHECK(zccache_get_counter(store, "hits", &count) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(count == 0);
  CHECK(zccache_get_counter(nullptr, "miss", &count) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_get_counter(store, nullptr, &count) == ZCCACHE_INVALID_ARGUMENT);
  CHECK(zccache_get_counter(store, "miss", nullptr) == ZCCACHE_INVALID_ARGUMENT);
  zccache_close(store);
}
