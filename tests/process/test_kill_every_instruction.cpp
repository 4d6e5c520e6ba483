// A child makes one change under ptrace and is killed: after every instruction, or in every state that it ever brings the files into.
// Afterwards another process must find every acknowledged entry, the old or the new value of the one in flight, right counts, and an index that
// can be changed, flushed, and opened from the snapshot. The change may be the process's own, what it does about another that was killed before
// it, or a recovery.
#include <zccache/artifact_store.hpp>
#include <zccache/recovery.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "catch.hpp"
#include "process/kill_points.hpp"
#include "support.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;
using Action = std::function<void(ArtifactStore&)>;

constexpr std::uint64_t kBystanders = 12;

const Artifact kOld = artifact_of("in flight", 10);
const Artifact kNew = artifact_of("in flight", 11);

void nothing(ArtifactStore& /*store*/) {}
void remove_it(ArtifactStore& store) { (void)store.remove("in flight"); }
void insert_old(ArtifactStore& store) { (void)store.insert("in flight", kOld); }
void insert_new(ArtifactStore& store) { (void)store.insert("in flight", kNew); }
void flush(ArtifactStore& store) { (void)store.flush(); }
void insert_old_and_flush(ArtifactStore& store) {
  insert_old(store);
  flush(store);
}

/// An index with entries that are in the snapshot, entries that are not, and what `act` makes.
void fill(const fs::path& dir, const Action& act) {
  ArtifactStore store = open_small(dir);
  for (std::uint64_t i = 0; i < kBystanders; ++i) {
    REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
    if (i == kBystanders / 2) REQUIRE(store.flush());
  }
  act(store);
}

void insert_filler(ArtifactStore& store) { REQUIRE(store.insert("filler", kOld)); }

/// How many changes go into such an index until one renews it.
int changes_until_renewal(const Action& before) {
  const MemoryDir temp;
  fill(temp.cache(), before);
  ArtifactStore store = open_small(temp.cache());
  const std::uint64_t generation = store.stats().generation;
  int changes = 0;
  for (; store.stats().generation == generation; ++changes) insert_filler(store);
  return changes;
}

/// Leaves an index that its next change renews.
void use_up(ArtifactStore& store) {
  static const int kChanges = changes_until_renewal(insert_old);
  insert_old(store);
  for (int i = 1; i < kChanges; ++i) insert_filler(store);
}

/// `act` on an open store whose descriptors are open.
int act_in_child(const fs::path& dir, const Action& act) {
  ArtifactStore store = open_small(dir);
  (void)store.remove("absent");
  begin_watching();
  act(store);
  end_watching();
  return 0;
}

int open_in_child(const fs::path& dir) {
  begin_watching();
  const auto store = ArtifactStore::open(dir, small_index());
  end_watching();
  return store ? 0 : 1;
}

int open_and_change_in_child(const fs::path& dir) {
  begin_watching();
  auto store = ArtifactStore::open(dir, small_index());
  const bool changed = store && store->insert("second", artifact_of("second", 7));
  end_watching();
  return changed ? 0 : 1;
}

/// Of the key in flight.
struct Outcome {
  std::optional<Artifact> before;
  std::optional<Artifact> after;
};

void check_bystanders(const ArtifactStore& store) {
  for (std::uint64_t i = 0; i < kBystanders; ++i) REQUIRE(store.get(key_of(i)) == artifact_of(key_of(i), i));
}

/// At every moment there is a whole snapshot with what was flushed.
void check_snapshot(const fs::path& dir) {
  const MemoryDir elsewhere;
  fs::create_directory(elsewhere.cache());
  fs::permissions(elsewhere.cache(), fs::perms::owner_all);
  fs::copy_file(dir / "index.snap", elsewhere.cache() / "index.snap");
  const ArtifactStore store = ArtifactStore::open(elsewhere.cache(), read_only()).value();
  for (std::uint64_t i = 0; i <= kBystanders / 2; ++i) REQUIRE(store.get(key_of(i)) == artifact_of(key_of(i), i));
}

