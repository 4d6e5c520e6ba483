// The power goes at any moment of a flush, a renewal, a recovery or the storing of payloads. In every state that the disk may then be in, what
// had been flushed is there, nothing is torn, and the directory can be used.
#include <zccache/artifact_store.hpp>
#include <zccache/payload_store.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "process/disk_record.hpp"
#include "process/tracee.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKeys = 8;

/// Which generations of each key may be found; absent stands for the key not being there.
using Allowed = std::map<std::string, std::vector<std::optional<std::uint64_t>>>;

/// Keys 0 to 5 as of a flush, then key 1 overwritten, key 2 removed, keys 6 and 7 new.
void prepare(const fs::path& dir) {
  ArtifactStore store = open_small(dir);
  REQUIRE(store.insert("older", artifact_of("older", 1)));
  REQUIRE(store.flush());
  for (std::uint64_t i = 0; i < 6; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
  REQUIRE(store.flush());
  REQUIRE(store.insert(key_of(1), artifact_of(key_of(1), 101)));
  REQUIRE(store.remove(key_of(2)).value());
  for (std::uint64_t i = 6; i < kKeys; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
}

/// What a power loss may leave of that: at least what was flushed.
Allowed flushed_or_newer() {
  return {{"older", {1}},   {key_of(0), {0}}, {key_of(1), {1, 101}},          {key_of(2), {2, std::nullopt}}, {key_of(3), {3}},
          {key_of(4), {4}}, {key_of(5), {5}}, {key_of(6), {std::nullopt, 6}}, {key_of(7), {std::nullopt, 7}}};
}

/// What may be left once a flush of it was acknowledged.
Allowed all_of_it() {
  return {{"older", {1}},   {key_of(0), {0}}, {key_of(1), {101}}, {key_of(2), {std::nullopt}}, {key_of(3), {3}}, {key_of(4), {4}},
          {key_of(5), {5}}, {key_of(6), {6}}, {key_of(7), {7}}};
}

bool is_allowed(const ArtifactStore& store, const Allowed& allowed) {
  return std::ranges::all_of(allowed, [&](const auto& entry) {
    const auto& [key, generations] = entry;
    const auto found = store.get(key);
    const auto generation = found ? std::optional(found->stored_at_secs) : std::nullopt;
    return (!found || is_whole(key, *found)) && std::ranges::find(generations, generation) != generations.end();
  });
}

/// The directory works, and goes on working after a flush.
bool is_sound(const fs::path& dir, const Allowed& allowed) {
  auto store = ArtifactStore::open(dir, small_index());
  if (!store || !is_allowed(*store, allowed) || store->size() != store->load_all().size()) return false;
  if (!store->insert("after", artifact_of("after", 1)) || !store->flush()) return false;
  fs::remove(dir / "index.live");
  const auto restored = ArtifactStore::open(dir, small_index());
  return restored && is_allowed(*restored, allowed) && restored->get("after") == artifact_of("after", 1);
}

struct Scenario {
  std::function<void(const fs::path& dir)> prepare;
  std::function<bool(const fs::path& dir)> act;
  std::function<bool(const fs::path& dir, bool done)> sound;
};

DiskRecord record_scenario(const fs::path& root, const Scenario& scenario) {
  scenario.prepare(root / "cache");
  return record(root, [&] {
    begin_watching();
    const bool done = scenario.act(root / "cache");
    end_watching();
    return done ? 0 : 1;
  });
}

/// How many states there are, and how many of them are not sound.
struct Outcome {
  std::size_t states = 0;
  std::size_t bad = 0;
};

Outcome lose_power(const DiskRecord& record, const Scenario& scenario, std::size_t torn) {
  Outcome outcome;
  PowerLoss loss(record, {"cache/index.live"}, 1);
  loss.for_each_state(torn, [&](const Tree& state, std::size_t steps_done) {
    const MemoryDir after;
    state.write_to(after.path() / "root");
    const bool sound = scenario.sound(after.path() / "root" / "cache", steps_done == record.steps.size());
    if (!sound) INFO("unsound");
    ++outcome.states;
    outcome.bad += sound ? 0 : 1;
  });
  return outcome;
}

void lose_power_everywhere(const Scenario& scenario, std::size_t torn = 4) {
  const MemoryDir temp;
  const DiskRecord recorded = record_scenario(temp.path(), scenario);
  const Outcome outcome = lose_power(recorded, scenario, torn);
  WARN(outcome.states << " states of the disk in " << recorded.steps.size() << " steps");
  CHECK(outcome.bad == 0);
  CHECK(outcome.states > recorded.steps.size());
}

Scenario flush_scenario() {
  return {.prepare = prepare,
          .act = [](const fs::path& dir) { return open_small(dir).flush().has_value(); },
          .sound = [](const fs::path& dir, bool done) { return is_sound(dir, done ? all_of_it() : flushed_or_newer()); }};
}

}  // namespace

TEST_CASE("a_power_loss_in_a_flush_leaves_the_old_or_the_new_snapshot_whole") { lose_power_everywhere(flush_scenario()); }

TEST_CASE("without_its_fsyncs_a_flush_could_lose_both_snapshots") {
  // Shows that the states above are hard enough to notice.
  const MemoryDir temp;
  const Scenario scenario = flush_scenario();
  DiskRecord recorded = record_scenario(temp.path(), scenario);
  for (DiskStep& step : recorded.steps) step.synced_file.reset();
  CHECK(lose_power(recorded, scenario, 4).bad > 0);
}

TEST_CASE("a_power_loss_after_the_first_flush_of_a_new_directory_loses_nothing_of_it") {
  lose_power_everywhere({.prepare = [](const fs::path&) {},
                         .act =
                             [](const fs::path& dir) {
                               ArtifactStore store = open_small(dir);
                               return store.insert("first", artifact_of("first", 1)) && store.flush();
                             },
                         .sound =
                             [](const fs::path& dir, bool done) {
                               return is_sound(dir, done ? Allowed{{"first", {1}}} : Allowed{{"first", {1, std::nullopt}}});
                             }});
}

TEST_CASE("a_power_loss_in_a_renewal_leaves_what_was_flushed") {
  lose_power_everywhere({.prepare = prepare,
                         .act =
                             [](const fs::path& dir) {
                               Artifact large = artifact_of(key_of(7), 7);
                               large.stderr_bytes.assign(40'000, 'x');
                               ArtifactStore store = open_small(dir);
                               return store.insert("large", large) && store.stats().generation == 2;
                             },
                         .sound = [](const fs::path& dir, bool /*done*/) { return is_sound(dir, flushed_or_newer()); }});
}

TEST_CASE("a_power_loss_after_a_clear_brings_nothing_back") {
  lose_power_everywhere({.prepare = prepare,
                         .act = [](const fs::path& dir) { return open_small(dir).clear().has_value(); },
                         .sound =
                             [](const fs::path& dir, bool done) {
                               Allowed allowed = flushed_or_newer();
                               for (auto& [key, generations] : allowed) {
                                 if (done) generations.clear();
                                 generations.emplace_back(std::nullopt);
                               }
                               return is_sound(dir, allowed);
                             }});
}

TEST_CASE("a_power_loss_in_a_recovery_loses_nothing_that_was_flushed") {
  const auto restored_elsewhere = [](const fs::path& dir) {
    prepare(dir);
    fs::copy_file(dir / "index.live", dir / "copy");
    fs::rename(dir / "copy", dir / "index.live");
  };
  lose_power_everywhere({.prepare = restored_elsewhere,
                         .act = [](const fs::path& dir) { return open_small(dir).flush().has_value(); },
                         .sound = [](const fs::path& dir, bool done) { return is_sound(dir, done ? all_of_it() : flushed_or_newer()); }});
}

TEST_CASE("a_power_loss_in_the_recovery_from_a_damaged_snapshot_keeps_the_one_before_it") {
  const auto damage_the_newest = [](const fs::path& dir) {
    prepare(dir);
    fs::remove(dir / "index.live");
    fs::resize_file(dir / "index.snap", 10);
  };
  lose_power_everywhere({.prepare = damage_the_newest,
                         .act = [](const fs::path& dir) { return open_small(dir).flush().has_value(); },
                         .sound =
                             [](const fs::path& dir, bool /*done*/) {
                               return is_sound(dir, {{"older", {1}}});
                             }});
}

TEST_CASE("a_power_loss_while_payloads_are_stored_makes_misses_and_never_wrong_bytes") {
  const std::string old_bytes(9000, 'o');
  const std::string new_bytes(10000, 'n');
  const std::string key = key_of(1);
  const auto put = [&](const fs::path& dir, const std::string& bytes) {
    ArtifactStore store = open_small(dir);
    const fs::path source = dir.parent_path() / "foo.o";
    write_file(source, bytes);
    const OutputFile output{.name = "foo.o", .path = source};
    return PayloadStore(store).put(key, std::span(&output, 1), {}, {}) && store.flush();
  };
  const auto sound = [&](const fs::path& dir, bool /*done*/) {
    auto store = ArtifactStore::open(dir, small_index());
    if (!store) return false;
    const fs::path target = dir.parent_path() / "restored.o";
    const OutputFile wanted{.name = "foo.o", .path = target};
    const auto restored = PayloadStore(*store).restore(store->find(key), std::span(&wanted, 1));
    if (!restored) return false;
    const std::string bytes = read_file(target);
    return *restored == Restored::hit ? bytes == old_bytes || bytes == new_bytes : !fs::exists(target) && put(dir, new_bytes);
  };
  lose_power_everywhere({.prepare = [&](const fs::path& dir) { REQUIRE(put(dir, old_bytes)); },
                         .act = [&](const fs::path& dir) { return put(dir, new_bytes); },
                         .sound = sound});
}
