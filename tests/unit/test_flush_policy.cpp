// When a snapshot is due: the decision as a table, and what it adds up to over a build.
#include "store/flush_policy.hpp"

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

OpenOptions by_interval(std::chrono::milliseconds interval) {
  OpenOptions options;
  options.flush_interval = interval;
  return options;
}

OpenOptions by_changes(std::uint64_t changes) {
  OpenOptions options;
  options.flush_changes = changes;
  return options;
}

}  // namespace

TEST_CASE("a_snapshot_is_due_when_it_is_worth_its_bytes_and_its_time_and_after_an_hour") {
  struct Row {
    const char* what;
    FlushFacts facts;
    bool due;
  };
  const Row rows[] = {
      {"nothing changed", {0, 0, kMiB, 100h, 0us}, false},
      {"a quarter changed, after 5 s", {1, 25 * kMiB, 100 * kMiB, 5s, 10ms}, true},
      {"less than a quarter", {1, 24 * kMiB, 100 * kMiB, 5s, 10ms}, false},
      {"a quarter, but too early", {1, 25 * kMiB, 100 * kMiB, 4999ms, 10ms}, false},
      {"all of it, but the last one took a 50th of the time since", {1, 100 * kMiB, 100 * kMiB, 49s, 1s}, false},
      {"... and now less", {1, 100 * kMiB, 100 * kMiB, 50s, 1s}, true},
      {"a little, for an hour", {1, 1, 1000 * kMiB, 1h, 10ms}, true},
      {"a little, for less than that", {1, 1, 1000 * kMiB, 3599s, 10ms}, false},
      {"a little, for an hour, where a flush takes ten minutes", {1, 1, 1000 * kMiB, 1h, 600s}, true},
      {"anything in a small index", {1, 1, 64 << 10, 5s, 1ms}, true},
      {"... but not at once", {1, 1, 64 << 10, 4s, 1ms}, false},
      {"... and just above that size", {1, 1, (64 << 10) + 1, 5s, 1ms}, false},
      {"many changes do not count by themselves", {1'000'000, 1, kMiB, 5s, 1ms}, false},
      {"a clock that was set back", {1, 1, 1000 * kMiB, std::chrono::milliseconds::max(), 1ms}, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(flush_is_due(row.facts, {}) == row.due);
  }
}

TEST_CASE("an_interval_or_a_number_of_changes_that_is_set_means_what_it_says") {
  const FlushFacts little{.changes = 3, .changed_bytes = 1, .snapshot_bytes = 1000 * kMiB, .since_last = 2s, .last_took = 10s};
  CHECK(flush_is_due(little, by_interval(2s)));
  CHECK_FALSE(flush_is_due(little, by_interval(3s)));
  CHECK(flush_is_due(little, by_changes(3)));
  CHECK_FALSE(flush_is_due(little, by_changes(4)));
  const FlushFacts nothing{.changes = 0, .changed_bytes = 1, .snapshot_bytes = kMiB, .since_last = 100h, .last_took = 0us};
  CHECK_FALSE(flush_is_due(nothing, by_interval(0s)));
  CHECK_FALSE(flush_is_due(nothing, by_changes(0)));
  const FlushFacts everything{.changes = 3, .changed_bytes = kMiB, .snapshot_bytes = kMiB, .since_last = 10h, .last_took = 0us};
  CHECK_FALSE(flush_is_due(everything, by_interval(11h)));  // also where it is worth it by itself
  CHECK(flush_is_due(everything, by_changes(100)));         // ... but a number of changes only adds to that
}

TEST_CASE("a_last_snapshot_is_written_where_it_is_worth_it_or_the_process_lived_long") {
  const FlushFacts little{.changes = 5, .changed_bytes = 1, .snapshot_bytes = 1000 * kMiB, .since_last = 1h, .last_took = 2s};
  CHECK_FALSE(last_flush_is_due(little, 10ms, {}));
  CHECK_FALSE(last_flush_is_due(little, 99s, {}));
  CHECK(last_flush_is_due(little, 100s, {}));
  FlushFacts quick = little;
  quick.last_took = 10ms;
  CHECK_FALSE(last_flush_is_due(quick, 59s, {}));
  CHECK(last_flush_is_due(quick, 60s, {}));
  CHECK(last_flush_is_due(quick, 2s, by_interval(2s)));
  CHECK_FALSE(last_flush_is_due(quick, 1s, by_interval(2s)));
  CHECK(last_flush_is_due(quick, 60s, by_interval(1h)));
  FlushFacts much = little;
  much.changed_bytes = 250 * kMiB;
  CHECK(last_flush_is_due(much, 0s, {}));
  much.changes = 0;
  CHECK_FALSE(last_flush_is_due(much, 100h, by_interval(0s)));
}

// The sum of a rule, not a measurement: `zccache-bench snapshot` drives a real store.
TEST_CASE("all_snapshots_of_a_build_that_fills_an_index_come_to_five_times_the_last_at_most") {
  for (const std::uint64_t megabytes_per_second : {1, 20, 300}) {
    for (const auto length : {1min, 10min, 120min, 300min}) {
      CAPTURE(megabytes_per_second, length.count());
      std::uint64_t size = 0;
      std::uint64_t in_snapshot = 0;
      std::uint64_t written = 0;
      FlushFacts facts;
      const auto flush = [&] {
        written += size;
        in_snapshot = size;
        facts.since_last = 0s;
        facts.last_took = std::chrono::milliseconds(size / kMiB);  // a disk of a gibibyte a second
      };
      for (auto now = 0s; now < length; now += 1s) {
        size += megabytes_per_second * kMiB;
        facts.changes += 1;
        facts.changed_bytes = size - in_snapshot;
        facts.snapshot_bytes = size;
        facts.since_last += 1s;
        if (flush_is_due(facts, {})) flush();
      }
      flush();  // an orderly end, or somebody who asks for it
      CHECK(static_cast<double>(written) / static_cast<double>(size) <= 5);
    }
  }
}
