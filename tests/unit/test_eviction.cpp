// What is evicted, in which order, and what is never touched.
#include <zccache/eviction.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <set>

#include "base/directory.hpp"
#include "base/file.hpp"
#include "base/lock_file.hpp"
#include "catch.hpp"
#include "eviction/collector_state.hpp"
#include "eviction/plan.hpp"
#include "payload/staged.hpp"
#include "snapshot/slot.hpp"
#include "store/write_transaction.hpp"
#include "support.hpp"
#include "zccache/payload_store.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;
using std::chrono::hours;

namespace {

constexpr std::uint64_t kPayloadBytes = 64 << 10;

std::uint64_t now_secs() { return Artifact::from_outputs({}, {}).stored_at_secs; }

/// A cache of entries with one payload of 64 KiB each, whose last uses the test chooses.
struct Cache {
  TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), small()).value();
  PayloadStore payloads{store};

  /// The index counts as well: it shall be small beside the payloads.
  static OpenOptions small() {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 1;
    return options;
  }
  void put(const std::string& key, std::chrono::seconds unused_for) {
    write_file(temp.path() / "a.o", std::string(kPayloadBytes, 'x'));
    REQUIRE(payloads.put(key, std::vector<OutputFile>{{"a.o", temp.path() / "a.o"}}, "", ""));
    Artifact aged = *store.get(key);
    aged.stored_at_secs -= static_cast<std::uint64_t>(unused_for.count());
    REQUIRE(store.insert(key, aged));
  }
  [[nodiscard]] std::set<std::string> keys() const {
    std::set<std::string> keys;
    for (const auto& [key, artifact] : store.load_all()) keys.insert(key);
    return keys;
  }
  [[nodiscard]] std::uint64_t usage() { return collect({.max_size = {}}, true).bytes_before; }
  CollectionReport collect(const EvictionPolicy& policy, bool dry_run = false) {
    CollectionOptions options;
    options.policy = policy;
    options.dry_run = dry_run;
    return collect_garbage(store, options).value();
  }
  /// A limit that `percent` of is what the directory takes now.
  [[nodiscard]] SizeLimit limit_used_to(unsigned percent) { return {.bytes = usage() * 100 / percent}; }
};

void make_old(const fs::path& file) {
  const timespec times[2] = {{1, 0}, {1, 0}};
  REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("a_size_is_read_as_a_person_writes_it") {
  CHECK(SizeLimit::parse("0")->bytes == 0);
  CHECK(SizeLimit::parse("1234")->bytes == 1234);
  CHECK(SizeLimit::parse("7K")->bytes == 7000);
  CHECK(SizeLimit::parse("7KiB")->bytes == 7168);
  CHECK(SizeLimit::parse("5G")->bytes == 5'000'000'000);
  CHECK(SizeLimit::parse("5Gi")->bytes == std::uint64_t{5} << 30);
  CHECK(SizeLimit::parse("12%")->percent == 12);
  for (const char* wrong : {"", "G", "-1", "5X", "5 G", "0%", "101%", "5GiBi", "99999999999999999999", "9999999999Ti"}) {
    CAPTURE(wrong);
    CHECK_FALSE(SizeLimit::parse(wrong));
  }
}

TEST_CASE("a_share_of_the_disk_is_taken_of_the_disk_that_the_directory_lies_on") {
  const TempDir temp;
  const auto tenth = SizeLimit{.percent = 10}.on_disk_of(temp.path());
  const auto all = SizeLimit{.percent = 100}.on_disk_of(temp.path());
  CHECK(*tenth > 0);
  CHECK(*all >= 10 * *tenth);
  CHECK(SizeLimit{.percent = 10}.on_disk_of(temp.path() / "missing").error().error == Error::not_found);
}

TEST_CASE("a_duration_is_read_as_a_person_writes_it") {
  CHECK(parse_duration("0")->count() == 0);
  CHECK(parse_duration("90s")->count() == 90);
  CHECK(parse_duration("30m")->count() == 1800);
  CHECK(parse_duration("2w")->count() == 14 * 86400);
  for (const char* wrong : {"", "d", "7", "1y", "1.5h", "-1"}) CHECK_FALSE(parse_duration(wrong));
}

TEST_CASE("the_environment_sets_the_policy_and_what_it_says_wrongly_is_named_and_ignored") {
  const Variable size("ZCCACHE_MAX_SIZE", "10%");
  const Variable age("ZCCACHE_MAX_AGE", "7d");
  const Variable soft("ZCCACHE_SOFT_MARK", "50:40");
  const Variable hard("ZCCACHE_HARD_MARK", "40:50");
  std::vector<std::string> complaints;
  const EvictionPolicy policy = EvictionPolicy::from_environment(&complaints);
  CHECK(policy.max_size.percent == 10);
  CHECK(policy.max_age == hours(168));
  CHECK(policy.soft.start == 50);
  CHECK(policy.soft.stop == 40);
  CHECK(policy.hard.stop == EvictionPolicy{}.hard.stop);
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].find("ZCCACHE_HARD_MARK=40:50") != std::string::npos);
}

