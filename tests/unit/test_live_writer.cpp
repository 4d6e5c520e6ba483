// What a writer that was killed leaves behind, and that the next one sets it right.
#include "live/live_writer.hpp"

#include <zccache/inspect.hpp>

#include <functional>
#include <map>
#include <string>

#include "history.hpp"
#include "store/write_transaction.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

struct CountsThen {
  std::uint64_t entries, live_bytes, last_sequence, inserts, removes;
};
CountsThen counts_of(const format::Counts& counts) {
  return {counts.entries, counts.live_bytes, counts.last_sequence, counts.inserts, counts.removes};
}
void restore(format::Counts& counts, const CountsThen& then) {
  counts.entries = then.entries;
  counts.live_bytes = then.live_bytes;
  counts.last_sequence = then.last_sequence;
  counts.inserts = then.inserts;
  counts.removes = then.removes;
}

/// The live index of a store, seen as a killed writer would have left it.
struct Scene {
  TempDir temp;
  ArtifactStore store = open_at(temp.cache());
  MappedFile file{temp.cache() / "index.live"};

  Scene() { REQUIRE(store.insert("first", artifact_of("first", 1))); }

  /// As if the last change had been killed after its slot was stored and before its counts were: `before` is what they were.
  void kill_after_publishing(const CountsThen& before) const {
    restore(file.header().counts, before);
    file.header().dirty = 1;
  }
  /// As if it had been killed before its slot was stored.
  void kill_before_publishing(const CountsThen& before, const format::RecordHeader* old) const {
    kill_after_publishing(before);
    *reinterpret_cast<Slot*>(file.bytes().data() + file.header().pending.slot_offset) = old;
  }
};

}  // namespace

TEST_CASE("an_insert_that_was_published_when_its_writer_was_killed_is_counted_by_the_next_change") {
  Scene scene;
  ArtifactStore& store = scene.store;
  const CountsThen before = counts_of(scene.file.header().counts);
  REQUIRE(store.insert("second", artifact_of("second", 2)));
  const CountsThen after = counts_of(scene.file.header().counts);
  scene.kill_after_publishing(before);
  CHECK(store.find("second"));
  CHECK_FALSE(store.remove("absent").value());
  CHECK(scene.file.header().dirty == 0);
  CHECK(store.size() == 2);
  CHECK(store.stats().inserts == 2);
  CHECK(store.stats().live_bytes == after.live_bytes);
  CHECK(scene.file.header().counts.last_sequence == after.last_sequence);
}

TEST_CASE("an_insert_that_was_not_published_when_its_writer_was_killed_did_not_happen") {
  Scene scene;
  ArtifactStore& store = scene.store;
  const CountsThen before = counts_of(scene.file.header().counts);
  REQUIRE(store.insert("second", artifact_of("second", 2)));
  scene.kill_before_publishing(before, nullptr);
  CHECK_FALSE(store.find("second"));
  REQUIRE(store.insert("third", artifact_of("third", 3)));
  CHECK(scene.file.header().dirty == 0);
  CHECK(store.size() == 2);
  CHECK(contents_of(store).size() == 2);
  CHECK(store.stats().inserts == 2);
  CHECK(scene.file.header().counts.last_sequence == before.last_sequence + 2);  // the number of the second is not given away again
  REQUIRE(store.insert("second", artifact_of("second", 4)));                    // into the node that was left
  CHECK(store.size() == 3);
}

TEST_CASE("an_overwrite_that_was_not_published_leaves_the_old_entry") {
  Scene scene;
  ArtifactStore& store = scene.store;
  const CountsThen before = counts_of(scene.file.header().counts);
  const format::RecordHeader* old = scene.file.record_of("first");
  REQUIRE(store.insert("first", artifact_of("first", 2)));
  scene.kill_before_publishing(before, old);
  CHECK(store.get("first") == artifact_of("first", 1));
  CHECK_FALSE(store.remove("absent").value());
  CHECK(store.size() == 1);
  CHECK(store.stats().live_bytes == before.live_bytes);
}

TEST_CASE("what_is_done_after_an_overwrite_that_did_not_happen_is_newer_than_it_after_a_restart") {
  const std::map<std::string, std::function<void(ArtifactStore&)>> later = {
      {"remove", [](ArtifactStore& store) { REQUIRE(store.remove("first").value()); }},
      {"overwrite", [](ArtifactStore& store) { REQUIRE(store.insert("first", artifact_of("first", 3))); }},
      {"clear", [](ArtifactStore& store) { REQUIRE(store.clear()); }},
      {"merge",
       [](ArtifactStore& store) {
         Artifact newer = artifact_of("first", 3);
         newer.stored_at_secs += 1'000'000;
         REQUIRE(store.merge([&](const auto& visit) { visit("first", newer); }).has_value());
       }},
  };
  for (const auto& [name, change] : later) {
    CAPTURE(name);
    Scene scene;
    const CountsThen before = counts_of(scene.file.header().counts);
    const format::RecordHeader* old = scene.file.record_of("first");
    Artifact killed = artifact_of("first", 2);
    killed.stored_at_secs += 3600;  // of two records with one number, recovery takes the one that was used later
    REQUIRE(scene.store.insert("first", killed));
    scene.kill_before_publishing(before, old);
    change(scene.store);
    const Contents expected = contents_of(scene.store);
    copy_over_itself(scene.temp.cache() / "index.live");
    CHECK(contents_of(scene.temp.cache()) == expected);
  }
}

