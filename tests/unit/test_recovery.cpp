// A live index that cannot be used: what is kept, what is said, and that looking changes nothing.
#include <sys/stat.h>

#include <zccache/recovery.hpp>

#include <functional>
#include <random>
#include <vector>

#include "captured_log.hpp"
#include "history.hpp"
#include "live/artifact_map.hpp"
#include "recovery/recovery.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

/// A way for the live file to be unusable although every record in it is whole.
struct Distrusted {
  const char* name;
  const char* state;  ///< as the report has it
  std::function<void(const fs::path& live)> make;
};

std::function<void(const fs::path&)> with_header(void (*change)(format::LiveHeader&)) {
  return [change](const fs::path& live) {
    const MappedFile file(live);
    change(file.header());
    file.seal();
  };
}

const std::vector<Distrusted>& distrusted() {
  static const std::vector<Distrusted> kCases{
      {"another boot", "other_boot", with_header([](format::LiveHeader& header) { header.boot_id[0] ^= 1; })},
      {"a copy", "moved", copy_over_itself},
      {"another device", "moved", with_header([](format::LiveHeader& header) { header.device += 1; })},
      {"another version", "other_version", with_header([](format::LiveHeader& header) { header.version += 1; })},
      {"another layout", "other_version", with_header([](format::LiveHeader& header) { header.fingerprint ^= 1; })},
      {"another magic", "damaged", with_header([](format::LiveHeader& header) { header.magic ^= 1; })},
      {"a map outside", "damaged", with_header([](format::LiveHeader& header) { header.map_offset = header.file_bytes; })},
      {"an extent in the header", "damaged", with_header([](format::LiveHeader& header) { header.extent_offset = 8; })},
      {"another map", "damaged", with_header([](format::LiveHeader& header) { header.map_buckets += 1; })},
      {"a map with a flipped bit", "damaged",
       [](const fs::path& live) {
         const MappedFile file(live);
         file.bytes()[file.header().map_offset + sizeof(ArtifactMap) / 2] ^= std::byte{1};
       }},
      {"a second name", "moved", [](const fs::path& live) { fs::create_hard_link(live, live.string() + ".second"); }},
      {"a flipped bit in the header", "damaged", [](const fs::path& live) { MappedFile(live).header().created_at_secs ^= 1; }},
      {"more bytes than it says", "damaged", [](const fs::path& live) { fs::resize_file(live, fs::file_size(live) + 8); }},
  };
  return kCases;
}

/// Only what is damaged is worth a look later.
bool is_set_aside(const Distrusted& distrust) { return std::string_view(distrust.state) == "damaged"; }

std::string state_of(const RecoveryReport& report, const std::string& file) {
  for (const RecoveryFinding& finding : report.findings) {
    if (finding.file == file) return finding.state;
  }
  return "not looked at";
}

/// Every file with its bytes and time of change, and the folders with theirs.
struct Seen {
  std::string bytes;
  fs::file_time_type changed;
  bool operator==(const Seen&) const = default;
};
std::map<fs::path, Seen> everything_in(const fs::path& dir) {
  std::map<fs::path, Seen> seen{{dir, {"", fs::last_write_time(dir)}}};
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    seen[entry.path()] = {entry.is_regular_file() ? read_file(entry.path()) : "", entry.last_write_time()};
  }
  return seen;
}

std::size_t quarantined_in(const CacheDirectory& directory) {
  if (!fs::exists(directory.quarantine())) return 0;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory.quarantine()), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a_live_index_that_cannot_be_trusted_is_rebuilt_without_losing_anything") {
  for (const Distrusted& distrust : distrusted()) {
    CAPTURE(distrust.name);
    const History history;
    distrust.make(history.directory.live());
    const CapturedLog log;
    CHECK(contents_of(history.path()) == history.expected);
    CHECK(quarantined_in(history.directory) == (is_set_aside(distrust) ? 1 : 0));
    CHECK((log.warnings() != 0) == is_set_aside(distrust));
    CHECK_FALSE(check(history.path()).value().rebuild_needed);
  }
}