TEST_CASE("over_the_hard_mark_the_least_recently_used_go_until_the_lower_mark") {
  Cache cache;
  for (int i = 0; i < 10; ++i) cache.put("aa0" + std::to_string(i), hours(i));
  const CollectionReport report = cache.collect({.max_size = cache.limit_used_to(101), .hard = {.start = 100, .stop = 50}});
  CHECK(report.bytes_before > report.max_bytes);
  CHECK(report.bytes_after <= report.max_bytes / 2);
  CHECK(report.bytes_after + kPayloadBytes > report.max_bytes / 2);  // and no more than need be
  CHECK(report.evicted == 10 - cache.store.size());
  const auto kept = cache.keys();
  for (std::size_t i = 0; i < 10; ++i) CHECK(kept.contains("aa0" + std::to_string(i)) == (i < kept.size()));
  CHECK(cache.usage() >= report.bytes_after);
  CHECK(cache.usage() < report.bytes_after + kPayloadBytes);  // the snapshot that was written after it
  CHECK(cache.store.stats().evictions == report.evicted);
}

namespace {

/// Entries that take less on the disk than in the index.
struct SmallObjects : Cache {
  static constexpr std::uint64_t kCount = 500;
  static constexpr std::size_t kDiagnostics = 16'000;

  void put_all() {
    write_file(temp.path() / "a.o", "small");
    for (std::uint64_t i = 0; i < kCount; ++i) {
      REQUIRE(payloads.put(key_of(i), std::vector<OutputFile>{{"a.o", temp.path() / "a.o"}}, "", std::string(kDiagnostics, 'w')));
    }
    REQUIRE(store.flush());
    REQUIRE(store.flush());  // the one before is as large
  }
  /// The entries that stay, and nothing that the report did not say.
  void check_after(const CollectionReport& dry, const CollectionReport& wet) {
    CHECK(wet.evicted == dry.evicted);
    CHECK(wet.bytes_after == dry.bytes_after);
    CHECK(store.size() == kCount - wet.evicted);
    CHECK(usage() <= wet.bytes_after + (64 << 10));
    CHECK(usage() + (64 << 10) >= wet.bytes_after);
    for (const auto& [key, artifact] : store.load_all()) REQUIRE(payloads.verify(store.find(key)).value());
  }
};

}  // namespace

TEST_CASE("entries_that_lie_in_the_index_go_until_the_compacted_index_fits_and_no_further") {
  SmallObjects cache;
  cache.put_all();
  const EvictionPolicy policy{.max_size = cache.limit_used_to(110), .hard = {.start = 100, .stop = 80}};
  const CollectionReport dry = cache.collect(policy, true);
  const CollectionReport wet = cache.collect(policy);
  // Of 110 percent, 30 have to go. They are not in the payloads: those are a twelfth of it.
  CHECK(wet.evicted > SmallObjects::kCount / 10);
  CHECK(wet.evicted < SmallObjects::kCount * 4 / 10);
  CHECK(wet.bytes_after <= percent_of(wet.max_bytes, 80));
  CHECK(wet.bytes_after + (wet.max_bytes / 10) >= percent_of(wet.max_bytes, 80));
  cache.check_after(dry, wet);
}

