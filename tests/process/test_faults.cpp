// Each system call of an operation fails once, with each error, and so does each of the recovery from that. The operation either succeeds or
// says that it did not; tried again it succeeds; and nothing that was there before is lost, set aside, or left lying about.
#include <zccache/artifact_store.hpp>
#include <zccache/payload_store.hpp>
#include <zccache/recovery.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "process/faults.hpp"
#include "support.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBystanders = 10;

/// Entries that are in a snapshot, and entries that are not.
void fill(const fs::path& dir) {
  ArtifactStore store = open_small(dir);
  for (std::uint64_t i = 0; i < kBystanders; ++i) {
    REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
    if (i == kBystanders / 2) REQUIRE(store.flush());
  }
}

void restore_from_elsewhere(const fs::path& dir) {
  fs::copy_file(dir / "index.live", dir / "copy");
  fs::rename(dir / "copy", dir / "index.live");
}

bool bystanders_are_there(const ArtifactStore& store) {
  for (std::uint64_t i = 0; i < kBystanders; ++i) {
    if (store.get(key_of(i)) != artifact_of(key_of(i), i)) return false;
  }
  return true;
}

enum Exit { kDone, kFailedCleanly, kFailedAgain, kThrew, kLeaked };

/// What is tried. The session is what it needs beside the directory, made before anything fails.
struct Work {
  std::function<void(const fs::path& dir)> prepare;
  /// Opens what it needs; what it returns is tried, and tried again where it fails.
  std::function<std::function<bool()>(const fs::path& dir)> start;
  std::function<bool(const fs::path& dir)> happened;
};

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

/// In the child: a try in which something fails, and one in which nothing does.
int try_twice(const std::function<bool()>& attempt) {
  const std::size_t descriptors = open_descriptors();
  bool first = false;
  begin_watching();
  try {
    first = attempt();
  } catch (const std::bad_alloc&) {  // what the library may throw
  } catch (...) {
    return kThrew;
  }
  end_watching();
  const std::size_t allowed = 2;  // the two that a store keeps for its locks
  if (open_descriptors() > descriptors + allowed) return kLeaked;
  if (first) return kDone;
  return attempt() ? kFailedCleanly : kFailedAgain;
}

/// Nothing but the files of a cache directory, and nothing set aside: nothing was damaged.
std::vector<std::string> strangers(const fs::path& dir) {
  static const std::set<std::string> kKnown{"index.live",           "index.lock",    "index.snap", "index.snap.prev",
                                            ".index.snap.prev.tmp", "index.history", "objects"};
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename();
    if (!kKnown.contains(name) && !is_index_temporary(name)) found.push_back(name);
  }
  return found;
}

void check_afterwards(const fs::path& dir, const Work& work) {
  REQUIRE(strangers(dir).empty());
  ArtifactStore store = open_small(dir);
  REQUIRE(bystanders_are_there(store));
  REQUIRE(work.happened(dir));
  REQUIRE(store.insert("after", artifact_of("after", 1)));
  REQUIRE(store.size() == store.load_all().size());
  REQUIRE_FALSE(check(dir).value().damaged);
  REQUIRE(store.flush());
  fs::remove(dir / "index.live");
  REQUIRE(bystanders_are_there(open_small(dir)));
  REQUIRE(work.happened(dir));
}

/// A store that opens without an entry that it had has no excuse.
void require_bystanders(const ArtifactStore& store) {
  if (!bystanders_are_there(store)) throw std::runtime_error("entries are lost");
}

bool open_and_look(const fs::path& dir) {
  auto store = ArtifactStore::open(dir, small_index());
  if (store) require_bystanders(*store);
  return store && store->insert("successor", artifact_of("successor", 1)) && store->flush();
}

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t failed_cleanly = 0;
};

std::string describe(const char* where, const FaultyRun& run, Fault fault, std::uint64_t n) {
  return std::string(where) + ": " + name_of(fault) + " at call " + std::to_string(n) + ", number " +
         (run.hit ? std::to_string(run.hit->number) : "none") + ", exit " + std::to_string(run.exit_code);
}

