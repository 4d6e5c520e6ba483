// When an entry was last used: noted by who serves it, and carried along by everything that copies entries.
#include "catch.hpp"
#include "history.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

constexpr std::uint64_t kLongAgo = 600'000;
constexpr const char* kKey = "d41d8cd98f00b204";

Artifact stored_long_ago() {
  Artifact artifact = Artifact::from_outputs({"a.o"}, {7});
  artifact.stored_at_secs = kLongAgo;
  return artifact;
}

std::uint64_t now_secs() { return Artifact::from_outputs({}, {}).stored_at_secs; }

/// To the minute.
bool is_used_now(const ArtifactStore& store) {
  const ArtifactView view = store.find(kKey);
  return view && view.used_at_secs() <= now_secs() && view.used_at_secs() + 120 > now_secs();
}

/// A store with an entry that was stored long ago.
struct Used {
  TempDir temp;
  CacheDirectory directory{temp.cache()};
  ArtifactStore store = open_at(temp.cache());
  Used() { REQUIRE(store.insert(kKey, stored_long_ago())); }
};

}  // namespace

TEST_CASE("an_entry_counts_as_used_when_it_was_stored_and_a_lookup_does_not_change_that") {
  const Used used;
  CHECK(used.store.find(kKey).used_at_secs() == kLongAgo);
  CHECK(used.store.get(kKey)->stored_at_secs == kLongAgo);
  CHECK(used.store.find(kKey).used_at_secs() == kLongAgo);
}

TEST_CASE("touch_notes_the_use_of_an_entry_for_every_process_and_leaves_the_rest_of_it_alone") {
  Used used;
  const ArtifactStore other = open_at(used.temp.cache());
  const ArtifactView view = other.find(kKey);
  used.store.touch(kKey);
  CHECK(is_used_now(other));
  CHECK(view.used_at_secs() == other.find(kKey).used_at_secs());
  CHECK(other.get(kKey) == stored_long_ago());
}

TEST_CASE("touching_what_is_not_there_does_nothing") {
  Used used;
  used.store.touch("absent");
  used.store.touch("");
  REQUIRE(used.store.remove(kKey));
  used.store.touch(kKey);
  CHECK(used.store.empty());
}

TEST_CASE("a_read_only_store_notes_no_use") {
  Used used;
  REQUIRE(used.store.flush());
  const bool by_snapshot = GENERATE(false, true);
  if (by_snapshot) std::filesystem::remove(used.directory.live());
  ArtifactStore reader = ArtifactStore::open(used.temp.cache(), read_only()).value();
  reader.touch(kKey);
  CHECK(reader.find(kKey).used_at_secs() == kLongAgo);
}

TEST_CASE("a_renewal_takes_times_of_use_along") {
  Used used;
  used.store.touch(kKey);
  const std::uint64_t generation = used.store.stats().generation;
  for (std::uint64_t i = 0; used.store.stats().generation == generation; ++i) REQUIRE(used.store.insert(key_of(i), artifact_of(key_of(i), i)));
  CHECK(is_used_now(used.store));
}

TEST_CASE("a_snapshot_takes_times_of_use_along") {
  Used used;
  used.store.touch(kKey);
  REQUIRE(used.store.flush());
  std::filesystem::remove(used.directory.live());
  CHECK(is_used_now(ArtifactStore::open(used.temp.cache(), read_only()).value()));
  CHECK(is_used_now(open_at(used.temp.cache())));
}

TEST_CASE("a_use_after_the_last_flush_is_found_in_the_live_file_of_before_a_restart") {
  Used used;
  REQUIRE(used.store.flush());
  used.store.touch(kKey);
  copy_over_itself(used.directory.live());
  CHECK(is_used_now(open_at(used.temp.cache())));
}