TEST_CASE("where_the_garbage_of_the_index_is_what_is_too_much_it_is_compacted_and_no_entry_goes") {
  SmallObjects cache;
  cache.put_all();
  const std::uint64_t clean = cache.usage();
  cache.put_all();
  REQUIRE(cache.store.stats().garbage_bytes > SmallObjects::kCount * SmallObjects::kDiagnostics * 9 / 10);  // else this test shows nothing
  const EvictionPolicy policy{.max_size = {.bytes = clean * 11 / 10}};
  REQUIRE(cache.usage() > policy.max_size.bytes);
  const CollectionReport dry = cache.collect(policy, true);
  const CollectionReport wet = cache.collect(policy);
  CHECK(wet.evicted == 0);
  CHECK(wet.bytes_after <= policy.max_size.bytes);
  cache.check_after(dry, wet);
  CHECK(cache.store.stats().garbage_bytes == 0);
}

TEST_CASE("what_an_index_takes_once_it_is_compacted_is_known_before") {
  for (const std::size_t diagnostics : {std::size_t{0}, std::size_t{500}, std::size_t{9000}}) {
    Cache cache;
    Artifact artifact = Artifact::from_outputs({"a.o", "a.d"}, {1, 2}, "", std::string(diagnostics, 'w'));
    for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(cache.store.insert(key_of(i), artifact));
    Holdings all;
    cache.store.for_each([&](const ArtifactView& entry) {
      all += record_of(entry);
      return true;
    });
    CHECK(all.record_bytes == cache.store.stats().live_bytes);
    REQUIRE(cache.store.flush());
    REQUIRE(WriteTransaction::begin(cache.store)->compact());
    const std::uint64_t live = WriteTransaction::compacted_bytes(cache.store, {.entries = all.entries, .record_bytes = all.record_bytes});
    CHECK(cache.store.stats().segment_bytes == live);
    CHECK(snapshot::file_bytes(all.entries, all.record_bytes) == cache.store.stats().snapshot_bytes);
  }
}

TEST_CASE("a_served_entry_outlives_one_that_was_stored_later") {
  Cache cache;
  cache.put("aa01", hours(5));
  cache.put("aa02", hours(2));
  cache.store.touch("aa01");
  cache.collect({.max_size = cache.limit_used_to(101), .hard = {.start = 100, .stop = 95}});
  CHECK(cache.keys() == std::set<std::string>{"aa01"});
}

TEST_CASE("of_entries_used_in_the_same_minute_only_as_many_go_as_have_to") {
  Cache cache;
  for (int i = 0; i < 10; ++i) cache.put("aa0" + std::to_string(i), hours(3));
  cache.put("bb01", hours(4));
  cache.collect({.max_size = cache.limit_used_to(101), .hard = {.start = 100, .stop = 98}});
  CHECK(cache.store.size() == 10);
  CHECK_FALSE(cache.keys().contains("bb01"));
  cache.collect({.max_size = cache.limit_used_to(101), .hard = {.start = 100, .stop = 75}});
  CHECK(cache.store.size() >= 6);
  CHECK(cache.store.size() <= 8);
}

TEST_CASE("between_the_marks_only_idle_entries_go") {
  Cache cache;
  cache.put("aa01", hours(24 * 5));
  cache.put("aa02", hours(24 * 3));
  cache.put("aa03", hours(0));
  CHECK(cache.collect({.max_size = cache.limit_used_to(84)}).evicted == 0);
  CHECK(cache.collect({.max_size = cache.limit_used_to(90)}).evicted == 1);
  CHECK(cache.keys() == std::set<std::string>{"aa02", "aa03"});
  CHECK(cache.collect({.max_size = cache.limit_used_to(90)}).evicted == 0);
}

