// What the file system answers now, in the form in which facts keep it.
#include "zccache-cc/facts/answers.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::cc;
using test::TempDir;
using test::write_file;

namespace {

struct stat status_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status;
}

bool holds(FactKind kind, const std::filesystem::path& path, std::uint64_t value = 0, std::uint8_t argument = 0) {
  return holds_now(kind, argument, value, path.c_str());
}

}  // namespace

TEST_CASE("a_fact_about_a_path_holds_until_the_answer_is_another_one") {
  const TempDir temp;
  const auto file = temp.path() / "file";
  const auto directory = temp.path() / "directory";
  const auto link = temp.path() / "link";
  CHECK(holds(FactKind::absent, file));
  write_file(file, "1");
  CHECK_FALSE(holds(FactKind::absent, file));
  CHECK(holds(FactKind::absent, file / "below"));

  std::filesystem::create_directory(directory);
  CHECK(holds(FactKind::directory, directory));
  CHECK_FALSE(holds(FactKind::directory, file));
  CHECK(holds(FactKind::no_link, directory));
  CHECK_FALSE(holds(FactKind::no_link, link));

  std::filesystem::create_symlink("file", link);
  const auto target = hash_of_link(link.c_str());
  REQUIRE(target);
  CHECK(holds(FactKind::link, link, *target));
  CHECK_FALSE(holds(FactKind::no_link, link));
  std::filesystem::remove(link);
  std::filesystem::create_symlink("directory", link);
  CHECK_FALSE(holds(FactKind::link, link, *target));
  CHECK_FALSE(hash_of_link(file.c_str()));
}

TEST_CASE("a_link_that_leads_nowhere_is_absent_to_those_who_follow_it") {
  const TempDir temp;
  std::filesystem::create_symlink("nowhere", temp.path() / "link");
  CHECK(holds(FactKind::absent, temp.path() / "link"));
}

TEST_CASE("a_status_is_size_time_mode_and_owner") {
  const TempDir temp;
  const auto file = temp.path() / "file";
  write_file(file, "1");
  const std::uint64_t before = hash_of_status(status_of(file));
  CHECK(holds(FactKind::status, file, before));
  ::chmod(file.c_str(), 0755);
  CHECK_FALSE(holds(FactKind::status, file, before));
  ::chmod(file.c_str(), static_cast<mode_t>(0644));
  write_file(file, "22");
  CHECK_FALSE(holds(FactKind::status, file, before));
}

TEST_CASE("a_listing_is_its_names_in_whatever_order") {
  const TempDir temp;
  write_file(temp.path() / "a", "1");
  const auto before = hash_of_listing(temp.path().c_str());
  REQUIRE(before);
  write_file(temp.path() / "b", "1");
  CHECK_FALSE(holds(FactKind::listing, temp.path(), *before));
  std::filesystem::remove(temp.path() / "b");
  CHECK(holds(FactKind::listing, temp.path(), *before));
  CHECK_FALSE(hash_of_listing((temp.path() / "absent").c_str()));
}

TEST_CASE("permissions_and_failures_are_asked_again") {
  const TempDir temp;
  const auto file = temp.path() / "program";
  write_file(file, "1");
  ::chmod(file.c_str(), 0644);
  CHECK(holds(FactKind::failure, file, EACCES, X_OK));
  CHECK_FALSE(holds(FactKind::permission, file, 0, X_OK));
  ::chmod(file.c_str(), 0755);
  CHECK_FALSE(holds(FactKind::failure, file, EACCES, X_OK));
  CHECK(holds(FactKind::permission, file, 0, X_OK));
  std::filesystem::create_symlink("loop", temp.path() / "loop");
  CHECK(holds(FactKind::failure, temp.path() / "loop", ELOOP));
  CHECK_FALSE(holds(FactKind::failure, file, ELOOP));
}

TEST_CASE("a_directory_has_another_stamp_once_a_name_appeared") {
  const TempDir temp;
  const std::uint64_t before = hash_of_directory_stamp(stamp_of(status_of(temp.path())));
  write_file(temp.path() / "new", "1");
  CHECK(hash_of_directory_stamp(stamp_of(status_of(temp.path()))) != before);
}

TEST_CASE("what_was_one_file_stays_one_and_what_was_two_stays_two") {
  const TempDir temp;
  const auto one = temp.path() / "one";
  const auto two = temp.path() / "two";
  const ContentDigest same = digest_of("x");
  const auto identities = [&] {
    Identities all;
    all.add(stamp_of(status_of(one)), same);
    all.add(stamp_of(status_of(two)), same);
    return all.hash();
  };
  write_file(one, "x");
  std::filesystem::create_hard_link(one, two);
  const std::uint64_t linked = identities();
  std::filesystem::remove(two);
  write_file(two, "x");
  std::filesystem::last_write_time(two, std::filesystem::last_write_time(one));
  const std::uint64_t apart = identities();
  CHECK(linked != apart);
  std::filesystem::last_write_time(two, std::filesystem::last_write_time(one) - std::chrono::hours(1));
  CHECK(identities() != apart);
  std::filesystem::last_write_time(one, std::filesystem::last_write_time(two));
  CHECK(identities() == apart);
}

TEST_CASE("a_stamp_of_the_tick_of_a_moment_proves_nothing") {
  constexpr std::int64_t kSecond = 1'000'000'000;
  CHECK(is_before(10 * kSecond + 1, 11 * kSecond));
  CHECK(is_before(10 * kSecond + 1, 10 * kSecond + 2));
  CHECK_FALSE(is_before(10 * kSecond + 2, 10 * kSecond + 2));
  CHECK_FALSE(is_before(10 * kSecond, 10 * kSecond + 2));
  CHECK_FALSE(is_before(12 * kSecond, 11 * kSecond));
}
