// The behaviour of the original, under its names, and what comes on top of it, in one process.
#include <zccache/artifact_store.hpp>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <map>
#include <thread>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

ArtifactStore open_at(const std::filesystem::path& dir) { return ArtifactStore::open(dir, manual_flush()).value(); }

}  // namespace

TEST_CASE("open_of_a_missing_index_is_empty") {
  const TempDir temp;
  const ArtifactStore store = open_at(temp.cache());
  CHECK(store.empty());
  CHECK(store.size() == 0);
  CHECK(store.load_all().empty());
}

TEST_CASE("insert_and_get") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  const Artifact artifact = artifact_of("key", 42);
  REQUIRE(store.insert("key", artifact));
  REQUIRE(store.get("key").has_value());
  CHECK(*store.get("key") == artifact);
  CHECK(store.size() == 1);
}

TEST_CASE("get_of_a_missing_key_is_nothing") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("present", artifact_of("present", 1)));
  CHECK_FALSE(store.get("absent").has_value());
  CHECK_FALSE(store.find("absent"));
  CHECK_FALSE(store.find(""));
}

TEST_CASE("insert_overwrites") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  REQUIRE(store.insert("key", artifact_of("key", 2)));
  CHECK(*store.get("key") == artifact_of("key", 2));
  CHECK(store.size() == 1);
}

TEST_CASE("remove_says_whether_it_existed") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  CHECK(store.remove("key").value());
  CHECK_FALSE(store.remove("key").value());
  CHECK_FALSE(store.remove("never there").value());
  CHECK_FALSE(store.get("key"));
  CHECK(store.empty());
}

TEST_CASE("remove_batch_counts_what_it_really_removed") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  for (const char* key : {"a", "b", "c"}) REQUIRE(store.insert(key, artifact_of(key, 1)));
  const std::vector<std::string> keys{"a", "absent", "c", "a"};
  CHECK(store.remove_batch(keys).value() == 2);
  CHECK(store.size() == 1);
  CHECK(store.find("b"));
}

TEST_CASE("insert_many_and_load_all") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  std::map<std::string, Artifact> entries;
  for (std::uint64_t i = 0; i < 500; ++i) entries[key_of(i)] = artifact_of(key_of(i), i);
  CHECK(store.insert_many(entries).value() == 500);
  const auto all = store.load_all();
  CHECK(std::map<std::string, Artifact>(all.begin(), all.end()) == entries);
}

TEST_CASE("insert_many_of_nothing_is_a_no_op") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  const std::vector<std::pair<std::string, Artifact>> nothing;
  CHECK(store.insert_many(nothing).value() == 0);
  CHECK(store.empty());
  CHECK(store.stats().inserts == 0);
}

TEST_CASE("insert_many_checks_every_entry_before_the_first_goes_in") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  const std::vector<std::pair<std::string, Artifact>> entries{{"good", artifact_of("good", 1)}, {"", artifact_of("", 1)}};
  CHECK(store.insert_many(entries).error().error == Error::invalid_key);
  CHECK(store.empty());
}

TEST_CASE("clear_returns_how_many") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  for (std::uint64_t i = 0; i < 7; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  CHECK(store.clear().value() == 7);
  CHECK(store.empty());
  CHECK(store.clear().value() == 0);
  CHECK_FALSE(store.get(key_of(3)));
}

TEST_CASE("cleared_entries_do_not_come_back_with_a_new_index") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  REQUIRE(store.flush());
  REQUIRE(store.clear());
  std::filesystem::remove(temp.cache() / "index.live");
  CHECK(open_at(temp.cache()).empty());
}

TEST_CASE("flush_and_reopen_round_trips_every_field") {
  const TempDir temp;
  Artifact artifact = artifact_of("key", 1000);
  artifact.output_modes = {0644, 0755};
  artifact.output_digests = {{1, 2}, {3, 4}};
  artifact.exit_code = -7;
  artifact.stdout_bytes = std::string("\0binary\xff\n", 9);
  {
    ArtifactStore store = open_at(temp.cache());
    REQUIRE(store.insert("key", artifact));
    REQUIRE(store.flush());
  }
  std::filesystem::remove(temp.cache() / "index.live");  // as after a restart of the machine: only the snapshot is left
  const ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.get("key").has_value());
  CHECK(*store.get("key") == artifact);
}