/// The work with each call failing in turn, with each error.
Tally fail_each_call(const Work& work) {
  Tally tally;
  for (const Fault fault : kFaults) {
    for (std::uint64_t n = 0;; ++n) {
      const MemoryDir temp;
      work.prepare(temp.cache());
      const FaultyRun run = run_with_fault([&] { return try_twice(work.start(temp.cache())); }, n, fault);
      INFO(describe("in the work", run, fault, n));
      REQUIRE(run.exit_code <= kFailedCleanly);
      check_afterwards(temp.cache(), work);
      if (!run.hit) break;
      ++tally.runs;
      tally.failed_cleanly += run.exit_code == kFailedCleanly ? 1 : 0;
    }
  }
  return tally;
}

/// A process whose `n`th call fails and that gives up, then one that recovers from that and whose every call fails in turn.
Tally fail_each_call_twice(const Work& work) {
  Tally tally;
  for (const Fault fault : kFaults) {
    for (std::uint64_t n = 0, m = 0;;) {
      const MemoryDir temp;
      work.prepare(temp.cache());
      const auto once = [&] {
        const auto attempt = work.start(temp.cache());
        begin_watching();
        (void)attempt();
        end_watching();
        return 0;
      };
      const FaultyRun first = run_with_fault(once, n, fault);
      if (!first.hit) break;
      const FaultyRun second = run_with_fault([&] { return try_twice([&] { return open_and_look(temp.cache()); }); }, m, fault);
      INFO(describe("in the work", first, fault, n));
      INFO(describe("in the recovery", second, fault, m));
      REQUIRE(first.exit_code == 0);
      REQUIRE(second.exit_code <= kFailedCleanly);
      REQUIRE(strangers(temp.cache()).empty());
      REQUIRE(bystanders_are_there(open_small(temp.cache())));
      if (second.hit) {
        ++tally.runs;
        tally.failed_cleanly += second.exit_code == kFailedCleanly ? 1 : 0;
        ++m;
      } else {
        ++n;
        m = 0;
      }
    }
  }
  return tally;
}

/// An operation on an open store.
Work on_a_store(std::function<bool(ArtifactStore&)> act, std::function<bool(const fs::path&)> happened) {
  return {.prepare = fill,
          .start =
              [act = std::move(act)](const fs::path& dir) {
                const auto store = std::make_shared<ArtifactStore>(open_small(dir));
                return [store, act] { return act(*store); };
              },
          .happened = std::move(happened)};
}

const auto kAlways = [](const fs::path&) { return true; };

Work insertion() {
  return on_a_store([](ArtifactStore& store) { return store.insert("new", artifact_of("new", 1)).has_value(); },
                    [](const fs::path& dir) { return open_small(dir).get("new") == artifact_of("new", 1); });
}

Work insertion_that_asks_for_blocks() {
  Work work = insertion();
  work.prepare = [](const fs::path& dir) {
    fill(dir);
    use_up_blocks(dir);
  };
  return work;
}

Work removal() {
  Work work = on_a_store([](ArtifactStore& store) { return store.remove("gone").has_value(); },
                         [](const fs::path& dir) { return !open_small(dir).find("gone"); });
  work.prepare = [](const fs::path& dir) {
    fill(dir);
    REQUIRE(open_small(dir).insert("gone", artifact_of("gone", 1)));
  };
  return work;
}