void check_what_is_left(const fs::path& dir, const Outcome& allowed, bool done) {
  check_snapshot(dir);
  ArtifactStore store = open_small(dir);
  const auto found = store.get("in flight");
  REQUIRE((found == allowed.after || (!done && found == allowed.before)));
  check_bystanders(store);
  REQUIRE(store.insert("next", artifact_of("next", 6)));  // settles what was pending
  REQUIRE(store.size() == store.load_all().size());
  REQUIRE(store.remove("next").value());
  REQUIRE(store.get("in flight") == found);
  REQUIRE_FALSE(check(dir).value().damaged);
  const std::uint64_t live_bytes = store.stats().live_bytes;
  REQUIRE(store.flush());
  fs::remove(dir / "index.live");
  const ArtifactStore restored = open_small(dir);
  REQUIRE(restored.get("in flight") == found);
  REQUIRE_FALSE(restored.find("next"));
  check_bystanders(restored);
  REQUIRE(restored.stats().live_bytes == live_bytes);
  REQUIRE(restored.size() == restored.load_all().size());
}

/// The change `act` on an index that `before` left.
Scenario change(const Action& before, const Action& act, const Outcome& allowed) {
  return {.prepare = [before](const fs::path& dir) { fill(dir, before); },
          .body = [act](const fs::path& dir) { return act_in_child(dir, act); },
          .check = [allowed](const fs::path& dir, bool done) { check_what_is_left(dir, allowed, done); }};
}

/// The first use of an index whose live file `happens` made unfit for use.
Scenario recovery(const Action& before, const std::function<void(const fs::path& live)>& happens) {
  const auto prepare = [before, happens](const fs::path& dir) {
    fill(dir, before);
    happens(dir / "index.live");
  };
  return {.prepare = prepare, .body = open_in_child, .check = [](const fs::path& dir, bool done) {
            check_what_is_left(dir, {kOld, kOld}, done);
          }};
}

void restart(const fs::path& live) {
  const MappedFile file(live);
  file.header().boot_id[0] ^= 1;
  file.seal();
}
void lose(const fs::path& live) { fs::remove(live); }

/// The next change finds no byte more for which the disk has given blocks, but room in the file.
Scenario change_that_grows(const Action& before, const Action& act, const Outcome& allowed) {
  Scenario scenario = change(before, act, allowed);
  scenario.prepare = [before](const fs::path& dir) {
    fill(dir, before);
    use_up_blocks(dir);
  };
  return scenario;
}

std::string state_of_live(const fs::path& dir) { return check(dir).value().findings.front().state; }

/// `first` killed at a point; its successor opens and changes, and is killed in turn.
Scenario successor_of(const Scenario& first, KillPoint point) {
  const auto left = std::make_shared<MemoryDir>();
  leave_killed(first, point, left->cache());
  return {.prepare = [left](const fs::path& dir) { copy_as_original(left->cache(), dir); },
          .body = open_and_change_in_child,
          .check =
              [first](const fs::path& dir, bool done) {
                if (done) REQUIRE(open_small(dir).get("second") == artifact_of("second", 7));
                first.check(dir, false);
              }};
}

/// The successor of one that was killed in the last state in which its live index was as `was` says.
Scenario successor_where(const Scenario& first, const std::function<bool(const format::LiveHeader& header)>& was) {
  const auto wanted = [&](const fs::path& dir) { return was(MappedFile(dir / "index.live").header()); };
  return successor_of(first, states_of(first, wanted).back());
}

/// The slot has its new record, and the counts are still those of before.
bool is_half_changed(const format::LiveHeader& header) {
  return header.dirty != 0 && header.counts.last_sequence != header.pending.after.last_sequence;
}
bool is_retired(const format::LiveHeader& header) { return header.retired != 0; }

const Scenario kFirstInsert = change(nothing, insert_new, {std::nullopt, kNew});
const Scenario kOverwrite = change(insert_old, insert_new, {kOld, kNew});
const Scenario kRemove = change(insert_old, remove_it, {kOld, std::nullopt});
const Scenario kGrowth = change_that_grows(insert_old, insert_new, {kOld, kNew});
const Scenario kRenewal = change(use_up, insert_new, {kOld, kNew});
const Scenario kFlush = change(insert_old, flush, {kOld, kOld});
const Scenario kMoved = recovery(insert_old, copy_over_itself);
const Scenario kRestarted = recovery(insert_old, restart);
const Scenario kLost = recovery(insert_old_and_flush, lose);
Scenario after_a_change() { return successor_where(kOverwrite, is_half_changed); }
Scenario after_a_renewal() { return successor_where(kRenewal, is_retired); }

void kill_in_every_state(const Scenario& scenario) {
  const Tally tally = kill_at_every(Unit::state, scenario);
  WARN(tally);
  CHECK(tally.kills > 10);
}

