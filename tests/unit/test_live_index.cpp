// Lookups in a live index that this process has looked in before, and the room that the file takes on the disk.
#include "live/live_index.hpp"

#include <sys/stat.h>

#include "history.hpp"

using namespace zccache;
using namespace zccache::test;

TEST_CASE("a_link_that_goes_a_few_bytes_astray_after_its_record_was_checked_leads_to_nothing") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  // Read from eight bytes on, the sizes of these texts are the size of the key, and more outputs than the file has bytes.
  Artifact artifact = artifact_of("key", 1);
  artifact.stdout_bytes.assign(std::size_t{3} << 16, 'o');
  artifact.stderr_bytes.assign(std::size_t{1} << 24, 'e');
  REQUIRE(store.insert("key", artifact));
  REQUIRE(store.find("key"));
  const MappedFile file{temp.cache() / "index.live"};
  auto& slot = *reinterpret_cast<std::atomic<std::int64_t>*>(file.bytes().data() + file.header().pending.slot_offset);
  const std::int64_t right = slot;
  for (std::int64_t astray = -64; astray <= 64; ++astray) {
    CAPTURE(astray);
    slot = right + astray;
    CHECK(static_cast<bool>(store.find("key")) == (astray == 0));
  }
  slot = right;
}

namespace {

std::uint64_t blocks_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

Artifact large_artifact() {
  Artifact artifact = artifact_of("large", 0);
  artifact.stdout_bytes.assign(100'000, 'o');
  return artifact;
}

}  // namespace

TEST_CASE("a_live_file_takes_room_on_the_disk_as_it_fills_and_says_how_much") {
  const TempDir temp;
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = std::size_t{32} << 20;
  ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
  const std::uint64_t at_first = store.stats().segment_bytes;
  CHECK(at_first <= 8 << 20);
  for (std::uint64_t i = 0; i < 200; ++i) REQUIRE(store.insert(key_of(i), large_artifact()));
  CHECK(store.stats().renewals == 0);
  CHECK(store.stats().segment_bytes > at_first);
  CHECK(store.stats().segment_bytes >= store.stats().live_bytes);
  CHECK(std::filesystem::file_size(temp.cache() / "index.live") >= 32 << 20);
  // Every byte that a store may go to has its block.
  CHECK(blocks_of(temp.cache() / "index.live") >= store.stats().segment_bytes);
}

TEST_CASE("an_index_that_is_mostly_garbage_is_renewed_and_does_not_grow") {
  const TempDir temp;
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = std::size_t{32} << 20;
  ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
  const std::uint64_t at_first = store.stats().segment_bytes;
  for (std::uint64_t i = 0; i < 200; ++i) REQUIRE(store.insert("key", large_artifact()));
  CHECK(store.stats().renewals >= 1);
  CHECK(store.stats().segment_bytes <= at_first + (std::uint64_t{4} << 20));
}

TEST_CASE("an_index_whose_count_of_blocks_is_damaged_is_renewed_by_the_next_change") {
  for (const std::uint64_t damaged : {std::uint64_t{0}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    CAPTURE(damaged);
    const TempDir temp;
    ArtifactStore store = open_at(temp.cache());
    REQUIRE(store.insert("before", artifact_of("before", 1)));
    {
      const MappedFile file{temp.cache() / "index.live"};
      reinterpret_cast<format::ExtentHeader*>(file.bytes().data() + file.header().extent_offset)->allocated = damaged;
    }
    CHECK(store.insert("after", artifact_of("after", 2)));
    CHECK(store.stats().renewals == 1);
    CHECK(store.get("before") == artifact_of("before", 1));
    CHECK(store.get("after") == artifact_of("after", 2));
  }
}

TEST_CASE("an_index_whose_counts_are_damaged_to_less_than_there_is_can_be_renewed") {
  const TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  for (std::uint64_t i = 0; i < 5000; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  const std::uint64_t renewals = store.stats().renewals;
  {
    const MappedFile file{temp.cache() / "index.live"};
    file.header().counts.entries = 0;
    file.header().counts.live_bytes = 0;
  }
  for (std::uint64_t i = 5000; i < 50'000 && store.stats().renewals == renewals; ++i) {
    REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  }
  CHECK(store.stats().entries == contents_of(store).size());
  CHECK(store.stats().entries > 5000);
}

TEST_CASE("removals_that_no_snapshot_knows_of_do_not_have_an_index_renewed_again_and_again") {
  const TempDir temp;
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = std::size_t{16} << 20;
  ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
  // Long keys: what a renewal has to keep of a removed entry is most of what it was.
  const auto long_key = [](std::uint64_t i) { return key_of(i) + std::string(900, 'k'); };
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    REQUIRE(store.insert(long_key(i), artifact_of("", i)));
    REQUIRE(store.remove(long_key(i)).value());
  }
  CHECK(store.stats().garbage_bytes > 20 << 20);
  CHECK(store.stats().renewals <= 2);
}

TEST_CASE("an_index_that_is_mostly_garbage_is_renewed_although_a_removal_is_not_flushed_yet") {
  const TempDir temp;
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = std::size_t{4} << 20;
  ArtifactStore store = ArtifactStore::open(temp.cache(), options).value();
  for (std::uint64_t i = 0; i < 4000; ++i) REQUIRE(store.insert(key_of(i % 1000), artifact_of(key_of(i % 1000), i)));
  REQUIRE(store.flush());
  REQUIRE(store.remove(key_of(0)).value());
  REQUIRE(store.stats().renewals == 0);
  REQUIRE(store.stats().garbage_bytes > 2 * store.stats().live_bytes);
  use_up_blocks(temp.cache());
  REQUIRE(store.insert("one more", artifact_of("one more", 1)));
  CHECK(store.stats().renewals == 1);
  CHECK(store.stats().garbage_bytes < store.stats().live_bytes);
  CHECK_FALSE(store.find(key_of(0)));
}
