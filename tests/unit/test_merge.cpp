// Many entries as one change.
#include <zccache/artifact_store.hpp>

#include <map>

#include "catch.hpp"
#include "process/children.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

using Entries = std::map<std::string, Artifact>;

ArtifactStore open_at(const std::filesystem::path& dir) { return ArtifactStore::open(dir, manual_flush()).value(); }

ArtifactStore::EntrySource source_of(const Entries& entries) {
  return [&entries](const auto& visit) {
    for (const auto& [key, artifact] : entries) {
      if (!visit(key, artifact)) return;
    }
  };
}

Entries all_of(const ArtifactStore& store) {
  Entries all;
  for (auto& [key, artifact] : store.load_all()) all.emplace(key, std::move(artifact));
  return all;
}

Entries numbered(std::uint64_t from, std::uint64_t to) {
  Entries entries;
  for (std::uint64_t i = from; i < to; ++i) entries.emplace(key_of(i), artifact_of(key_of(i), 100 + i));
  return entries;
}

}  // namespace

TEST_CASE("merged_entries_are_all_there_for_every_store_and_after_a_restart") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  const auto other = open_at(dir.cache());
  REQUIRE(store.insert_many(numbered(0, 10)).value() == 10);
  const auto merged = store.merge(source_of(numbered(10, 5000))).value();
  CHECK(merged.added == 4990);
  CHECK(merged.replaced + merged.kept == 0);
  CHECK(all_of(other) == numbered(0, 5000));
  CHECK(store.stats().inserts == 5000);
  CHECK(store.insert("later", artifact_of("later", 1)).has_value());
  CHECK(store.flush().has_value());
  std::filesystem::remove(dir.cache() / "index.live");
  CHECK(open_at(dir.cache()).size() == 5001);
}

TEST_CASE("a_merge_replaces_older_entries_only") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  REQUIRE(store.insert("old", artifact_of("old", 10)));
  REQUIRE(store.insert("same", artifact_of("same", 20)));
  REQUIRE(store.insert("newer", artifact_of("newer", 30)));
  const Entries entries{{"old", artifact_of("old", 20)}, {"same", artifact_of("same", 20)}, {"newer", artifact_of("newer", 20)}};
  std::vector<std::string> placed;
  const auto merged = store.merge(source_of(entries), [&](std::string_view key, const Artifact&) -> result<void> {
    placed.emplace_back(key);
    return {};
  });
  REQUIRE(merged.has_value());
  CHECK(merged->added == 0);
  CHECK(merged->replaced == 1);
  CHECK(merged->kept == 2);
  CHECK(placed == std::vector<std::string>{"old"});
  CHECK(store.get("old") == artifact_of("old", 20));
  CHECK(store.get("newer") == artifact_of("newer", 30));
}

TEST_CASE("a_merge_that_changes_nothing_renews_nothing") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  REQUIRE(store.insert_many(numbered(0, 3)));
  const auto before = store.stats();
  CHECK(store.merge(source_of(numbered(0, 3))).value().kept == 3);
  CHECK(store.merge(source_of({})).value().kept == 0);
  CHECK(store.stats().generation == before.generation);
}

TEST_CASE("a_removed_key_comes_back_by_a_merge_and_stays_after_a_restart") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  REQUIRE(store.insert_many(numbered(0, 2)));
  REQUIRE(store.flush());
  REQUIRE(store.remove(key_of(0)).value());
  CHECK(store.merge(source_of(numbered(0, 1))).value().added == 1);
  CHECK(all_of(store) == numbered(0, 2));
  REQUIRE(store.flush());
  std::filesystem::remove(dir.cache() / "index.live");
  CHECK(all_of(open_at(dir.cache())) == numbered(0, 2));
}

TEST_CASE("one_bad_entry_and_none_goes_in") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  Entries entries = numbered(0, 100);
  entries.emplace("bad/key", Artifact{});
  const auto merged = store.merge(source_of(entries));
  REQUIRE(merged.has_error());
  CHECK(merged.error().error == Error::invalid_key);
  CHECK(store.empty());
}

TEST_CASE("a_payload_that_cannot_be_placed_ends_the_merge_and_none_goes_in") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  REQUIRE(store.insert("there", artifact_of("there", 1)));
  int calls = 0;
  const auto merged = store.merge(source_of(numbered(0, 100)), [&](std::string_view key, const Artifact&) -> result<void> {
    if (++calls == 50) return Failure{Error::no_space, std::string(key)};
    return {};
  });
  REQUIRE(merged.has_error());
  CHECK(merged.error().error == Error::no_space);
  CHECK(calls == 50);
  CHECK(all_of(store) == Entries{{"there", artifact_of("there", 1)}});
}

TEST_CASE("a_merge_that_is_killed_leaves_none_of_its_entries") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  REQUIRE(store.insert_many(numbered(0, 10)));
  for (const int last : {1, 50, 90}) {
    Child child([&] {
      int calls = 0;
      (void)open_at(dir.cache()).merge(source_of(numbered(10, 100)), [&](std::string_view, const Artifact&) -> result<void> {
        if (++calls == last) ::raise(SIGKILL);
        return {};
      });
      return 0;
    });
    CHECK(child.reap() == 128 + SIGKILL);
    CHECK(all_of(store) == numbered(0, 10));
  }
  CHECK(store.merge(source_of(numbered(10, 100))).value().added == 90);
  CHECK(all_of(store) == numbered(0, 100));
}

TEST_CASE("a_merge_into_a_read_only_store_is_refused") {
  const TempDir dir;
  { auto store = open_at(dir.cache()); }
  auto reader = ArtifactStore::open(dir.cache(), read_only()).value();
  CHECK(reader.merge(source_of(numbered(0, 1))).error().error == Error::read_only);
}

TEST_CASE("a_source_that_gives_more_the_second_time_is_refused_and_none_goes_in") {
  const TempDir dir;
  auto store = open_at(dir.cache());
  std::uint64_t count = 1;
  const auto merged = store.merge([&](const auto& visit) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!visit(key_of(i), artifact_of(key_of(i), i))) return;
    }
    count = 1'000'000;
  });
  REQUIRE(merged.has_error());
  CHECK(store.empty());
}
