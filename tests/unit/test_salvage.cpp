// Snapshots that are damaged, missing or of another version: the best of what is left.
#include "recovery/salvage.hpp"

#include "captured_log.hpp"
#include "history.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

/// Makes a snapshot one of the next version, with everything about it right.
void raise_version(const fs::path& snapshot) {
  const MappedFile file(snapshot);
  auto& header = *reinterpret_cast<format::SnapshotHeader*>(file.bytes().data());
  header.version += 1;
  header.checksum = format::checksum64(&header, offsetof(format::SnapshotHeader, checksum));
}

/// The quarantined file whose name begins with `name`.
fs::path set_aside_as(const CacheDirectory& directory, const std::string& name) {
  for (const auto& file : fs::directory_iterator(directory.quarantine())) {
    if (file.path().filename().string().starts_with(name + ".1")) return file.path();  // a stamp follows
  }
  return {};
}

}  // namespace

TEST_CASE("without_a_live_index_the_snapshot_is_the_index") {
  const History history;
  fs::remove(history.directory.live());
  const CapturedLog log;
  CHECK(contents_of(history.path()) == history.flushed);
  CHECK(log.warnings() == 0);
}

TEST_CASE("without_live_index_and_snapshot_the_previous_snapshot_is_the_index") {
  const History history;
  fs::remove(history.directory.live());
  fs::remove(history.directory.snapshot());
  CHECK(contents_of(history.path()) == history.previous);
}

TEST_CASE("a_record_damaged_in_the_snapshot_is_taken_from_the_previous_one") {
  const History history;
  fs::remove(history.directory.live());
  damage_record(history.directory.snapshot(), key_of(History::kInBothSnapshots));
  damage_record(history.directory.snapshot(), key_of(History::kOnlyInNewestSnapshot));
  const std::string damaged = read_file(history.directory.snapshot());
  const CapturedLog log;
  Contents expected = history.flushed;
  expected.erase(key_of(History::kOnlyInNewestSnapshot));
  CHECK(contents_of(history.path()) == expected);
  CHECK(log.warned_of("damage found; kept 19 entries"));
  CHECK(read_file(set_aside_as(history.directory, "index.snap")) == damaged);
}

TEST_CASE("a_damaged_snapshot_does_not_hide_what_the_live_file_has") {
  const History history;
  copy_over_itself(history.directory.live());
  damage_record(history.directory.snapshot(), key_of(History::kInBothSnapshots));
  damage_record(history.directory.snapshot(), key_of(History::kOnlyInNewestSnapshot));
  CHECK(contents_of(history.path()) == history.expected);
}

TEST_CASE("a_snapshot_that_is_garbage_is_set_aside_and_the_rest_serves") {
  const History history;
  fs::remove(history.directory.live());
  write_file(history.directory.snapshot(), "garbage");
  const CapturedLog log;
  CHECK(contents_of(history.path()) == history.previous);
  CHECK(read_file(set_aside_as(history.directory, "index.snap")) == "garbage");
  CHECK(log.warned_of("index.snap"));
}

TEST_CASE("two_damaged_snapshots_give_what_is_whole_in_either") {
  const History history;
  fs::remove(history.directory.live());
  damage_record(history.directory.snapshot(), key_of(0));
  damage_record(history.directory.snapshot(), key_of(History::kInBothSnapshots));
  damage_record(history.directory.previous_snapshot(), key_of(0));
  Contents expected = history.flushed;
  expected.erase(key_of(0));
  CHECK(contents_of(history.path()) == expected);
  CHECK_FALSE(set_aside_as(history.directory, "index.snap").empty());
  CHECK_FALSE(set_aside_as(history.directory, "index.snap.prev").empty());
}

TEST_CASE("an_index_of_nothing_but_garbage_starts_empty_with_a_warning") {
  const History history;
  write_file(history.directory.live(), std::string(100'000, 'l'));
  write_file(history.directory.snapshot(), "s");
  write_file(history.directory.previous_snapshot(), "");
  const CapturedLog log;
  ArtifactStore store = open_at(history.path());
  CHECK(store.empty());
  CHECK(log.warned_of("damage found; kept 0 entries"));
  CHECK_FALSE(set_aside_as(history.directory, "index.live").empty());
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  REQUIRE(store.flush());
  fs::remove(history.directory.live());
  CHECK(open_at(history.path()).find("key"));
}

TEST_CASE("a_snapshot_of_a_newer_version_is_set_aside_and_never_deleted") {
  const History history;
  fs::remove(history.directory.live());
  raise_version(history.directory.snapshot());
  const std::string newer = read_file(history.directory.snapshot());
  const CapturedLog log;
  ArtifactStore store = open_at(history.path());
  CHECK(contents_of(store) == history.previous);
  CHECK(log.warned_of("index.snap was set aside"));
  REQUIRE(store.flush());
  REQUIRE(store.flush());
  CHECK(read_file(set_aside_as(history.directory, "index.snap")) == newer);
}

TEST_CASE("a_snapshot_of_another_version_is_reported_as_such") {
  const History history;
  raise_version(history.directory.snapshot());
  const RecoveryReport report = check(history.path()).value();
  CHECK(report.damaged);
  CHECK_FALSE(report.rebuild_needed);
  CHECK(report.to_text().find("index.snap: other_version") != std::string::npos);
}

TEST_CASE("a_damaged_snapshot_beside_a_sound_live_index_costs_nothing_at_all") {
  const History history;
  damage_record(history.directory.snapshot(), key_of(History::kInBothSnapshots));
  {
    const CapturedLog log;
    CHECK(contents_of(history.path()) == history.expected);
    CHECK(log.warnings() == 0);
  }
  CHECK(check(history.path()).value().damaged);
  const RecoveryReport report = repair(history.path()).value();
  CHECK(report.entries_kept == history.expected.size());
  CHECK(report.quarantined.size() == 1);
  CHECK_FALSE(check(history.path()).value().damaged);
  fs::remove(history.directory.live());
  CHECK(contents_of(history.path()) == history.expected);
}

TEST_CASE("repair_of_a_damaged_snapshot_does_not_bring_back_what_was_removed_long_ago") {
  const TempDir temp;
  const CacheDirectory directory(temp.cache());
  OpenOptions tiny = manual_flush();
  tiny.initial_segment_bytes = 1;
  {
    ArtifactStore store = ArtifactStore::open(temp.cache(), tiny).value();
    REQUIRE(store.insert("gone", artifact_of("gone", 1)));
    REQUIRE(store.flush());  // the previous snapshot has it,
    REQUIRE(store.remove("gone"));
    REQUIRE(store.flush());  // the newest does not,
    const std::uint64_t renewals = store.stats().renewals;
    for (std::uint64_t i = 0; store.stats().renewals < renewals + 2; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  }  // and the live index has forgotten that there was something to remove
  write_file(directory.snapshot(), "garbage");
  REQUIRE(repair(temp.cache()).has_value());
  CHECK_FALSE(open_at(temp.cache()).find("gone"));
}

TEST_CASE("a_symlink_in_the_place_of_a_snapshot_is_not_followed") {
  const History history;
  const fs::path outside = history.path().parent_path() / "outside";
  fs::rename(history.directory.snapshot(), outside);
  fs::create_symlink(outside, history.directory.snapshot());
  fs::remove(history.directory.live());
  CHECK(contents_of(history.path()) == history.previous);
}
