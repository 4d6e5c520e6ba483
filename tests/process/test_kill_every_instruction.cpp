// A child makes one change under ptrace, instruction by instruction, and is killed. Afterwards another process must find every acknowledged
// entry, the old or the new value of the one in flight, right counts, and an index that can be changed and flushed.
//
// A kill after an instruction that left the shared file as it was is the same as a kill one instruction earlier: what else there was of the
// process is gone, and its locks with it. So the file is compared after every single instruction, and there is one kill for every state it ever
// was in.
#include <zccache/artifact_store.hpp>
#include <zccache/recovery.hpp>

#include <sys/ptrace.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "catch.hpp"
#include "process/children.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

using Action = std::function<void(ArtifactStore&)>;

/// A child that opens the store, stops itself, acts, and stops itself again.
Child traced_child(const std::filesystem::path& dir, const Action& act) {
  return Child([&] {
    ArtifactStore store = ArtifactStore::open(dir, manual_flush()).value();
    (void)store.insert("warm", artifact_of("warm", 1));  // opening descriptors is behind it
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    act(store);
    ::raise(SIGSTOP);
    return 0;
  });
}

bool is_stopped_by(int status, int signal) { return WIFSTOPPED(status) && WSTOPSIG(status) == signal; }

/// The bytes of the live index, as every process sees them.
class SharedBytes {
 public:
  explicit SharedBytes(const std::filesystem::path& dir) : mapping_(ReadOnlyMapping::map(dir / "index.live").value()) {}
  /// Whether they differ from what they were at the last call.
  bool changed() {
    const auto now = mapping_.bytes();
    if (now.size() == last_.size() && std::memcmp(now.data(), last_.data(), now.size()) == 0) return false;  // after every instruction: fast
    last_.assign(now.begin(), now.end());
    return true;
  }

 private:
  ReadOnlyMapping mapping_;
  std::vector<std::byte> last_;
};

/// Lets the child run until its first instruction, after its stop, that makes the `nth` new state of the file, and kills it there. Whether it
/// was done before.
bool kill_in_state(Child child, const std::filesystem::path& dir, int nth) {
  int status = 0;
  ::waitpid(child.pid(), &status, 0);
  REQUIRE(is_stopped_by(status, SIGSTOP));
  SharedBytes bytes(dir);
  bytes.changed();
  for (int states = 0; states < nth;) {
    REQUIRE(::ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0);
    ::waitpid(child.pid(), &status, 0);
    if (is_stopped_by(status, SIGSTOP)) return true;
    REQUIRE(is_stopped_by(status, SIGTRAP));
    states += bytes.changed() ? 1 : 0;
  }
  child.kill_and_reap();
  return false;
}

struct Outcome {
  std::optional<Artifact> before;  // of the key in flight
  std::optional<Artifact> after;
};

void check_after_kill(const std::filesystem::path& dir, const Outcome& allowed) {
  ArtifactStore store = ArtifactStore::open(dir, manual_flush()).value();
  const auto found = store.get("in flight");
  REQUIRE((found == allowed.before || found == allowed.after));
  REQUIRE(store.get("bystander") == artifact_of("bystander", 5));
  REQUIRE(store.insert("next", artifact_of("next", 6)));  // settles what was pending
  REQUIRE(store.size() == store.load_all().size());
  REQUIRE(store.remove("next").value());
}

OpenOptions small_index() {
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = 64 << 10;
  return options;
}

void kill_everywhere(const Action& prepare, const Action& act, const Outcome& allowed) {
  int states = 0;
  for (bool done = false; !done; ++states) {
    const TempDir temp;
    {
      ArtifactStore store = ArtifactStore::open(temp.cache(), small_index()).value();
      REQUIRE(store.insert("bystander", artifact_of("bystander", 5)));
      prepare(store);
    }
    done = kill_in_state(traced_child(temp.cache(), act), temp.cache(), states);
    check_after_kill(temp.cache(), allowed);
    ArtifactStore store = ArtifactStore::open(temp.cache(), small_index()).value();
    if (done) CHECK(store.get("in flight") == allowed.after);
    CHECK(store.stats().renewals == 0);  // a kill makes nobody renew
    CHECK_FALSE(check(temp.cache()).value().damaged);
    REQUIRE(store.flush());
    const auto kept = store.get("in flight");
    std::filesystem::remove(temp.cache() / "index.live");
    CHECK(ArtifactStore::open(temp.cache(), small_index()).value().get("in flight") == kept);
  }
  INFO(states << " states of the file");
  CHECK(states > 10);
}

const Artifact kOld = artifact_of("in flight", 10);
const Artifact kNew = artifact_of("in flight", 11);

void remove_it(ArtifactStore& store) { (void)store.remove("in flight"); }
void insert_old(ArtifactStore& store) { (void)store.insert("in flight", kOld); }
void insert_new(ArtifactStore& store) { (void)store.insert("in flight", kNew); }

}  // namespace

TEST_CASE("a_writer_killed_after_any_instruction_of_an_overwrite_leaves_the_old_or_the_new_entry") {
  kill_everywhere(insert_old, insert_new, {kOld, kNew});
}

TEST_CASE("a_writer_killed_after_any_instruction_of_a_remove_leaves_the_entry_or_none") {
  kill_everywhere(insert_old, remove_it, {kOld, std::nullopt});
}

TEST_CASE("a_writer_killed_after_any_instruction_of_a_first_insert_leaves_the_entry_or_none") {
  // In a fresh index there is no node for the key, and its bucket group is empty: the whole insertion into the container is on the way.
  kill_everywhere([](ArtifactStore&) {}, insert_new, {std::nullopt, kNew});
}