void look_after_every_instruction(const Scenario& scenario) {
  const Tally tally = check_after_every_instruction(scenario);
  WARN(tally);
  CHECK(tally.kills > 10);
}

void kill_twice(const Scenario& scenario, std::size_t stride) {
  Tally sum;
  const auto points = states_of(scenario);
  for (std::size_t i = 0; i < points.size(); i += stride) {
    const Tally tally = kill_at_every(Unit::state, successor_of(scenario, points[i]));
    sum = {.kills = sum.kills + tally.kills, .calls = sum.calls + tally.calls, .instructions = sum.instructions + tally.instructions};
  }
  WARN(points.size() << " first kills; second: " << sum);
  CHECK(sum.kills > points.size() / stride);
}

}  // namespace

TEST_CASE("a_writer_killed_in_any_state_of_a_first_insert_leaves_the_entry_or_none") { kill_in_every_state(kFirstInsert); }
TEST_CASE("a_writer_killed_in_any_state_of_an_overwrite_leaves_the_old_or_the_new_entry") { kill_in_every_state(kOverwrite); }
TEST_CASE("a_writer_killed_in_any_state_of_a_remove_leaves_the_entry_or_none") { kill_in_every_state(kRemove); }
TEST_CASE("a_writer_killed_in_any_state_of_an_insert_that_asks_for_blocks_leaves_the_old_or_the_new_entry") { kill_in_every_state(kGrowth); }
TEST_CASE("a_writer_killed_in_any_state_of_a_renewal_leaves_every_entry") { kill_in_every_state(kRenewal); }
TEST_CASE("a_flusher_killed_in_any_state_leaves_a_whole_snapshot") { kill_in_every_state(kFlush); }
TEST_CASE("a_process_killed_in_any_state_of_a_recovery_after_a_restart_leaves_every_entry") { kill_in_every_state(kRestarted); }
TEST_CASE("a_process_killed_in_any_state_of_a_recovery_from_a_copy_leaves_every_entry") { kill_in_every_state(kMoved); }
TEST_CASE("a_process_killed_in_any_state_of_a_recovery_from_the_snapshot_leaves_every_entry") { kill_in_every_state(kLost); }
TEST_CASE("a_successor_killed_in_any_state_of_settling_a_change_leaves_every_entry") { kill_in_every_state(after_a_change()); }
TEST_CASE("a_successor_killed_in_any_state_of_reinstating_a_generation_leaves_every_entry") { kill_in_every_state(after_a_renewal()); }
TEST_CASE("a_second_kill_in_the_recovery_from_a_first_loses_nothing_either") { kill_twice(kRestarted, 24); }

// Otherwise what is called settling here would be recoveries.
TEST_CASE("a_copy_of_what_a_killed_process_left_is_taken_for_the_original") {
  const MemoryDir temp;
  after_a_change().prepare(temp.cache());
  CHECK(state_of_live(temp.cache()) == "ok");
  const MemoryDir other;
  after_a_renewal().prepare(other.cache());
  CHECK(state_of_live(other.cache()) == "retired");
}

TEST_CASE("a_key_removed_or_overwritten_after_a_kill_in_any_state_of_an_overwrite_stays_so_after_a_restart") {
  // Used later than what comes after it: of two records with one number, recovery would take this one.
  Artifact killed = artifact_of("in flight", 11);
  killed.stored_at_secs += 3600;
  const Scenario overwrite = change(insert_old, [&](ArtifactStore& store) { (void)store.insert("in flight", killed); }, {});
  const Artifact newest = artifact_of("in flight", 12);
  for (const KillPoint point : states_of(overwrite)) {
    for (const bool removed : {true, false}) {
      const MemoryDir temp;
      leave_killed(overwrite, point, temp.cache());
      {
        ArtifactStore store = open_small(temp.cache());
        REQUIRE((removed ? store.remove("in flight").value() : store.insert("in flight", newest).has_value()));
      }
      restart(temp.cache() / "index.live");
      REQUIRE(open_small(temp.cache()).get("in flight") == (removed ? std::nullopt : std::optional(newest)));
    }
  }
}

TEST_CASE("a_remove_killed_in_any_state_leaves_no_value_that_nobody_stored_after_a_restart") {
  const Scenario remove = change(insert_old, remove_it, {});
  for (const KillPoint point : states_of(remove)) {
    const MemoryDir temp;
    leave_killed(remove, point, temp.cache());
    restart(temp.cache() / "index.live");
    const auto found = open_small(temp.cache()).get("in flight");
    REQUIRE((!found || *found == kOld));
  }
}

