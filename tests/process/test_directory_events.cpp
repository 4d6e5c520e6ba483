// Something happens to a cache directory right before any one system call of an operation, and others go on with what is there then: whatever
// the operation does after that, nothing that the others were told is stored goes.
#include <zccache/artifact_store.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "process/children.hpp"
#include "process/tracee.hpp"
#include "support.hpp"
#include "unit/history.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBefore = 10;   ///< entries that were there
constexpr std::uint64_t kTheirs = 100;  ///< the first of those that others store
constexpr std::uint64_t kCount = 5;

OpenOptions impatient() {
  OpenOptions options = small_index();
  options.lock_timeout = std::chrono::milliseconds(5);
  return options;
}

bool has(const ArtifactStore& store, std::uint64_t number) { return store.get(key_of(number)) == artifact_of(key_of(number), number); }

/// Another process begins to use what is at the path. False: whoever is stopped has the lock that this takes.
bool others_store(const fs::path& dir) {
  auto store = ArtifactStore::open(dir, impatient());
  if (!store) return false;
  for (std::uint64_t i = kTheirs; i < kTheirs + kCount; ++i) {
    if (!store->insert(key_of(i), artifact_of(key_of(i), i))) return false;
  }
  return store->flush().has_value();
}

/// All of it is there, now and after a restart.
void check_theirs(const fs::path& dir) {
  OpenOptions from_snapshot = read_only();
  from_snapshot.snapshot_only = true;
  const ArtifactStore now = open_small(dir);
  const ArtifactStore restarted = ArtifactStore::open(dir, from_snapshot).value();
  for (std::uint64_t i = kTheirs; i < kTheirs + kCount; ++i) {
    CHECK(has(now, i));
    CHECK(has(restarted, i));
  }
  CHECK(now.size() == now.load_all().size());
}

void check_before(const fs::path& dir) {
  const ArtifactStore store = open_small(dir);
  for (std::uint64_t i = 0; i < kBefore; ++i) CHECK(has(store, i));
}

struct Event {
  const char* name;
  std::function<bool(const fs::path& dir)> happen;  ///< false: the others got no lock, and nothing is to be checked
  std::function<void(const fs::path& dir)> check;
};

const std::vector<Event>& events() {
  static const auto aside = [](const fs::path& dir) { return dir.parent_path() / "aside"; };
  static const std::vector<Event> kEvents{
      {"it is removed and made anew",
       [](const fs::path& dir) {
         fs::remove_all(dir);
         return others_store(dir);
       },
       check_theirs},
      {"it is moved away, and another made in its place",
       [](const fs::path& dir) {
         fs::rename(dir, aside(dir));
         return others_store(dir);
       },
       [](const fs::path& dir) {
         check_theirs(dir);
         check_before(aside(dir));
       }},
      {"it is moved away, made anew, and restored",
       [](const fs::path& dir) {
         fs::rename(dir, aside(dir));
         const bool stored = others_store(dir);
         fs::rename(dir, dir.parent_path() / "theirs");
         fs::rename(aside(dir), dir);
         return stored;
       },
       [](const fs::path& dir) {
         check_theirs(dir.parent_path() / "theirs");
         check_before(dir);
       }},
      {"it is replaced by a copy",
       [](const fs::path& dir) {
         fs::copy(dir, dir.parent_path() / "copy", fs::copy_options::recursive);
         fs::permissions(dir.parent_path() / "copy", fs::perms::owner_all);
         fs::rename(dir, aside(dir));
         fs::rename(dir.parent_path() / "copy", dir);
         return others_store(dir);
       },
       [](const fs::path& dir) {
         check_theirs(dir);
         check_before(dir);
         check_before(aside(dir));
       }},
      {"its parent is moved away, and another made in its place",
       [](const fs::path& dir) {
         fs::rename(dir.parent_path(), dir.parent_path().string() + "-moved");
         return others_store(dir);
       },
       check_theirs},
      {"its live index is removed",
       [](const fs::path& dir) {
         fs::remove(dir / "index.live");
         return others_store(dir);
       },
       check_theirs},
      {"its lock file is removed",
       [](const fs::path& dir) {
         fs::remove(dir / "index.lock");
         return others_store(dir);
       },
       [](const fs::path& dir) {
         check_theirs(dir);
         check_before(dir);
       }},
      {"its lock file and its live index are removed",
       [](const fs::path& dir) {
         fs::remove(dir / "index.lock");
         fs::remove(dir / "index.live");
         return others_store(dir);
       },
       check_theirs},
      {"its live index is moved away and back",
       [](const fs::path& dir) {
         fs::rename(dir / "index.live", dir / "moved");
         (void)others_store(dir);
         fs::rename(dir / "moved", dir / "index.live");
         return true;
       },
       check_before},
  };
  return kEvents;
}

