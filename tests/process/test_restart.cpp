// What a restart, a backup or a move may make of the live file: pages of any age, an older one, another inode.
#include <zccache/artifact_store.hpp>
#include <zccache/recovery.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKeys = 40;

/// The live file and the snapshots at one moment.
struct Moment {
  std::string live, snapshot, previous;

  static Moment of(const CacheDirectory& directory) {
    return {read_file(directory.live()), read_file(directory.snapshot()), read_file(directory.previous_snapshot())};
  }
};

/// Makes a cache directory of these bytes, as it is after a restart of the machine or, with the same boot id, after a restore of the file.
void write_directory(const CacheDirectory& directory, const Moment& snapshots, std::string live, bool restarted) {
  fs::create_directory(directory.path());
  fs::permissions(directory.path(), fs::perms::owner_all);
  write_file(directory.snapshot(), snapshots.snapshot);
  write_file(directory.previous_snapshot(), snapshots.previous);
  write_file(directory.live(), live);
  fs::permissions(directory.live(), fs::perms::owner_read | fs::perms::owner_write);
  const MappedFile file(directory.live());
  if (restarted) file.header().boot_id[0] ^= 1;
  file.seal();
}

std::string mixed_pages(const std::vector<std::string>& versions, std::mt19937_64& random) {
  std::string bytes = versions.back();
  for (std::size_t page = format::kPageBytes; page < bytes.size(); page += format::kPageBytes) {
    bytes.replace(page, format::kPageBytes, versions[random() % versions.size()], page, format::kPageBytes);
  }
  return bytes;
}

/// What may be found: the generation of each key as of the flush, or a later one; `absent` where it was removed after it.
struct Expected {
  std::map<std::string, std::vector<std::uint64_t>> generations;
  std::map<std::string, bool> may_be_absent;
};

bool is_allowed(const ArtifactStore& store, const Expected& expected) {
  return std::ranges::all_of(expected.generations, [&](const auto& entry) {
    const auto found = store.get(entry.first);
    if (!found) return expected.may_be_absent.contains(entry.first);
    return is_whole(entry.first, *found) && std::ranges::find(entry.second, found->stored_at_secs) != entry.second.end();
  });
}

/// A directory with a flush in the middle of its life, and what its live file was at several moments, zeros first.
struct Past {
  TempDir temp;
  CacheDirectory directory{temp.cache()};
  std::vector<std::string> live;
  Moment end;
  Expected expected;

  Past() {
    OpenOptions options = manual_flush();
    options.initial_segment_bytes = 64 << 10;  // one generation
    ArtifactStore store = ArtifactStore::open(directory.path(), options).value();
    const auto insert = [&](std::uint64_t key, std::uint64_t generation) {
      REQUIRE(store.insert(key_of(key), artifact_of(key_of(key), generation)));
      expected.generations[key_of(key)].push_back(generation);
    };
    for (std::uint64_t i = 0; i < kKeys; ++i) insert(i, i);
    live.emplace_back(read_file(directory.live()).size(), '\0');
    live.push_back(read_file(directory.live()));
    REQUIRE(store.flush());
    for (std::uint64_t i = 0; i < kKeys; i += 3) insert(i, 1000 + i);
    live.push_back(read_file(directory.live()));
    for (std::uint64_t i = 1; i < kKeys; i += 3) {
      REQUIRE(store.remove(key_of(i)).value());
      expected.may_be_absent[key_of(i)] = true;
    }
    for (std::uint64_t i = 0; i < kKeys; i += 4) insert(i, 2000 + i);
    live.push_back(read_file(directory.live()));
    end = Moment::of(directory);
    REQUIRE(store.stats().generation == 1);
  }
};

}  // namespace

TEST_CASE("after_a_restart_pages_of_the_live_file_of_any_age_lose_nothing_that_was_flushed") {
  const Past past;
  std::mt19937_64 random(7);
  for (int i = 0; i < 300; ++i) {
    const MemoryDir temp;
    const CacheDirectory directory(temp.cache());
    write_directory(directory, past.end, mixed_pages(past.live, random), true);
    REQUIRE(check(directory.path()).value().findings.front().state == "other_boot");
    ArtifactStore store = open_at(directory.path());
    REQUIRE(is_allowed(store, past.expected));
    REQUIRE(store.size() == store.load_all().size());
    REQUIRE(store.insert("after", artifact_of("after", 1)));
    REQUIRE(store.flush());
    fs::remove(directory.live());
    REQUIRE(is_allowed(open_at(directory.path()), past.expected));
    REQUIRE_FALSE(fs::exists(directory.quarantine()));  // a restart is no damage
  }
}

TEST_CASE("after_a_restart_a_whole_live_file_loses_nothing_at_all") {
  const History history;
  {
    const MappedFile file(history.directory.live());
    file.header().boot_id[0] ^= 1;
    file.seal();
  }
  CHECK(contents_of(history.path()) == history.expected);
}

TEST_CASE("an_older_live_file_restored_from_a_backup_loses_nothing_that_was_flushed") {
  const Past past;
  for (std::size_t age = 1; age < past.live.size(); ++age) {
    const MemoryDir temp;
    const CacheDirectory directory(temp.cache());
    write_directory(directory, past.end, past.live[age], false);
    CHECK(check(directory.path()).value().findings.front().state == "moved");
    CHECK(is_allowed(open_at(directory.path()), past.expected));
  }
}

TEST_CASE("a_copied_directory_has_every_entry_and_goes_its_own_way") {
  const History history;
  ArtifactStore original = open_at(history.path());
  const fs::path copy = history.temp.path() / "copy";
  fs::copy(history.path(), copy, fs::copy_options::recursive);
  fs::permissions(copy, fs::perms::owner_all);
  ArtifactStore store = open_at(copy);
  CHECK(contents_of(store) == history.expected);
  REQUIRE(store.insert("only in the copy", artifact_of("only in the copy", 1)));
  CHECK_FALSE(original.find("only in the copy"));
  CHECK(contents_of(original) == history.expected);
}

TEST_CASE("a_directory_that_is_renamed_keeps_its_live_index") {
  const History history;
  const fs::path elsewhere = history.temp.path() / "elsewhere";
  const ArtifactStore attached = open_at(history.path());
  fs::rename(history.path(), elsewhere);
  CHECK(contents_of(elsewhere) == history.expected);
  CHECK(open_at(elsewhere).stats().generation == attached.stats().generation);
  CHECK(contents_of(attached) == history.expected);
}