TEST_CASE("a_removal_is_settled_as_an_insert_is") {
  for (const bool published : {true, false}) {
    CAPTURE(published);
    Scene scene;
    ArtifactStore& store = scene.store;
    const CountsThen before = counts_of(scene.file.header().counts);
    const format::RecordHeader* old = scene.file.record_of("first");
    REQUIRE(store.remove("first").value());
    if (published) {
      scene.kill_after_publishing(before);
    } else {
      scene.kill_before_publishing(before, old);
    }
    REQUIRE(store.insert("other", artifact_of("other", 1)));
    CHECK(store.find("first").operator bool() == !published);
    CHECK(store.size() == (published ? 1 : 2));
    CHECK(store.stats().removes == (published ? 1 : 0));
  }
}

TEST_CASE("a_pending_change_of_garbage_is_dropped") {
  Scene scene;
  ArtifactStore& store = scene.store;
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{8}, ~std::uint64_t{7}}) {
    scene.file.header().pending.slot_offset = offset;
    scene.file.header().pending.record_offset = offset;
    scene.file.header().pending.after.entries = 1000;
    scene.file.header().dirty = 1;
    CHECK_FALSE(store.remove("absent").value());
    CHECK(store.size() == 1);
    CHECK(scene.file.header().dirty == 0);
  }
}

TEST_CASE("a_pending_change_is_settled_before_the_index_is_cleared_or_renewed") {
  Scene scene;
  ArtifactStore& store = scene.store;
  const CountsThen before = counts_of(scene.file.header().counts);
  REQUIRE(store.insert("second", artifact_of("second", 2)));
  scene.kill_after_publishing(before);
  CHECK(store.clear().value() == 2);
  CHECK(store.stats().removes == 2);
}

TEST_CASE("readers_go_on_with_a_retired_index_at_its_path_and_the_next_writer_with_it") {
  const History history;
  const std::uint64_t generation = inspect(history.path()).value().generation;
  {
    const MappedFile file(history.directory.live());
    file.header().retired = 1;
    file.header().shared.hits = 5 | format::kDrained;
  }
  const ArtifactStore reader = ArtifactStore::open(history.path(), read_only()).value();
  CHECK(contents_of(reader) == history.expected);
  CHECK(inspect(history.path()).value().retired);

  ArtifactStore writer = open_at(history.path());
  REQUIRE(writer.insert("key", artifact_of("key", 1)));
  const SegmentDump dump = inspect(history.path()).value();
  CHECK_FALSE(dump.retired);
  CHECK(dump.generation == generation);
  CHECK(writer.stats().hits == 5);
  Contents expected = history.expected;
  expected["key"] = artifact_of("key", 1);
  CHECK(contents_of(writer) == expected);
  CHECK(contents_of(reader) == expected);
}

TEST_CASE("a_lookup_or_a_count_of_whoever_may_write_reinstates_an_index_that_a_killed_writer_retired") {
  for (const bool counts : {true, false}) {
    Scene scene;
    scene.store.count_hit(5);
    scene.file.header().retired = 1;
    scene.file.header().shared.hits |= format::kDrained;
    if (counts) {
      scene.store.count_hit();
    } else {
      CHECK(scene.store.find("first"));
    }
    CHECK(scene.file.header().retired == 0);
    CHECK(scene.file.header().shared.hits == (counts ? 6 : 5));
  }
}

TEST_CASE("a_retired_index_is_left_alone_while_its_writer_lives") {
  Scene scene;
  ArtifactStore other = open_at(scene.temp.cache());
  {
    const auto lock = WriteTransaction::begin(other).value();
    scene.file.header().retired = 1;
    CHECK(scene.store.find("first"));
    scene.store.count_hit();
    CHECK(scene.file.header().retired == 1);
  }
  CHECK(scene.store.find("first"));
  CHECK(scene.file.header().retired == 0);
}

TEST_CASE("what_is_counted_while_the_counters_are_closed_is_added_to_the_next_count_or_at_the_end") {
  for (const bool counts_again : {true, false}) {
    Scene scene;
    ArtifactStore other = open_at(scene.temp.cache());
    {
      const auto lock = WriteTransaction::begin(other).value();
      scene.file.header().retired = 1;
      for (format::Word* word : {&scene.file.header().shared.hits, &scene.file.header().shared.host[3]}) *word |= format::kDrained;
      scene.store.count_hit(2);
      scene.store.count(3, 4);
    }
    if (counts_again) scene.store.count_hit();
    scene.store = open_at(scene.temp.cache());
    CHECK(scene.store.stats().hits == (counts_again ? 3 : 2));
    CHECK(scene.store.stats().host[3] == 4);
  }
}

TEST_CASE("a_pending_change_in_a_retired_index_is_settled_by_the_next_writer") {
  Scene scene;
  ArtifactStore& store = scene.store;
  const CountsThen before = counts_of(scene.file.header().counts);
  REQUIRE(store.insert("second", artifact_of("second", 2)));
  scene.kill_after_publishing(before);
  scene.file.header().retired = 1;
  REQUIRE(store.insert("third", artifact_of("third", 3)));
  CHECK(store.size() == 3);
  CHECK(contents_of(store).size() == 3);
  CHECK(store.stats().inserts == 3);
}
