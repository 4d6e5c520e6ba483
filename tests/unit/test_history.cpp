// What the flushes of a directory found.
#include <zccache/history.hpp>

#include "history.hpp"

using namespace zccache;
using namespace zccache::test;

TEST_CASE("a_directory_without_flushes_has_no_history") {
  const TempDir dir;
  CHECK(read_history(dir.cache()).empty());
  { const auto store = open_at(dir.cache()); }
  CHECK(read_history(dir.cache()).empty());
}

TEST_CASE("each_flush_adds_a_point_with_what_it_found") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  for (std::uint64_t i = 1; i <= 3; ++i) {
    REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
    store.count_hit(10);
    store.count_miss(i);
    REQUIRE(store.flush());
  }
  const auto points = read_history(dir.cache());
  REQUIRE(points.size() == 3);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    CHECK(points[i - 1].entries == i);
    CHECK(points[i - 1].inserts == i);
    CHECK(points[i - 1].hits == 10 * i);
    CHECK(points[i - 1].at_secs != 0);
    CHECK(points[i - 1].live_bytes != 0);
  }
}

TEST_CASE("the_history_goes_on_after_a_restart") {
  const TempDir dir;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    auto store = open_at(dir.cache());
    REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
    REQUIRE(store.flush());
    std::filesystem::remove(dir.cache() / "index.live");
  }
  CHECK(read_history(dir.cache()).size() == 3);
}

TEST_CASE("the_ring_keeps_the_newest_and_never_grows") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  const auto insert_and_flush = [&](std::uint64_t i) {
    REQUIRE(store.insert("key", artifact_of("key", i)));
    REQUIRE(store.flush());
  };
  for (const std::uint64_t i : {1, 2, 3}) insert_and_flush(i);
  // As if there had been as many flushes as there are rows: the next takes the place of the first.
  const MappedFile live(dir.cache() / "index.live");
  live.header().flushes_done = format::kHistoryRows;
  insert_and_flush(4);
  live.header().flushes_done = 2 * format::kHistoryRows - 2;
  insert_and_flush(5);
  std::vector<std::uint64_t> inserts;
  for (const HistoryPoint& point : read_history(dir.cache())) inserts.push_back(point.inserts);
  CHECK(inserts == std::vector<std::uint64_t>{2, 3, 4, 5});
  CHECK(std::filesystem::file_size(dir.cache() / "index.history") == format::kHistoryRows * sizeof(format::HistoryRow));
}

TEST_CASE("a_damaged_row_costs_itself_only") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  for (std::uint64_t i = 1; i <= 3; ++i) {
    REQUIRE(store.insert("key", artifact_of("key", i)));
    REQUIRE(store.flush());
  }
  std::string bytes = read_file(dir.cache() / "index.history");
  bytes[2 * sizeof(format::HistoryRow) + 20] ^= 1;
  write_file(dir.cache() / "index.history", bytes);
  const auto points = read_history(dir.cache());
  REQUIRE(points.size() == 2);
  CHECK(points[0].inserts == 1);
  CHECK(points[1].inserts == 3);
  write_file(dir.cache() / "index.history", std::string(1000, 'x'));
  CHECK(read_history(dir.cache()).empty());
}
