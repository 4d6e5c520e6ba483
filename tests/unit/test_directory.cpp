// Which directories may be used, and what the files in them look like to others.
#include "base/directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <zccache/payload_store.hpp>
#include <zccache/recovery.hpp>

#include "base/boot.hpp"
#include "catch.hpp"
#include "modes.hpp"
#include "process/children.hpp"
#include "process/own_namespaces.hpp"
#include "recovery/recovery.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

constexpr uid_t kSomebodyElse = 4242;

bool is_root() { return ::geteuid() == 0; }

Error error_of_open(const fs::path& dir, const OpenOptions& options = manual_flush()) {
  return ArtifactStore::open(dir, options).error().error;
}

/// The same refusal by everything that takes a directory.
void check_refused(const fs::path& dir, Error error) {
  CHECK(error_of_open(dir) == error);
  CHECK(error_of_open(dir, read_only()) == error);
  CHECK(check(dir).error().error == error);
  CHECK(repair(dir).error().error == error);
}

constexpr int kNotAllowed = 77;

void check_success(int code) {
  if (code == kNotAllowed) {
    WARN("skipped: this user may not mount such a file system here");
    return;
  }
  CHECK(code == 0);
}

}  // namespace

TEST_CASE("a_missing_directory_is_made_with_its_parents_for_the_user_alone") {
  const TempDir temp;
  const Umask nothing_masked(0);
  const fs::path dir = temp.path() / "a" / "b" / "cache";
  REQUIRE(ArtifactStore::open(dir, manual_flush()).has_value());
  for (const fs::path& made : {dir, dir.parent_path(), dir.parent_path().parent_path()}) CHECK(mode_of(made) == 0700);
}

TEST_CASE("every_file_is_for_the_user_alone_whatever_the_umask") {
  const TempDir temp;
  const Umask nothing_masked(0);
  write_file(temp.path() / "a.o", "object");
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  REQUIRE(PayloadStore(store).put("abcd", std::vector<OutputFile>{{"a.o", temp.path() / "a.o"}}, "", ""));
  REQUIRE(store.flush());
  REQUIRE(store.flush());
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(temp.cache())) {
    CAPTURE(entry.path());
    CHECK(mode_of(entry.path()) == (entry.is_directory() ? 0700 : 0600));
    ++files;
  }
  CHECK(files == 8);  // live, lock, snap, snap.prev, history, objects, objects/ab, the payload
}

TEST_CASE("what_is_not_a_directory_is_unusable") {
  const TempDir temp;
  write_file(temp.cache(), "a file");
  check_refused(temp.cache(), Error::directory_unusable);
  CHECK(error_of_open(temp.cache() / "below") == Error::directory_unusable);
  CHECK(error_of_open("") == Error::directory_unusable);
}

TEST_CASE("a_symlink_to_a_directory_is_unusable") {
  const TempDir temp;
  fs::create_directory(temp.path() / "real");
  fs::permissions(temp.path() / "real", fs::perms::owner_all);
  fs::create_directory_symlink(temp.path() / "real", temp.cache());
  check_refused(temp.cache(), Error::directory_unusable);
  CHECK(fs::is_empty(temp.path() / "real"));
}

TEST_CASE("a_symlink_on_the_way_to_the_directory_is_followed") {
  const TempDir temp;
  fs::create_directory(temp.path() / "real");
  fs::create_directory_symlink(temp.path() / "real", temp.path() / "link");
  CHECK(ArtifactStore::open(temp.path() / "link" / "cache", manual_flush()).has_value());
}

TEST_CASE("a_directory_that_others_can_write_is_untrusted") {
  for (const mode_t mode : {0770, 0707, 0777, 01777}) {
    const TempDir temp;
    REQUIRE(::mkdir(temp.cache().c_str(), 0700) == 0);
    REQUIRE(::chmod(temp.cache().c_str(), mode) == 0);
    CAPTURE(mode);
    check_refused(temp.cache(), Error::directory_untrusted);
    CHECK(fs::is_empty(temp.cache()));
  }
}

TEST_CASE("a_directory_that_others_can_only_read_is_used") {
  const TempDir temp;
  REQUIRE(::mkdir(temp.cache().c_str(), 0700) == 0);
  REQUIRE(::chmod(temp.cache().c_str(), 0755) == 0);
  CHECK(ArtifactStore::open(temp.cache(), manual_flush()).has_value());
}

TEST_CASE("a_directory_of_somebody_else_is_untrusted") {
  if (!is_root()) {
    WARN("skipped: only root can give a directory away");
    return;
  }
  const TempDir temp;
  REQUIRE(::mkdir(temp.cache().c_str(), 0700) == 0);
  REQUIRE(::chown(temp.cache().c_str(), kSomebodyElse, kSomebodyElse) == 0);
  check_refused(temp.cache(), Error::directory_untrusted);
  CHECK(fs::is_empty(temp.cache()));
}

