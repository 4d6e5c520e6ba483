// Hits and misses in slices of time.
#include "timeline.hpp"

#include <vector>

#include "catch.hpp"

using namespace zccache;
using namespace zccache::index_tool;

namespace {

constexpr std::uint64_t kHour = 3600;
constexpr std::uint64_t kMidnight = 20'000 * 24 * kHour;  // of UTC

HistoryPoint point(std::uint64_t at_secs, std::uint64_t hits, std::uint64_t misses) {
  return {.at_secs = at_secs, .hits = hits, .misses = misses};
}

Stats stats(std::uint64_t hits, std::uint64_t misses) {
  Stats now;
  now.hits = hits;
  now.misses = misses;
  return now;
}

std::uint64_t sum(const Timeline& timeline, std::uint64_t Slice::*count) {
  std::uint64_t all = 0;
  for (const Slice& slice : timeline.slices) all += slice.*count;
  return all;
}

}  // namespace

TEST_CASE("a timeline of nothing is empty") { CHECK(timeline_of({}, stats(0, 0), kMidnight, 0).slices.empty()); }

TEST_CASE("what came before the first flush and after the last one is on the timeline") {
  const auto timeline = timeline_of({point(kMidnight, 3, 2)}, stats(10, 4), kMidnight + 2 * kHour, 0);
  REQUIRE(timeline.slices.size() == 25);
  CHECK(timeline.slice_secs == 300);
  CHECK(timeline.slices.front().from_secs == kMidnight);
  CHECK(timeline.slices.front().hits == 3);
  CHECK(timeline.slices.front().misses == 2);
  CHECK(timeline.slices.back().hits == 7);
  CHECK(timeline.slices.back().misses == 2);
}

TEST_CASE("counters that were set to zero count from there") {
  const auto timeline = timeline_of({point(kMidnight, 100, 50), point(kMidnight + 600, 4, 1)}, stats(4, 1), kMidnight + 900, 0);
  CHECK(sum(timeline, &Slice::hits) == 104);
  CHECK(sum(timeline, &Slice::misses) == 51);
}

TEST_CASE("slices are as long as it takes for all of them to fit, and lose nothing") {
  for (const std::uint64_t days : {1, 2, 11, 40, 300}) {
    std::vector<HistoryPoint> history;
    for (std::uint64_t hour = 0; hour <= days * 24; ++hour) history.push_back(point(kMidnight + hour * kHour, 2 * hour, hour));
    if (history.size() >= 4096) history.resize(4095);
    const auto timeline = timeline_of(history, stats(history.back().hits, history.back().misses), history.back().at_secs, 0);
    CHECK(timeline.slices.size() <= kMostSlices);
    CHECK(sum(timeline, &Slice::hits) == history.back().hits);
  }
}

TEST_CASE("of more than can be shown the newest is") {
  const std::uint64_t years = 10 * 365 * 24 * kHour;
  const auto timeline = timeline_of({point(kMidnight, 5, 5)}, stats(8, 9), kMidnight + years, 0);
  REQUIRE(timeline.slices.size() == kMostSlices);
  CHECK(sum(timeline, &Slice::hits) == 3);
  CHECK(timeline.slices.back().misses == 4);
}

TEST_CASE("days begin at midnight of the reader's clock") {
  for (const std::int64_t offset : {-5 * 3600, 0, 2 * 3600}) {
    const std::uint64_t midnight = kMidnight - static_cast<std::uint64_t>(offset);
    const auto timeline = timeline_of({point(midnight - 1, 1, 0)}, stats(2, 0), midnight + 30 * 24 * kHour, offset);
    CHECK(timeline.slice_secs == 24 * kHour);
    CHECK(timeline.slices[1].from_secs == midnight);
    CHECK(timeline.slices[0].hits == 1);
  }
}

TEST_CASE("a clock that was set back spoils no timeline") {
  const auto timeline = timeline_of({point(kMidnight + kHour, 1, 0), point(kMidnight, 2, 0)}, stats(3, 0), kMidnight + 600, 0);
  CHECK(sum(timeline, &Slice::hits) == 3);
}

TEST_CASE("what a full history has forgotten is not taken for the first slice") {
  std::vector<HistoryPoint> history;
  for (std::uint64_t i = 0; i < 4096; ++i) history.push_back(point(kMidnight + i, 1'000'000 + i, 0));
  const auto timeline = timeline_of(history, stats(1'000'000 + 4095, 0), kMidnight + 5000, 0);
  CHECK(sum(timeline, &Slice::hits) == 4095);
}