TEST_CASE("what_is_unused_for_too_long_goes_whatever_the_size") {
  Cache cache;
  cache.put("aa01", hours(49));
  cache.put("aa02", hours(47));
  const CollectionReport report = cache.collect({.max_size = {}, .max_age = hours(48)});
  CHECK(report.expired == 1);
  CHECK(report.evicted == 0);
  CHECK(cache.keys() == std::set<std::string>{"aa02"});
}

TEST_CASE("without_limits_nothing_goes") {
  Cache cache;
  cache.put("aa01", hours(24 * 1000));
  CHECK(cache.collect({.max_size = {}}).evicted == 0);
  CHECK(cache.keys().size() == 1);
}

TEST_CASE("a_dry_run_tells_what_would_go_and_changes_nothing") {
  Cache cache;
  for (int i = 0; i < 6; ++i) cache.put("aa0" + std::to_string(i), hours(i));
  write_file(cache.temp.cache() / "objects" / "aa" / "aaff_0", "orphan");
  const EvictionPolicy policy{.max_size = cache.limit_used_to(150), .hard = {.start = 100, .stop = 50}};
  OpenOptions only_looking = Cache::small();
  only_looking.read_only = true;
  ArtifactStore looking = ArtifactStore::open(cache.temp.cache(), only_looking).value();
  CollectionOptions options;
  options.policy = policy;
  CHECK(collect_garbage(looking, options).error().error == Error::read_only);
  options.dry_run = true;
  const CollectionReport dry = collect_garbage(looking, options).value();
  CHECK(dry.evicted > 0);
  CHECK(cache.collect(policy, true).evicted == dry.evicted);  // who could change everything does not either
  CHECK(cache.keys().size() == 6);
  CHECK(fs::exists(cache.temp.cache() / "objects" / "aa" / "aaff_0"));
  const CollectionReport wet = cache.collect(policy);
  CHECK(dry.evicted == wet.evicted);
  CHECK(dry.orphans == wet.orphans);
  CHECK(dry.bytes_before == wet.bytes_before);
  CHECK(dry.bytes_after == wet.bytes_after);
}

TEST_CASE("a_file_with_two_names_counts_once") {
  Cache cache;
  cache.put("aa01", hours(0));
  const std::uint64_t before = cache.usage();
  fs::create_hard_link(cache.payloads.path_of("aa01", 0), cache.temp.cache() / "second name");
  CHECK(cache.usage() == before);
  fs::copy_file(cache.payloads.path_of("aa01", 0), cache.temp.cache() / "copy");
  CHECK(cache.usage() == before + kPayloadBytes);
}

TEST_CASE("payloads_without_entry_and_entries_without_payload_go_and_files_of_others_stay") {
  Cache cache;
  cache.put("aa01", hours(0));
  cache.put("aa02", hours(0));
  fs::remove(cache.payloads.path_of("aa02", 0));
  const fs::path folder = cache.temp.cache() / "objects" / "aa";
  write_file(folder / "aa03_0", "orphan");
  write_file(folder / "aa01_1", "the entry has one output");
  write_file(folder / "notes.txt", "of the user");
  write_file(folder / "bb01_0", "in a folder that is not its own");
  const CollectionReport report = cache.collect({});
  CHECK(report.orphans == 2);
  CHECK(report.dangling == 1);
  CHECK(cache.keys() == std::set<std::string>{"aa01"});
  CHECK(fs::exists(cache.payloads.path_of("aa01", 0)));
  CHECK_FALSE(fs::exists(folder / "aa03_0"));
  CHECK_FALSE(fs::exists(folder / "aa01_1"));
  CHECK(fs::exists(folder / "notes.txt"));
  CHECK(fs::exists(folder / "bb01_0"));
}

