// A cache that may be read and not written, by its mount or by its mode: it serves without having been told, and changes nothing.
#include <zccache/payload_store.hpp>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "catch.hpp"
#include "process/small_disk.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

namespace fs = std::filesystem;

void fill(const fs::path& dir) {
  write_file(dir.parent_path() / "a.o", "object");
  ArtifactStore store = ArtifactStore::open(dir, manual_flush()).value();
  PayloadStore(store).put("aa01", std::vector<OutputFile>{{"a.o", dir.parent_path() / "a.o"}}, "", "").value();
  store.flush().value();
}

/// What a user of the cache sees who does not know that it cannot be written. 0, or where it went wrong.
int serves_and_refuses(const fs::path& dir, const fs::path& restored) {
  auto opened = ArtifactStore::open(dir);  // with a flush thread, if it were not read-only
  if (!opened) return 1;
  ArtifactStore& store = *opened;
  if (!store.read_only()) return 2;
  PayloadStore payloads(store);
  if (payloads.restore(store.find("aa01"), std::vector<OutputFile>{{"a.o", restored}}).value() != Restored::hit) return 3;
  if (read_file(restored) != "object") return 4;
  const auto refuses = [](const auto& outcome) { return !outcome && outcome.error().error == Error::read_only; };
  if (!refuses(store.insert("bb01", Artifact::from_outputs({}, {})))) return 5;
  if (!refuses(payloads.put("bb01", std::vector<OutputFile>{{"a.o", restored}}, "", ""))) return 6;
  if (!refuses(store.remove("aa01")) || !refuses(store.flush()) || store.flush_due()) return 7;
  store.count_hit();
  store.touch("aa01");
  return store.find("aa01") ? 0 : 8;
}

int on_a_disk_made_read_only(const fs::path& disk, const std::function<void()>& before, const std::function<int()>& work) {
  return on_a_small_disk(disk, [&] {
    before();
    return ::mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0 ? work() : kNotAllowed;
  });
}

}  // namespace

TEST_CASE("a_cache_on_a_read_only_mount_serves_what_its_live_index_has") {
  const TempDir temp;
  const fs::path disk = temp.path() / "disk";
  expect_success(on_a_disk_made_read_only(
      disk, [&] { fill(disk / "cache"); }, [&] { return serves_and_refuses(disk / "cache", temp.path() / "restored.o"); }));
}

TEST_CASE("a_cache_on_a_read_only_mount_without_a_live_index_serves_what_its_snapshot_has") {
  const TempDir temp;
  const fs::path disk = temp.path() / "disk";
  const auto before = [&] {
    fill(disk / "cache");
    fs::remove(disk / "cache" / "index.live");
    fs::remove(disk / "cache" / "index.lock");
  };
  expect_success(on_a_disk_made_read_only(disk, before, [&] { return serves_and_refuses(disk / "cache", temp.path() / "restored.o"); }));
}

TEST_CASE("on_a_read_only_mount_a_cache_that_is_not_there_is_an_error_that_says_why") {
  const TempDir temp;
  const fs::path disk = temp.path() / "disk";
  const auto before = [&] { fs::create_directory(disk / "empty"); };
  expect_success(on_a_disk_made_read_only(disk, before, [&] {
    for (const fs::path& dir : {disk / "empty", disk / "missing"}) {
      const auto store = ArtifactStore::open(dir);
      if (store || store.error().error != Error::directory_unusable || store.error().system_error != EROFS) return 1;
    }
    return 0;
  }));
}

TEST_CASE("a_cache_whose_directory_its_owner_may_not_write_serves_what_it_has") {
  const TempDir temp;
  const fs::path dir = temp.cache();
  constexpr uid_t kNobody = 65534;
  ::chmod(temp.path().c_str(), 0777);
  const bool root = ::geteuid() == 0;
  const auto as_nobody = [&](const std::function<int()>& work) {
    return Child([&] { return !root || (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0) ? work() : kNotAllowed; }).reap();
  };
  expect_success(as_nobody([&] {
    fill(dir);
    return ::chmod(dir.c_str(), 0500);
  }));
  expect_success(as_nobody([&] { return serves_and_refuses(dir, temp.path() / "restored.o"); }));
  ::chmod(dir.c_str(), 0700);  // so that it can be removed
}