TEST_CASE("total_size_is_the_sum_of_the_sizes_and_stored_at_is_now_when_built_from_outputs") {
  const auto before = static_cast<std::uint64_t>(std::time(nullptr));
  const Artifact artifact = Artifact::from_outputs({"a.o", "a.d"}, {1000, 24}, "out", "err", 3);
  CHECK(artifact.total_size == 1024);
  CHECK(artifact.stored_at_secs >= before);
  CHECK(artifact.stored_at_secs <= static_cast<std::uint64_t>(std::time(nullptr)));
  CHECK(artifact.stdout_bytes == "out");
  CHECK(artifact.stderr_bytes == "err");
  CHECK(artifact.exit_code == 3);
}

TEST_CASE("flush_creates_missing_parent_folders") {
  const TempDir temp;
  const auto dir = temp.path() / "a" / "b" / "cache";
  ArtifactStore store = open_at(dir);
  REQUIRE(store.insert("key", artifact_of("key", 5)));
  std::filesystem::remove_all(temp.path() / "a");
  REQUIRE(store.flush());
  CHECK(std::filesystem::exists(dir / "index.snap"));
  CHECK_FALSE(open_at(dir).find("key"));  // removed with the directory
  REQUIRE(store.insert("key", artifact_of("key", 5)));
  CHECK(*open_at(dir).get("key") == artifact_of("key", 5));
}

TEST_CASE("flush_replaces_atomically") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("a", artifact_of("a", 1)));
  REQUIRE(store.flush());
  const std::string first = read_file(temp.cache() / "index.snap");
  REQUIRE(store.insert("b", artifact_of("b", 2)));
  // Who has the old snapshot open keeps all of it: the new one is another file.
  std::ifstream open_before(temp.cache() / "index.snap", std::ios::binary);
  REQUIRE(store.flush());
  CHECK(std::string(std::istreambuf_iterator<char>(open_before), {}) == first);
  CHECK(read_file(temp.cache() / "index.snap.prev") == first);
  CHECK(read_file(temp.cache() / "index.snap") != first);
  for (const auto& entry : std::filesystem::directory_iterator(temp.cache())) CHECK_FALSE(is_index_temporary(entry.path().filename().string()));
}

TEST_CASE("what_one_store_inserts_another_finds_at_its_next_lookup") {
  const TempDir temp;
  ArtifactStore writer = open_at(temp.cache());
  const ArtifactStore reader = ArtifactStore::open(temp.cache(), read_only()).value();
  CHECK_FALSE(reader.find("key"));
  REQUIRE(writer.insert("key", artifact_of("key", 9)));
  CHECK(*reader.get("key") == artifact_of("key", 9));
  REQUIRE(writer.clear());
  CHECK_FALSE(reader.find("key"));
}

TEST_CASE("two_writing_stores_never_lose_each_others_entries") {
  const TempDir temp;
  ArtifactStore a = open_at(temp.cache());
  ArtifactStore b = open_at(temp.cache());
  for (std::uint64_t i = 0; i < 2000; ++i) REQUIRE((i % 2 == 0 ? a : b).insert(key_of(i), artifact_of(key_of(i), i)));
  REQUIRE(a.flush());
  REQUIRE(b.flush());
  std::filesystem::remove(temp.cache() / "index.live");
  const ArtifactStore after = open_at(temp.cache());
  CHECK(after.size() == 2000);
  for (std::uint64_t i = 0; i < 2000; ++i) REQUIRE(after.get(key_of(i)) == artifact_of(key_of(i), i));
}

TEST_CASE("an_index_grows_from_one_page_to_many_thousand_entries_while_readers_go_on") {
  const TempDir temp;
  OpenOptions tiny = manual_flush();
  tiny.initial_segment_bytes = 1;
  ArtifactStore writer = ArtifactStore::open(temp.cache(), tiny).value();
  const ArtifactStore reader = ArtifactStore::open(temp.cache(), read_only()).value();
  constexpr std::uint64_t kEntries = 20000;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    REQUIRE(writer.insert(key_of(i), artifact_of(key_of(i), i)));
    REQUIRE(reader.get(key_of(i / 2)) == artifact_of(key_of(i / 2), i / 2));
  }
  CHECK(reader.size() == kEntries);
  CHECK(writer.stats().renewals >= 5);
}