TEST_CASE("a_temporary_goes_when_it_is_old_and_nobody_writes_it") {
  Cache cache;
  cache.put("aa01", hours(0));
  const fs::path folder = cache.temp.cache() / "objects" / "aa";
  const fs::path dead = folder / ".0123456789abcde2.tmp";
  const fs::path young = folder / ".0123456789abcde3.tmp";
  const fs::path living = folder / ".0123456789abcde4.tmp";
  for (const fs::path& file : {dead, young, living}) write_file(file, "half");
  make_old(dead);
  make_old(living);
  {
    const UniqueFd writer = open_file(living, O_RDWR).value();
    mark_as_being_written(writer.get());
    CHECK(cache.collect({}).stale_temporaries == 1);
  }
  CHECK_FALSE(fs::exists(dead));
  CHECK(fs::exists(young));
  CHECK(fs::exists(living));
  CHECK(cache.collect({}).stale_temporaries == 1);  // its writer has closed it
  CHECK_FALSE(fs::exists(living));
}

TEST_CASE("one_collection_runs_at_a_time") {
  Cache cache;
  LockFile other(CacheDirectory(cache.temp.cache()).lock(), LockByte::collector);
  const auto guard = other.acquire(std::chrono::milliseconds(0));
  REQUIRE(guard.has_value());
  CHECK(collect_garbage(cache.store, {}).error().error == Error::lock_timeout);
}

TEST_CASE("a_collection_that_is_out_of_time_is_gone_on_with_by_the_next") {
  Cache cache;
  for (int i = 0; i < 3; ++i) cache.put("aa0" + std::to_string(i), hours(50));
  CollectionOptions options;
  options.policy = {.max_age = hours(48)};
  options.time_limit = std::chrono::milliseconds(0);
  CHECK_FALSE(collect_garbage(cache.store, options)->finished);
  CHECK(cache.store.size() == 3);
  CHECK_FALSE(fs::exists(cache.temp.cache() / "gc.state"));  // what was due is due still
  CHECK(cache.collect(options.policy).expired == 3);
  CHECK(fs::exists(cache.temp.cache() / "gc.state"));
}

TEST_CASE("a_collection_is_due_after_enough_inserts_a_day_or_another_policy") {
  Cache cache;
  const EvictionPolicy policy;
  CHECK_FALSE(collection_due(cache.store, policy));
  for (std::uint64_t i = 0; i < 64; ++i) REQUIRE(cache.store.insert("x" + std::to_string(i), Artifact::from_outputs({}, {})));
  CHECK(collection_due(cache.store, policy));
  CollectionOptions options;
  options.policy = policy;
  CHECK(collect_garbage_if_due(cache.store, options).value());
  CHECK_FALSE(collection_due(cache.store, policy));
  CHECK_FALSE(collect_garbage_if_due(cache.store, options).value());
  CHECK(collection_due(cache.store, {.max_age = hours(1)}));

  const CacheDirectory directory(cache.temp.cache());
  CollectorState state = read_state(directory, policy);
  state.next_at_secs = now_secs() - 1;
  REQUIRE(write_state(directory, state));
  CHECK(collection_due(cache.store, policy));
  write_file(directory.collector_state(), "garbage");
  CHECK(collection_due(cache.store, policy));  // as if there had been none
}

TEST_CASE("the_next_collection_comes_before_the_room_that_is_left_is_taken") {
  const EvictionPolicy policy{.max_size = {.bytes = 100'000'000}};
  const CollectionReport report{.max_bytes = 100'000'000, .bytes_after = 70'000'000, .entries_before = 1000};
  const CollectorState state = next_state(policy, report, 5000, now_secs());
  CHECK(state.next_inserts > 5000);
  CHECK(state.next_inserts - 5000 <= 15'000'000 / 70'000);
}

TEST_CASE("a_time_of_use_that_is_still_to_come_counts_as_the_time_of_storing") {
  Cache cache;
  cache.put("aa01", -hours(10));
  CHECK(last_use(cache.store.find("aa01"), static_cast<Minute>(now_secs() / 60)) <= static_cast<Minute>(now_secs() / 60));
}