TEST_CASE("check_says_why_a_live_index_cannot_be_trusted_and_what_a_repair_would_keep") {
  for (const Distrusted& distrust : distrusted()) {
    CAPTURE(distrust.name);
    const History history;
    distrust.make(history.directory.live());
    const RecoveryReport report = check(history.path()).value();
    CHECK(state_of(report, "index.live") == distrust.state);
    CHECK(report.rebuild_needed);
    CHECK_FALSE(report.rebuilt);
    CHECK(report.entries_kept == history.expected.size());
    CHECK(report.to_text().find(std::string("index.live: ") + distrust.state) != std::string::npos);
  }
}

TEST_CASE("check_changes_nothing") {
  std::vector<std::function<void(const CacheDirectory&)>> damages{
      [](const CacheDirectory&) {},
      [](const CacheDirectory& directory) { fs::remove(directory.live()); },
      [](const CacheDirectory& directory) { write_file(directory.live(), "garbage"); },
      [](const CacheDirectory& directory) { write_file(directory.snapshot(), "garbage"); },
      [](const CacheDirectory& directory) { damage_record(directory.snapshot(), key_of(History::kInBothSnapshots)); },
      [](const CacheDirectory& directory) { damage_record(directory.live(), key_of(History::kOnlyLive)); },
      [](const CacheDirectory& directory) { MappedFile(directory.live()).header().retired = 1; },
      [](const CacheDirectory& directory) { fs::remove(directory.lock()); },
  };
  for (const Distrusted& distrust : distrusted()) {
    damages.emplace_back([&](const CacheDirectory& directory) { distrust.make(directory.live()); });
  }
  for (const auto& damage : damages) {
    const History history;
    damage(history.directory);
    const auto before = everything_in(history.path());
    REQUIRE(check(history.path()).has_value());
    CHECK(everything_in(history.path()) == before);
  }
}

TEST_CASE("repair_of_a_sound_directory_changes_nothing") {
  const History history;
  const auto before = everything_in(history.path());
  const RecoveryReport report = repair(history.path()).value();
  CHECK_FALSE(report.damaged);
  CHECK_FALSE(report.rebuilt);
  CHECK(report.entries_kept == history.expected.size());
  CHECK(everything_in(history.path()) == before);
}

TEST_CASE("repair_of_an_empty_directory_is_nothing_to_do") {
  const TempDir temp;
  const RecoveryReport report = repair(temp.path()).value();
  CHECK_FALSE(report.damaged);
  CHECK_FALSE(report.rebuilt);
  CHECK(report.entries_kept == 0);
}

TEST_CASE("repair_leaves_a_sound_directory_a_fresh_snapshot_and_what_it_set_aside") {
  for (const Distrusted& distrust : distrusted()) {
    CAPTURE(distrust.name);
    const History history;
    distrust.make(history.directory.live());
    const RecoveryReport report = repair(history.path()).value();
    CHECK(report.rebuilt);
    CHECK(report.entries_kept == history.expected.size());
    CHECK(report.quarantined.size() == (is_set_aside(distrust) ? 1 : 0));
    for (const std::string& file : report.quarantined) CHECK(fs::exists(history.path() / file));
    const RecoveryReport after = check(history.path()).value();
    CHECK_FALSE(after.damaged);
    CHECK_FALSE(after.rebuild_needed);
    fs::remove(history.directory.live());
    CHECK(contents_of(history.path()) == history.expected);
  }
}

TEST_CASE("a_live_index_that_is_missing_empty_or_garbage_costs_only_what_came_after_the_snapshot") {
  const std::vector<std::function<void(const fs::path&)>> damages{
      [](const fs::path& live) { fs::remove(live); },
      [](const fs::path& live) { fs::resize_file(live, 0); },
      [](const fs::path& live) {
        std::mt19937_64 random(7);
        std::string garbage(fs::file_size(live), '\0');
        for (char& byte : garbage) byte = static_cast<char>(random());
        write_file(live, garbage);
      },
  };
  for (const auto& damage : damages) {
    const History history;
    damage(history.directory.live());
    CHECK(contents_of(history.path()) == history.flushed);
  }
}