TEST_CASE("a_view_stays_valid_across_renewals_and_clear") {
  const TempDir temp;
  OpenOptions tiny = manual_flush();
  tiny.initial_segment_bytes = 1;
  ArtifactStore store = ArtifactStore::open(temp.cache(), tiny).value();
  REQUIRE(store.insert("key", artifact_of("key", 77)));
  const ArtifactView view = store.find("key");
  for (std::uint64_t i = 0; i < 3000; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  REQUIRE(store.clear());
  CHECK(view.to_artifact() == artifact_of("key", 77));
  CHECK(view.key() == "key");
}

TEST_CASE("overwriting_one_key_for_ever_does_not_grow_the_index") {
  const TempDir temp;
  OpenOptions small = manual_flush();
  small.initial_segment_bytes = 64 << 10;
  ArtifactStore store = ArtifactStore::open(temp.cache(), small).value();
  for (std::uint64_t i = 0; i < 20000; ++i) REQUIRE(store.insert("key", artifact_of("key", i)));
  CHECK(store.size() == 1);
  CHECK(std::filesystem::file_size(temp.cache() / "index.live") <= 128 << 10);
}

TEST_CASE("statistics_count_what_happened") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("a", artifact_of("a", 1)));
  REQUIRE(store.insert("a", artifact_of("a", 2)));
  REQUIRE(store.insert("b", artifact_of("b", 3)));
  REQUIRE(store.remove("b"));
  (void)store.find("a");  // a lookup counts nothing
  store.count_hit();
  store.count_hit(2);
  store.count_miss();
  store.count_eviction();
  Stats stats = store.stats();
  CHECK(stats.entries == 1);
  CHECK(stats.inserts == 3);
  CHECK(stats.removes == 1);
  CHECK(stats.hits == 3);
  CHECK(stats.misses == 1);
  CHECK(stats.evictions == 1);
  CHECK(stats.live_bytes > 0);
  CHECK(stats.garbage_bytes > 0);
  CHECK(stats.unflushed_changes == 4);
  REQUIRE(store.flush());
  stats = store.stats();
  CHECK(stats.flushes_done == 1);
  CHECK(stats.flushes_failed == 0);
  CHECK(stats.snapshot_entries == 1);
  CHECK(stats.unflushed_changes == 0);
  CHECK(stats.last_flush_at_secs > 0);
}

TEST_CASE("statistics_survive_renewal_and_restart") {
  const TempDir temp;
  {
    ArtifactStore store = open_at(temp.cache());
    REQUIRE(store.insert("a", artifact_of("a", 1)));
    store.count_hit(5);
    store.count(0, 6);
    store.count(kHostCounters - 1, 7);
    REQUIRE(store.clear());
    CHECK(store.stats().hits == 5);
    CHECK(store.stats().host.front() == 6);
    CHECK(store.stats().host.back() == 7);
    CHECK(store.stats().removes == 1);
  }
  std::filesystem::remove(temp.cache() / "index.live");
  const ArtifactStore store = open_at(temp.cache());
  CHECK(store.stats().hits == 5);
  CHECK(store.stats().host.front() == 6);
  CHECK(store.stats().host.back() == 7);
  CHECK(store.stats().inserts == 1);
  CHECK(store.stats().flushes_done == 1);
}

TEST_CASE("counters_can_be_reset") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  REQUIRE(store.insert("a", artifact_of("a", 1)));
  REQUIRE(store.insert("b", artifact_of("b", 1)));
  REQUIRE(store.remove("b"));
  store.count_hit();
  store.count_miss();
  store.count_eviction();
  store.count(3);
  REQUIRE(store.reset_counters());
  const Stats stats = store.stats();
  CHECK(stats.hits == 0);
  CHECK(stats.misses == 0);
  CHECK(stats.evictions == 0);
  CHECK(stats.inserts == 0);
  CHECK(stats.removes == 0);
  CHECK(stats.host == decltype(stats.host){});
  CHECK(stats.entries == 1);
}

TEST_CASE("a_flush_is_due_after_the_configured_number_of_changes") {
  const TempDir temp;
  OpenOptions options = manual_flush();
  options.flush_changes = 3;
  options.flush_interval = std::chrono::hours(1);
  ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
  REQUIRE(store.insert("a", artifact_of("a", 1)));
  REQUIRE(store.insert("b", artifact_of("b", 1)));
  CHECK_FALSE(store.flush_due());
  CHECK_FALSE(store.flush_if_due().value());
  REQUIRE(store.insert("c", artifact_of("c", 1)));
  CHECK(store.flush_due());
  CHECK(store.flush_if_due().value());
  CHECK_FALSE(store.flush_due());
}

