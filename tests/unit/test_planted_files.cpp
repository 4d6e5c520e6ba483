// Somebody has put something else where a file of the cache should be: it is not followed, not waited for, and nothing outside is touched.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <vector>

#include <zccache/payload_store.hpp>
#include <zccache/recovery.hpp>

#include "history.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kKey = "abcd";

/// A cache directory with everything in it that there can be, and beside it a world that is not the cache's.
struct Scene {
  History history;
  fs::path outside = history.path().parent_path() / "outside";
  fs::path source = history.path().parent_path() / "source.o";
  fs::path restored = history.path().parent_path() / "restored.o";

  Scene() {
    write_file(source, "object");
    ArtifactStore store = open_at(history.path());
    REQUIRE(PayloadStore(store).put(kKey, std::vector<OutputFile>{{"object", source}}, "", ""));
    REQUIRE(store.flush());
    fs::create_directory(outside);
    write_file(outside / "precious", "precious");
    write_file(outside / (std::string(kKey) + "_0"), "object");  // by the name of a payload
    for (int i = 0; i < 20; ++i) write_file(outside / ("index.live." + std::to_string(i)), "by the name of what was set aside");
    fs::create_directory(outside / "ab");
    write_file(outside / "ab" / (std::string(kKey) + "_0"), "object");
  }

  /// Every file outside by its name, with what is in it and when it was changed.
  [[nodiscard]] std::map<fs::path, std::string> world() const {
    std::map<fs::path, std::string> seen;
    for (const auto& entry : fs::recursive_directory_iterator(outside)) {
      seen[entry.path()] = entry.is_directory() ? "" : read_file(entry.path());
      seen[entry.path()] += " " + std::to_string(entry.last_write_time().time_since_epoch().count());
    }
    return seen;
  }
};

/// Everything that a process may do. How it ends does not matter here: that it ends does.
void do_everything(const Scene& scene) {
  const fs::path& dir = scene.history.path();
  (void)ArtifactStore::open(dir, read_only());
  (void)check(dir);
  OpenOptions options = manual_flush();
  options.initial_segment_bytes = 1;
  if (auto store = ArtifactStore::open(dir, options)) {
    PayloadStore payloads(*store);
    const std::vector<OutputFile> outputs{{"object", scene.source}};
    (void)payloads.put("abef", outputs, "", "");
    (void)payloads.restore(store->find(kKey), std::vector<OutputFile>{{"object", scene.restored}});
    (void)payloads.put(kKey, outputs, "", "");
    (void)payloads.remove(kKey);
    for (std::uint64_t i = 100; i < 200; ++i) (void)store->insert(key_of(i), artifact_of(key_of(i), i));
    (void)store->flush();
    (void)store->clear();
  }
  (void)repair(dir, options);
}

struct Place {
  const char* name;
  std::function<fs::path(const CacheDirectory&)> of;
};

const std::vector<Place>& places() {
  static const std::vector<Place> kPlaces{
      {"index.live", [](const CacheDirectory& directory) { return directory.live(); }},
      {"its temporary name", [](const CacheDirectory& directory) { return directory.path() / kLiveTemporary; }},
      {"index.lock", [](const CacheDirectory& directory) { return directory.lock(); }},
      {"index.snap", [](const CacheDirectory& directory) { return directory.snapshot(); }},
      {"index.snap.prev", [](const CacheDirectory& directory) { return directory.previous_snapshot(); }},
      {"the temporary name of index.snap", [](const CacheDirectory& directory) { return directory.path() / kSnapshotTemporary; }},
      {"quarantine", [](const CacheDirectory& directory) { return directory.quarantine(); }},
      {"objects", [](const CacheDirectory& directory) { return directory.objects(); }},
      {"a folder of payloads", [](const CacheDirectory& directory) { return directory.objects() / "ab"; }},
      {"a payload", [](const CacheDirectory& directory) { return directory.objects() / "ab" / (std::string(kKey) + "_0"); }},
  };
  return kPlaces;
}

struct Thing {
  const char* name;
  std::function<bool(const Scene&, const fs::path&)> plant;  ///< false: this user may not
};