TEST_CASE("a_live_index_cut_off_anywhere_keeps_the_snapshot_and_the_records_before_the_cut") {
  for (const double part : {0.0001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.9999}) {
    CAPTURE(part);
    const History history;
    const auto size = static_cast<double>(fs::file_size(history.directory.live()));
    fs::resize_file(history.directory.live(), static_cast<std::uintmax_t>(size * part));
    const CapturedLog log;
    const Contents contents = contents_of(history.path());
    for (const auto& [key, artifact] : contents) CHECK(is_whole(key, artifact));
    for (const auto& [key, artifact] : history.flushed) CHECK((contents.contains(key) || key == key_of(History::kRemoved)));
    CHECK(quarantined_in(history.directory) == 1);
    CHECK(log.warned_of("index.live"));
  }
}

TEST_CASE("damaged_records_of_a_live_index_are_misses_and_repair_takes_what_the_snapshot_has") {
  const History history;
  damage_record(history.directory.live(), key_of(History::kInBothSnapshots));
  damage_record(history.directory.live(), key_of(History::kOnlyLive));
  {
    const ArtifactStore store = open_at(history.path());
    CHECK_FALSE(store.find(key_of(History::kInBothSnapshots)));
    CHECK_FALSE(store.find(key_of(History::kOnlyLive)));
    CHECK(store.find(key_of(History::kOverwritten)));
  }
  const RecoveryReport found = check(history.path()).value();
  CHECK(found.damaged);
  CHECK(found.findings.front().lost == 2);
  CHECK(repair(history.path()).value().rebuilt);
  Contents expected = history.expected;
  expected.erase(key_of(History::kOnlyLive));
  CHECK(contents_of(history.path()) == expected);
}

TEST_CASE("a_live_index_with_overwritten_buckets_is_rebuilt_by_the_next_insert") {
  const History history;
  ArtifactStore store = open_at(history.path());
  {
    const MappedFile file(history.directory.live());
    const std::size_t buckets = file.header().extent_offset + sizeof(format::ExtentHeader);
    std::ranges::fill(file.bytes().subspan(buckets, map_array_bytes(file.header().map_buckets)), std::byte{0x50});
  }
  CHECK_FALSE(store.find(key_of(History::kOnlyLive)));
  CHECK(store.load_all().empty());
  const CapturedLog log;
  REQUIRE(store.insert("key", artifact_of("key", 5)));
  Contents expected = history.expected;
  expected["key"] = artifact_of("key", 5);
  CHECK(contents_of(store) == expected);
  CHECK(quarantined_in(history.directory) == 1);
  CHECK(log.warned_of("damage found"));
}

TEST_CASE("counts_that_cannot_be_are_damage_that_the_next_insert_mends") {
  for (format::Word format::Counts::*count : {&format::Counts::entries, &format::Counts::live_bytes}) {
    const History history;
    ArtifactStore store = open_at(history.path());
    (MappedFile(history.directory.live()).header().counts.*count) |= std::uint64_t{1} << 50;
    Contents expected = history.expected;
    expected["key"] = artifact_of("key", 5);
    REQUIRE(store.insert("key", expected["key"]));
    CHECK(contents_of(store) == expected);
  }
}

TEST_CASE("a_live_index_that_others_can_write_or_that_is_a_symlink_or_somebody_elses_is_refused_and_left_alone") {
  std::vector<std::function<void(const fs::path&)>> reasons{
      [](const fs::path& live) { REQUIRE(::chmod(live.c_str(), 0660) == 0); },
      [](const fs::path& live) { REQUIRE(::chmod(live.c_str(), 0602) == 0); },
      [](const fs::path& live) {
        fs::rename(live, live.string() + ".elsewhere");
        fs::create_symlink(live.string() + ".elsewhere", live);
      },
  };
  if (::geteuid() == 0) {
    reasons.emplace_back([](const fs::path& live) { REQUIRE(::chown(live.c_str(), 4242, 4242) == 0); });
  } else {
    WARN("skipped: only root can give a file away");
  }
  for (const auto& reason : reasons) {
    const History history;
    reason(history.directory.live());
    const auto before = everything_in(history.path());
    CHECK(ArtifactStore::open(history.path(), manual_flush()).error().error == Error::directory_untrusted);
    CHECK(ArtifactStore::open(history.path(), read_only()).error().error == Error::directory_untrusted);
    CHECK(check(history.path()).error().error == Error::directory_untrusted);
    CHECK(repair(history.path()).error().error == Error::directory_untrusted);
    CHECK(everything_in(history.path()) == before);
  }
}

