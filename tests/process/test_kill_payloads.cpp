// A process is killed in every state of storing payloads for a key that has others: an entry serves its own bytes or none.
#include <zccache/payload_store.hpp>

#include <span>
#include <string>

#include "catch.hpp"
#include "process/kill_points.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

const std::string kOld(5000, 'o');
const std::string kNew(6000, 'n');
const std::string kKey = key_of(1);

ArtifactStore open_at(const fs::path& dir) { return ArtifactStore::open(dir, manual_flush()).value(); }

bool put(ArtifactStore& store, const std::string& bytes) {
  const fs::path source = store.directory().parent_path() / "foo.o";
  write_file(source, bytes);
  const OutputFile output{.name = "foo.o", .path = source};
  return PayloadStore(store).put(kKey, std::span(&output, 1), {}, {}).has_value();
}

/// What is served, or nothing.
std::string restored(ArtifactStore& store) {
  const fs::path target = store.directory().parent_path() / "out.o";
  const OutputFile wanted{.name = "foo.o", .path = target};
  const Restored outcome = PayloadStore(store).restore(store.find(kKey), std::span(&wanted, 1)).value();
  return outcome == Restored::hit ? read_file(target) : std::string();
}

const Scenario kPut{.prepare =
                        [](const fs::path& dir) {
                          ArtifactStore store = open_at(dir);
                          REQUIRE(put(store, kOld));
                        },
                    .body =
                        [](const fs::path& dir) {
                          ArtifactStore store = open_at(dir);
                          begin_watching();
                          const bool done = put(store, kNew);
                          end_watching();
                          return done ? 0 : 1;
                        },
                    .check =
                        [](const fs::path& dir, bool done) {
                          ArtifactStore store = open_at(dir);
                          const std::string served = restored(store);
                          REQUIRE((served == kNew || (!done && (served == kOld || served.empty()))));
                          REQUIRE(put(store, kNew));
                          REQUIRE(restored(store) == kNew);
                        }};

}  // namespace

TEST_CASE("a_process_killed_in_any_state_of_storing_payloads_leaves_its_own_bytes_or_a_miss") {
  const Tally tally = kill_at_every(Unit::state, kPut);
  WARN(tally);
  CHECK(tally.kills > 20);
}

TEST_CASE("after_every_instruction_of_storing_payloads_an_entry_serves_its_own_bytes_or_none") {
  const Tally tally = check_after_every_instruction(kPut);
  WARN(tally);
  CHECK(tally.kills > 20);
}