const std::vector<Thing>& things() {
  static const std::vector<Thing> kThings{
      {"a symlink to a file",
       [](const Scene& scene, const fs::path& at) { return ::symlink((scene.outside / "precious").c_str(), at.c_str()) == 0; }},
      {"a symlink to a folder", [](const Scene& scene, const fs::path& at) { return ::symlink(scene.outside.c_str(), at.c_str()) == 0; }},
      {"a symlink to nothing",
       [](const Scene& scene, const fs::path& at) { return ::symlink((scene.outside / "new").c_str(), at.c_str()) == 0; }},
      {"a hard link", [](const Scene& scene, const fs::path& at) { return ::link((scene.outside / "precious").c_str(), at.c_str()) == 0; }},
      {"a FIFO", [](const Scene&, const fs::path& at) { return ::mkfifo(at.c_str(), 0600) == 0; }},
      {"a device", [](const Scene&, const fs::path& at) { return ::mknod(at.c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0; }},
      {"a folder", [](const Scene&, const fs::path& at) { return ::mkdir(at.c_str(), 0700) == 0; }},
  };
  return kThings;
}

}  // namespace

TEST_CASE("whatever_is_planted_in_a_cache_directory_nothing_outside_is_touched_and_nobody_hangs") {
  for (const Place& place : places()) {
    for (const Thing& thing : things()) {
      CAPTURE(place.name, thing.name);
      const Scene scene;
      const fs::path at = place.of(scene.history.directory);
      fs::remove_all(at);
      fs::create_directories(at.parent_path());
      if (!thing.plant(scene, at)) continue;  // only root makes devices
      const auto before = scene.world();
      do_everything(scene);
      CHECK(scene.world() == before);
    }
  }
}

TEST_CASE("what_is_planted_at_a_temporary_name_hinders_nobody") {
  for (const Thing& thing : things()) {
    if (std::string_view(thing.name) == "a folder") continue;  // is not removed: it may have something in it
    CAPTURE(thing.name);
    const Scene scene;
    const CacheDirectory& directory = scene.history.directory;
    if (!thing.plant(scene, directory.path() / kLiveTemporary) || !thing.plant(scene, directory.path() / kSnapshotTemporary)) continue;
    ArtifactStore store = open_at(directory.path());
    CHECK(store.clear().has_value());  // a renewal and a flush
    CHECK(store.insert("key", artifact_of("key", 1)).has_value());
    CHECK(store.flush().has_value());
    CHECK_FALSE(fs::exists(fs::symlink_status(directory.path() / kLiveTemporary)));
    CHECK_FALSE(fs::exists(fs::symlink_status(directory.path() / kSnapshotTemporary)));
  }
}

TEST_CASE("what_is_set_aside_does_not_go_through_a_symlink_and_cleans_up_nothing_there") {
  const Scene scene;
  const CacheDirectory& directory = scene.history.directory;
  fs::create_directory_symlink(scene.outside, directory.quarantine());
  write_file(directory.snapshot(), "garbage");
  const auto before = scene.world();
  CHECK(repair(directory.path()).has_value());
  CHECK(scene.world() == before);
}

TEST_CASE("a_live_file_that_another_directory_shares_by_a_hard_link_is_not_written_by_both") {
  const TempDir temp;
  const CacheDirectory first(temp.path() / "first");
  const CacheDirectory second(temp.path() / "second");
  ArtifactStore owner = open_at(first.path());
  REQUIRE(owner.insert("key", artifact_of("key", 1)));
  fs::create_directory(second.path());
  fs::permissions(second.path(), fs::perms::owner_all);
  fs::create_hard_link(first.live(), second.live());
  ArtifactStore copy = open_at(second.path());
  CHECK(copy.find("key"));
  REQUIRE(copy.insert("in the second", artifact_of("in the second", 2)));
  CHECK_FALSE(owner.find("in the second"));
  REQUIRE(owner.insert("in the first", artifact_of("in the first", 3)));
  CHECK_FALSE(copy.find("in the first"));
  CHECK(owner.find("key"));
}