TEST_CASE("a_read_only_store_makes_do_with_the_snapshot_where_the_live_index_cannot_be_trusted") {
  for (const Distrusted& distrust : distrusted()) {
    CAPTURE(distrust.name);
    const History history;
    distrust.make(history.directory.live());
    const auto before = everything_in(history.path());
    CHECK(contents_of(ArtifactStore::open(history.path(), read_only()).value()) == history.flushed);
    CHECK(everything_in(history.path()) == before);
  }
}

TEST_CASE("removed_entries_stay_removed_although_the_snapshot_still_has_them") {
  const History history;
  REQUIRE(history.flushed.contains(key_of(History::kRemoved)));
  copy_over_itself(history.directory.live());
  CHECK_FALSE(open_at(history.path()).find(key_of(History::kRemoved)));
}

TEST_CASE("a_removal_survives_a_renewal_before_the_next_snapshot") {
  const TempDir temp;
  const CacheDirectory directory(temp.cache());
  OpenOptions tiny = manual_flush();
  tiny.initial_segment_bytes = 1;
  {
    ArtifactStore store = ArtifactStore::open(temp.cache(), tiny).value();
    REQUIRE(store.insert("gone", artifact_of("gone", 1)));
    REQUIRE(store.flush());
    REQUIRE(store.remove("gone"));
    const std::uint64_t renewals = store.stats().renewals;
    for (std::uint64_t i = 0; store.stats().renewals < renewals + 2; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  }
  copy_over_itself(directory.live());
  CHECK_FALSE(open_at(temp.cache()).find("gone"));
}

TEST_CASE("what_was_inserted_after_a_recovery_wins_over_everything_before") {
  const History history;
  copy_over_itself(history.directory.live());
  Contents expected = history.expected;
  {
    ArtifactStore store = open_at(history.path());
    for (std::uint64_t i = 0; i < 25; ++i) {
      expected[key_of(i)] = artifact_of(key_of(i), 5000 + i);
      REQUIRE(store.insert(key_of(i), expected[key_of(i)]));
    }
  }
  copy_over_itself(history.directory.live());
  CHECK(contents_of(history.path()) == expected);
}

TEST_CASE("statistics_come_through_a_recovery") {
  const History history;
  open_at(history.path()).count_hit(7);
  const Stats before = open_at(history.path()).stats();
  copy_over_itself(history.directory.live());
  const Stats after = open_at(history.path()).stats();
  CHECK(after.hits == 7);
  CHECK(after.inserts == before.inserts);
  CHECK(after.removes == before.removes);
  CHECK(after.flushes_done == 2);
  CHECK(after.generation == before.generation + 1);
  CHECK(after.snapshot_entries == history.flushed.size());
}

TEST_CASE("half_made_files_of_killed_processes_are_harmless_and_go") {
  const History history;
  const fs::path outside = history.path().parent_path() / "outside";
  write_file(outside, "not to be touched");
  write_file(history.path() / kLiveTemporary, "half made");
  fs::create_symlink(outside, history.path() / kSnapshotTemporary);
  fs::remove(history.directory.live());
  ArtifactStore store = open_at(history.path());
  CHECK(contents_of(store) == history.flushed);
  REQUIRE(store.flush());
  CHECK_FALSE(fs::exists(history.path() / kLiveTemporary));
  CHECK_FALSE(fs::is_symlink(history.path() / kSnapshotTemporary));
  CHECK(read_file(outside) == "not to be touched");
}