TEST_CASE("a_removed_key_stays_removed_after_a_clear_killed_in_any_state_and_a_restart") {
  const auto removed = [](ArtifactStore& store) {
    insert_old_and_flush(store);
    remove_it(store);
  };
  const Scenario clear = change(removed, [](ArtifactStore& store) { (void)store.clear(); }, {});
  for (const KillPoint point : states_of(clear)) {
    const MemoryDir temp;
    leave_killed(clear, point, temp.cache());
    restart(temp.cache() / "index.live");
    REQUIRE_FALSE(open_small(temp.cache()).find("in flight"));
  }
}

// What is left behind after each instruction, also of those that change another file than the live index.
TEST_CASE("after_every_instruction_of_a_renewal_every_entry_is_there") { look_after_every_instruction(kRenewal); }
TEST_CASE("after_every_instruction_of_a_flush_there_is_a_whole_snapshot") { look_after_every_instruction(kFlush); }
TEST_CASE("after_every_instruction_of_a_recovery_after_a_restart_every_entry_is_there") { look_after_every_instruction(kRestarted); }
TEST_CASE("after_every_instruction_of_a_recovery_from_the_snapshot_every_entry_is_there") { look_after_every_instruction(kLost); }
TEST_CASE("after_every_instruction_of_settling_a_change_every_entry_is_there") { look_after_every_instruction(after_a_change()); }
TEST_CASE("after_every_instruction_of_reinstating_a_generation_every_entry_is_there") { look_after_every_instruction(after_a_renewal()); }

// Every instruction, one by one, without the argument that most of them leave the same. Where that would take hours, after every system call
// and then every so many instructions from a seeded start.
TEST_CASE("every_instruction_of_a_first_insert", "[.][full]") { WARN(kill_at_every(Unit::instruction, kFirstInsert)); }
TEST_CASE("every_instruction_of_an_overwrite", "[.][full]") { WARN(kill_at_every(Unit::instruction, kOverwrite)); }
TEST_CASE("every_instruction_of_an_insert_that_asks_for_blocks", "[.][full]") { WARN(kill_at_every(Unit::instruction, kGrowth)); }
TEST_CASE("every_instruction_of_a_remove", "[.][full]") { WARN(kill_at_every(Unit::instruction, kRemove)); }
TEST_CASE("instructions_of_a_renewal", "[.][full]") { WARN(kill_at_every(Unit::instruction, kRenewal, {.stride = 97})); }
TEST_CASE("instructions_of_a_flush", "[.][full]") { WARN(kill_at_every(Unit::instruction, kFlush, {.stride = 97})); }
TEST_CASE("instructions_of_a_recovery", "[.][full]") { WARN(kill_at_every(Unit::instruction, kRestarted, {.stride = 97})); }
TEST_CASE("instructions_of_settling_a_change", "[.][full]") { WARN(kill_at_every(Unit::instruction, after_a_change(), {.stride = 29})); }
TEST_CASE("instructions_of_reinstating_a_generation", "[.][full]") {
  WARN(kill_at_every(Unit::instruction, after_a_renewal(), {.stride = 97}));
}
TEST_CASE("a_second_kill_after_each_state_of_a_first_insert", "[.][full]") { kill_twice(kFirstInsert, 1); }
TEST_CASE("a_second_kill_after_each_state_of_an_overwrite", "[.][full]") { kill_twice(kOverwrite, 1); }
TEST_CASE("a_second_kill_after_each_state_of_an_insert_that_asks_for_blocks", "[.][full]") { kill_twice(kGrowth, 1); }
TEST_CASE("a_second_kill_after_each_state_of_a_remove", "[.][full]") { kill_twice(kRemove, 1); }
TEST_CASE("a_second_kill_after_each_state_of_a_renewal", "[.][full]") { kill_twice(kRenewal, 1); }
TEST_CASE("a_second_kill_after_each_state_of_a_flush", "[.][full]") { kill_twice(kFlush, 1); }
TEST_CASE("a_second_kill_after_each_state_of_a_recovery", "[.][full]") { kill_twice(kRestarted, 1); }
TEST_CASE("a_second_kill_after_each_state_of_a_recovery_from_the_snapshot", "[.][full]") { kill_twice(kLost, 1); }