TEST_CASE("a_directory_that_cannot_be_written_is_unusable") {
  if (is_root()) {
    WARN("skipped: root may write everywhere");
    return;
  }
  const TempDir temp;
  REQUIRE(::mkdir(temp.cache().c_str(), 0500) == 0);
  CHECK(error_of_open(temp.cache()) == Error::directory_unusable);
  CHECK(error_of_open(temp.cache() / "below") == Error::directory_unusable);
}

TEST_CASE("a_missing_directory_is_not_made_by_looking") {
  const TempDir temp;
  CHECK(error_of_open(temp.cache(), read_only()) == Error::not_found);
  CHECK(check(temp.cache()).error().error == Error::not_found);
  CHECK_FALSE(fs::exists(temp.cache()));
}

TEST_CASE("a_relative_directory_stays_the_same_when_the_host_changes_its_own") {
  const TempDir temp;
  const fs::path before = fs::current_path();
  fs::current_path(temp.path());
  ArtifactStore store = ArtifactStore::open("cache", manual_flush()).value();
  fs::current_path(before);
  REQUIRE(store.insert("key", artifact_of("key", 1)));
  REQUIRE(store.flush());
  CHECK(fs::exists(temp.cache() / "index.snap"));
}

TEST_CASE("local_file_systems_are_known_and_others_are_not") {
  const TempDir temp;
  CHECK(check_filesystem(temp.path()));
  CHECK(check_filesystem("/proc").error().error == Error::unsupported_filesystem);
  CHECK(check_filesystem(temp.path() / "missing").error().error == Error::not_found);
}

TEST_CASE("the_override_lets_an_unknown_file_system_through") {
  // Nothing can be made in /proc, so behind the check another error waits.
  const auto in_proc = HeldDirectory::open("/proc/" + std::to_string(::getpid()), std::chrono::seconds(60)).value();
  const BootId boot = current_boot_id().value();
  OpenOptions options = manual_flush();
  CHECK(rebuild(in_proc, boot, options, Distrust::none, Predecessor::none()).error().error == Error::unsupported_filesystem);
  options.allow_any_filesystem = true;
  CHECK(rebuild(in_proc, boot, options, Distrust::none, Predecessor::none()).error().error != Error::unsupported_filesystem);
}

TEST_CASE("an_unknown_file_system_is_refused_and_nothing_is_made_there_but_the_lock") {
  const TempDir temp;
  fs::create_directory(temp.cache());
  Child child([&] {
    // A file system that holds files and is on no list.
    if (!own_mounts() || ::mount("none", temp.cache().c_str(), "hugetlbfs", 0, "mode=0700") != 0) return kNotAllowed;
    OpenOptions options = manual_flush();
    const bool refused = error_of_open(temp.cache(), options) == Error::unsupported_filesystem;
    const bool left_alone = !fs::exists(temp.cache() / "index.live");
    options.allow_any_filesystem = true;
    const auto allowed = ArtifactStore::open(temp.cache(), options);
    return refused && left_alone && (allowed || allowed.error().error != Error::unsupported_filesystem) ? 0 : 1;
  });
  check_success(child.reap());
}

TEST_CASE("a_read_only_file_system_serves_what_is_there_and_takes_nothing_new") {
  const TempDir temp;
  fs::create_directory(temp.cache());
  Child child([&] {
    if (!own_mounts() || ::mount("tmpfs", temp.cache().c_str(), "tmpfs", 0, "size=4m,mode=0700") != 0) return kNotAllowed;
    {
      ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
      store.insert("key", artifact_of("key", 1)).value();
    }
    if (::mount(nullptr, temp.cache().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) return kNotAllowed;
    ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
    if (!store.read_only() || !store.find("key")) return 1;
    if (store.insert("other", artifact_of("other", 1)).error().error != Error::read_only) return 2;
    if (error_of_open(temp.cache() / "below") != Error::directory_unusable) return 3;
    return ArtifactStore::open(temp.cache(), read_only()).value().find("key") ? 0 : 4;
  });
  check_success(child.reap());
}

TEST_CASE("a_directory_that_vanishes_is_made_again_by_the_next_change") {
  const TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), manual_flush()).value();
  REQUIRE(store.insert("before", artifact_of("before", 1)));
  fs::remove_all(temp.cache());
  REQUIRE(store.insert("after", artifact_of("after", 2)));
  CHECK(store.find("after"));
  CHECK(ArtifactStore::open(temp.cache(), manual_flush()).value().find("after"));
}