TEST_CASE("a_store_with_a_flush_thread_flushes_by_itself_and_at_the_end") {
  const TempDir temp;
  {
    OpenOptions options;
    options.flush_changes = 1;
    ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
    REQUIRE(store.insert("a", artifact_of("a", 1)));
    while (store.stats().flushes_done == 0) std::this_thread::yield();
  }
  {
    OpenOptions options;
    options.flush_interval = std::chrono::hours(1);
    ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
    REQUIRE(store.insert("b", artifact_of("b", 1)));
  }
  std::filesystem::remove(temp.cache() / "index.live");
  CHECK(open_at(temp.cache()).size() == 2);
}

TEST_CASE("an_open_that_fails_is_an_error_for_a_store_with_a_flush_thread_too") {
  const TempDir dir;
  write_file(dir.path() / "file", "");
  OpenOptions options;
  options.flusher = Flusher::thread;
  const auto opened = ArtifactStore::open(dir.path() / "file", options);
  REQUIRE(opened.has_error());
  CHECK(opened.error().error == Error::directory_unusable);
}

TEST_CASE("a_read_only_store_changes_nothing_and_says_so") {
  const TempDir temp;
  { REQUIRE(open_at(temp.cache()).insert("a", artifact_of("a", 1))); }
  const std::string before = read_file(temp.cache() / "index.live");
  {
    ArtifactStore store = ArtifactStore::open(temp.cache(), read_only()).value();
    CHECK(store.find("a"));
    CHECK(store.insert("b", artifact_of("b", 1)).error().error == Error::read_only);
    CHECK(store.remove("a").error().error == Error::read_only);
    CHECK(store.clear().error().error == Error::read_only);
    CHECK(store.flush().error().error == Error::read_only);
    store.count_hit();
  }
  CHECK(read_file(temp.cache() / "index.live") == before);
  CHECK_FALSE(std::filesystem::exists(temp.cache() / "index.snap"));
}

TEST_CASE("a_read_only_store_of_nothing_is_not_found_and_makes_nothing") {
  const TempDir temp;
  CHECK(ArtifactStore::open(temp.cache(), read_only()).error().error == Error::not_found);
  CHECK_FALSE(std::filesystem::exists(temp.cache()));
}

TEST_CASE("a_read_only_store_searches_the_snapshot_in_place_where_there_is_no_live_index") {
  const TempDir temp;
  {
    ArtifactStore store = open_at(temp.cache());
    for (std::uint64_t i = 0; i < 300; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
    REQUIRE(store.flush());
  }
  std::filesystem::remove(temp.cache() / "index.live");
  const ArtifactStore store = ArtifactStore::open(temp.cache(), read_only()).value();
  CHECK(store.size() == 300);
  for (std::uint64_t i = 0; i < 300; ++i) REQUIRE(store.get(key_of(i)) == artifact_of(key_of(i), i));
  CHECK_FALSE(store.find(key_of(300)));
  CHECK(store.load_all().size() == 300);
  CHECK_FALSE(std::filesystem::exists(temp.cache() / "index.live"));
}

TEST_CASE("unusable_keys_are_refused_and_found_absent") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  const std::string too_long(4097, 'k');
  for (const std::string& key : {std::string(), too_long, std::string("a\0b", 3), std::string("a\nb"), std::string("a/b")}) {
    CHECK(store.insert(key, artifact_of(key, 1)).error().error == Error::invalid_key);
    CHECK_FALSE(store.find(key));
    CHECK_FALSE(store.remove(key).value());
  }
  CHECK(store.insert(std::string(4096, 'k'), artifact_of("", 1)));
  CHECK(store.size() == 1);
}

TEST_CASE("names_and_sizes_of_different_length_are_refused") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  Artifact artifact = artifact_of("key", 1);
  artifact.output_sizes.pop_back();
  CHECK(store.insert("key", artifact).error().error == Error::invalid_artifact);
  CHECK(store.empty());
}

TEST_CASE("a_record_over_64_MiB_is_refused_and_one_just_below_is_kept") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  Artifact artifact = artifact_of("key", 1);
  artifact.stderr_bytes.assign(std::size_t{64} << 20, 'e');
  CHECK(store.insert("key", artifact).error().error == Error::record_too_large);
  CHECK(store.empty());
  artifact.stderr_bytes.resize((std::size_t{64} << 20) - 4096);
  REQUIRE(store.insert("key", artifact));
  CHECK(store.get("key") == artifact);
}

TEST_CASE("a_failure_names_the_thing_and_the_cure") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  const std::string message = store.insert("a\nb", artifact_of("", 1)).error().message();
  CHECK(message.find("key 'a?b'") != std::string::npos);
  CHECK(message.find("1 to 4096 bytes") != std::string::npos);
}