Work renewal() {
  Artifact large = artifact_of("large", 1);
  large.stderr_bytes.assign(40'000, 'x');
  return on_a_store([large](ArtifactStore& store) { return store.insert("large", large).has_value(); },
                    [large](const fs::path& dir) { return open_small(dir).get("large") == large; });
}

Work flushing() {
  return on_a_store([](ArtifactStore& store) { return store.flush().has_value(); }, kAlways);
}

Work recovery() {
  return {.prepare =
              [](const fs::path& dir) {
                fill(dir);
                restore_from_elsewhere(dir);
              },
          .start = [](const fs::path& dir) { return [dir] { return open_and_look(dir); }; },
          .happened = [](const fs::path& dir) { return open_small(dir).get("successor") == artifact_of("successor", 1); }};
}

/// The same where the live file is of another version, and a reader still has it mapped: it must get to know.
Work recovery_beside_a_reader() {
  const auto reader = std::make_shared<std::optional<ArtifactStore>>();
  Work work = recovery();
  work.prepare = [reader](const fs::path& dir) {
    fill(dir);
    reader->emplace(ArtifactStore::open(dir, read_only()).value());
    const MappedFile file(dir / "index.live");
    file.header().version += 1;
  };
  work.happened = [reader](const fs::path& dir) {
    const bool told = !*reader || (*reader)->get("successor") == artifact_of("successor", 1);
    reader->reset();  // once, before the live file is removed
    return told && open_small(dir).get("successor") == artifact_of("successor", 1);
  };
  return work;
}

Work read_only_use() {
  return {.prepare = fill,
          .start =
              [](const fs::path& dir) {
                return [dir] {
                  const auto store = ArtifactStore::open(dir, read_only());
                  if (store) require_bystanders(*store);
                  return store.has_value();
                };
              },
          .happened = kAlways};
}

Work payload() {
  return {.prepare = fill,
          .start =
              [](const fs::path& dir) {
                const auto store = std::make_shared<ArtifactStore>(open_small(dir));
                write_file(dir.parent_path() / "in.o", std::string(5000, 'p'));
                return [store, dir] {
                  PayloadStore payloads(*store);
                  const OutputFile in{.name = "foo.o", .path = dir.parent_path() / "in.o"};
                  const OutputFile out{.name = "foo.o", .path = dir.parent_path() / "out.o"};
                  if (!payloads.put(key_of(99), std::span(&in, 1), {}, {})) return false;
                  const auto restored = payloads.restore(store->find(key_of(99)), std::span(&out, 1));
                  return restored && *restored == Restored::hit;
                };
              },
          .happened =
              [](const fs::path& dir) {
                return open_small(dir).get(key_of(99)) && read_file(dir.parent_path() / "out.o") == std::string(5000, 'p');
              }};
}

void fail_some(const Work& work) {
  const Tally tally = fail_each_call(work);
  WARN(tally.runs << " calls that failed; the operation said so " << tally.failed_cleanly << " times");
  CHECK(tally.runs > 5);
}

void fail_all(const Work& work) {
  const Tally once = fail_each_call(work);
  const Tally twice = fail_each_call_twice(work);
  WARN(once.runs << " calls that failed, and " << twice.runs << " pairs of such a call and one of the recovery from it; said so "
                 << once.failed_cleanly << " and " << twice.failed_cleanly << " times");
}

}  // namespace

TEST_CASE("an_insert_in_which_a_system_call_fails_loses_nothing_and_can_be_repeated") { fail_some(insertion()); }
TEST_CASE("an_insert_that_asks_for_blocks_and_in_which_a_system_call_fails_loses_nothing_and_can_be_repeated") {
  fail_some(insertion_that_asks_for_blocks());
}
TEST_CASE("a_remove_in_which_a_system_call_fails_loses_nothing_and_can_be_repeated") { fail_some(removal()); }
TEST_CASE("a_renewal_in_which_a_system_call_fails_loses_nothing_and_can_be_repeated") { fail_some(renewal()); }
TEST_CASE("a_flush_in_which_a_system_call_fails_loses_nothing_and_can_be_repeated") { fail_some(flushing()); }
TEST_CASE("a_recovery_in_which_a_system_call_fails_loses_nothing_and_can_be_repeated") { fail_some(recovery()); }
TEST_CASE("a_recovery_in_which_a_system_call_fails_leaves_no_reader_behind") { fail_some(recovery_beside_a_reader()); }
TEST_CASE("a_read_only_use_in_which_a_system_call_fails_finds_everything_or_says_so") { fail_some(read_only_use()); }
TEST_CASE("payloads_stored_and_restored_while_a_system_call_fails_are_right_or_refused") { fail_some(payload()); }

TEST_CASE("every_call_of_an_insert_fails_and_every_call_of_its_recovery", "[.][full]") { fail_all(insertion()); }
TEST_CASE("every_call_of_an_insert_that_asks_for_blocks_fails_and_every_call_of_its_recovery", "[.][full]") {
  fail_all(insertion_that_asks_for_blocks());
}
TEST_CASE("every_call_of_a_remove_fails_and_every_call_of_its_recovery", "[.][full]") { fail_all(removal()); }
TEST_CASE("every_call_of_a_renewal_fails_and_every_call_of_its_recovery", "[.][full]") { fail_all(renewal()); }
TEST_CASE("every_call_of_a_flush_fails_and_every_call_of_its_recovery", "[.][full]") { fail_all(flushing()); }
TEST_CASE("every_call_of_a_recovery_fails_and_every_call_of_its_recovery", "[.][full]") { fail_all(recovery()); }
TEST_CASE("every_call_of_payloads_fails_and_every_call_of_its_recovery", "[.][full]") { fail_all(payload()); }
