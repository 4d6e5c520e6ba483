// Processes that are stopped at a bad moment: a writer in the middle of a change, a reader in the middle of a lookup while the index is
// renewed.
#include <zccache/artifact_store.hpp>

#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "catch.hpp"
#include "process/children.hpp"
#include "process/kill_points.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

OpenOptions impatient() {
  OpenOptions options = small_index();
  options.lock_timeout = std::chrono::milliseconds(1);
  return options;
}

ArtifactStore open_impatient(const fs::path& dir) { return ArtifactStore::open(dir, impatient()).value(); }

const Artifact kOld = artifact_of("key", 1);
const Artifact kNew = artifact_of("key", 2);

/// A child that overwrites the key.
const Scenario kOverwrite{.prepare = [](const fs::path& dir) { REQUIRE(open_impatient(dir).insert("key", kOld)); },
                          .body =
                              [](const fs::path& dir) {
                                ArtifactStore store = open_impatient(dir);
                                begin_watching();
                                const bool done = store.insert("key", kNew).has_value();
                                end_watching();
                                return done ? 0 : 1;
                              },
                          .check = {}};

/// A child that looks the key up while others renew.
int find_in_child(const fs::path& dir) {
  const ArtifactStore store = ArtifactStore::open(dir, read_only()).value();
  begin_watching();
  const auto found = store.get("key");
  end_watching();
  return found == kOld || found == kNew ? 0 : 1;
}

void renew_under_it(const fs::path& dir) {
  ArtifactStore store = open_impatient(dir);
  const std::uint64_t generation = store.stats().generation;
  REQUIRE(store.insert("key", kNew));
  Artifact large = artifact_of("large", 1);
  large.stderr_bytes.assign(60'000, 'x');
  REQUIRE(store.insert("large", large));
  REQUIRE(store.stats().generation > generation);
}

struct Work {
  std::atomic<std::uint64_t> writes, reads, failed;
  std::atomic<bool> stop;
};

}  // namespace

TEST_CASE("a_writer_stopped_in_any_state_of_a_change_hinders_no_reader_and_finishes_when_it_goes_on") {
  for (const KillPoint point : states_of(kOverwrite)) {
    const MemoryDir temp;
    kOverwrite.prepare(temp.cache());
    Tracee writer([&] { return kOverwrite.body(temp.cache()); });
    REQUIRE(stop_at(writer, temp.cache(), point));
    const auto seen = ArtifactStore::open(temp.cache(), read_only()).value().get("key");
    REQUIRE((seen == kOld || seen == kNew));
    ArtifactStore other = open_impatient(temp.cache());
    const auto inserted = other.insert("other", artifact_of("other", 1));
    REQUIRE((inserted || inserted.error().error == Error::lock_timeout));
    REQUIRE(writer.finish() == 0);
    REQUIRE(other.get("key") == kNew);
    REQUIRE(other.get("other").has_value() == inserted.has_value());
    REQUIRE(other.size() == (inserted ? 2U : 1U));
  }
}

TEST_CASE("a_reader_stopped_anywhere_in_a_lookup_across_a_renewal_finds_the_entry") {
  for (KillPoint point;; point.units += 101) {
    const MemoryDir temp;
    kOverwrite.prepare(temp.cache());
    Tracee reader([&] { return find_in_child(temp.cache()); });
    const bool stopped = stop_at(reader, temp.cache(), point, Unit::instruction);
    if (stopped) renew_under_it(temp.cache());
    REQUIRE(reader.finish() == 0);
    if (stopped) continue;
    CHECK(point.units > 500);
    return;
  }
}

TEST_CASE("a_reader_and_a_writer_stopped_for_a_minute", "[.][full]") {
  const TempDir temp;
  const Shared<Work> shared;
  REQUIRE(ArtifactStore::open(temp.cache(), manual_flush()).value().insert("key", kOld));
  Child writer([&] {
    ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
    for (std::uint64_t i = 0; !shared->stop; ++i) {
      shared->failed += store.insert(key_of(i % 100), artifact_of(key_of(i % 100), i)) ? 0 : 1;
      ++shared->writes;
    }
    return 0;
  });
  Child reader([&] {
    const ArtifactStore store = ArtifactStore::open(temp.cache(), read_only()).value();
    for (; !shared->stop; ++shared->reads) shared->failed += store.get("key") ? 0 : 1;
    return 0;
  });
  const auto wait_for_both = [&](std::uint64_t more) {
    for (const std::uint64_t writes = shared->writes, reads = shared->reads; shared->writes < writes + more || shared->reads < reads + more;) {
      std::this_thread::yield();
    }
  };
  wait_for_both(100);
  for (const Child* child : {&writer, &reader}) {
    child->send(SIGSTOP);
    child->wait_until_stopped();
  }
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  std::uint64_t inserted = 0;
  std::uint64_t refused = 0;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1); std::chrono::steady_clock::now() < end;) {
    const auto outcome = store.insert("key", artifact_of("key", 1 + inserted));
    REQUIRE((outcome || outcome.error().error == Error::lock_timeout));
    ++(outcome ? inserted : refused);
    REQUIRE(store.get("key"));
    if (inserted % 1000 == 1) REQUIRE(store.flush());
  }
  WARN("while they were stopped: " << inserted << " inserts, " << refused << " refused");
  writer.send(SIGCONT);
  reader.send(SIGCONT);
  wait_for_both(100);
  shared->stop = true;
  CHECK(writer.reap() == 0);
  CHECK(reader.reap() == 0);
  CHECK(shared->failed == 0);
  CHECK(store.size() == store.load_all().size());
}

// Without it, who pauses the whole suite for a while would make a kill at every instruction fail.
TEST_CASE("a_traced_process_that_somebody_stops_and_continues_goes_on") {
  const MemoryDir temp;
  kOverwrite.prepare(temp.cache());
  Tracee writer([&] { return kOverwrite.body(temp.cache()); });
  const auto pause = [&] {
    for (const int signal : {SIGSTOP, SIGCONT}) REQUIRE(::kill(writer.pid(), signal) == 0);
  };
  pause();
  REQUIRE(writer.step());
  pause();
  REQUIRE(writer.next_call());
  pause();
  REQUIRE(writer.finish_call() >= 0);
  CHECK(writer.finish() == 0);
}