/// What is watched of a process that had the directory open before.
using Operation = std::function<void(std::optional<ArtifactStore>& store, const fs::path& dir)>;

/// Runs it once for each event and system call. How often the event happened.
std::size_t with_an_event_before_each_call(const Operation& operation, const Operation& prepare = {}) {
  std::size_t happened = 0;
  for (const Event& event : events()) {
    bool more = true;
    for (std::uint64_t calls = 1; more; ++calls) {
      CAPTURE(event.name, calls);
      const MemoryDir temp;
      const fs::path dir = temp.path() / "parent" / "cache";
      {
        ArtifactStore store = open_small(dir);
        for (std::uint64_t i = 0; i < kBefore; ++i) REQUIRE(store.insert(key_of(i), artifact_of(key_of(i), i)));
        REQUIRE(store.flush());
      }
      Tracee tracee([&] {
        std::optional<ArtifactStore> store(open_small(dir));
        if (prepare) prepare(store, dir);
        begin_watching();
        operation(store, dir);  // may say that it failed: what it was about is gone
        end_watching();
        return 0;
      });
      for (std::uint64_t call = 0; more && call < calls; ++call) {
        if (call != 0) tracee.finish_call();
        more = tracee.next_call().has_value();
      }
      const bool stored = more && event.happen(dir);
      REQUIRE(tracee.finish() == 0);
      if (!stored) continue;
      event.check(dir);
      ++happened;
    }
  }
  return happened;
}

}  // namespace

TEST_CASE("a_change_beside_whatever_happens_to_its_directory_takes_nothing_from_others") {
  CHECK(with_an_event_before_each_call([](std::optional<ArtifactStore>& store, const fs::path&) {
          (void)store->insert("ours", artifact_of("ours", 1));
          (void)store->remove("ours");
        }) > 40);
}

TEST_CASE("a_renewal_beside_whatever_happens_to_its_directory_takes_nothing_from_others") {
  CHECK(with_an_event_before_each_call([](std::optional<ArtifactStore>& store, const fs::path&) {
          Artifact large = artifact_of("large", 1);
          large.stderr_bytes.assign(60'000, 'x');
          (void)store->insert("large", large);
        }) > 100);
}

TEST_CASE("a_flush_beside_whatever_happens_to_its_directory_takes_nothing_from_others") {
  CHECK(with_an_event_before_each_call([](std::optional<ArtifactStore>& store, const fs::path&) {
          (void)store->insert("ours", artifact_of("ours", 1));
          (void)store->flush();
        }) > 100);
}

TEST_CASE("an_open_beside_whatever_happens_to_its_directory_takes_nothing_from_others") {
  const auto replace_by_a_copy = [](std::optional<ArtifactStore>& store, const fs::path& dir) {
    store.reset();
    copy_over_itself(dir / "index.live");
  };
  CHECK(with_an_event_before_each_call(
            [](std::optional<ArtifactStore>& store, const fs::path& dir) {
              auto opened = ArtifactStore::open(dir, small_index());
              if (opened) store.emplace(std::move(*opened));
            },
            replace_by_a_copy) > 100);
}
