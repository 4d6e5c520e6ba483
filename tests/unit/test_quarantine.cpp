// What is set aside is kept, up to the caps.
#include "recovery/quarantine.hpp"

#include "captured_log.hpp"
#include "catch.hpp"
#include "held.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("what_is_set_aside_has_a_second_name_and_is_logged") {
  const TempDir temp;
  const CacheDirectory directory(temp.path());
  write_file(directory.snapshot(), "damaged");
  const CapturedLog log;
  const std::string kept = set_aside(held(directory), directory.snapshot());
  CHECK(kept.starts_with("quarantine/index.snap."));
  CHECK(read_file(temp.path() / kept) == "damaged");
  CHECK(read_file(directory.snapshot()) == "damaged");
  CHECK(log.warned_of(kept));
}

TEST_CASE("what_cannot_be_set_aside_is_logged_and_no_failure") {
  const TempDir temp;
  const CacheDirectory directory(temp.path());
  const CapturedLog log;
  CHECK(set_aside(held(directory), directory.snapshot()).empty());  // there is no such file
  write_file(directory.snapshot(), "damaged");
  fs::remove_all(directory.quarantine());
  write_file(directory.quarantine(), "a file where the folder should be");
  CHECK(set_aside(held(directory), directory.snapshot()).empty());
  CHECK(log.warnings() == 2);
}

TEST_CASE("eight_files_are_kept_and_then_the_one_set_aside_first_goes_with_a_warning") {
  const TempDir temp;
  const CacheDirectory directory(temp.path());
  std::vector<std::string> kept;
  const auto set_one_aside = [&] {
    fs::remove(directory.live());
    write_file(directory.live(), std::to_string(kept.size()));
    // The later one is set aside, the older it looks.
    fs::last_write_time(directory.live(), fs::file_time_type::clock::now() - std::chrono::hours(kept.size()));
    kept.push_back(set_aside(held(directory), directory.live()));
  };
  for (std::size_t i = 0; i < kQuarantineFiles; ++i) set_one_aside();
  CHECK(files_in(directory.quarantine()) == kQuarantineFiles);
  const CapturedLog log;
  set_one_aside();
  CHECK(files_in(directory.quarantine()) == kQuarantineFiles);
  CHECK(log.warned_of("removing " + (temp.path() / kept.front()).string()));
  CHECK_FALSE(fs::exists(temp.path() / kept.front()));
  for (std::size_t i = 1; i < kept.size(); ++i) CHECK(read_file(temp.path() / kept[i]) == std::to_string(i));
}

TEST_CASE("not_more_than_256_MiB_are_kept_but_always_the_newest") {
  const TempDir temp;
  const CacheDirectory directory(temp.path());
  const auto set_aside_bytes = [&](std::uint64_t bytes) {
    fs::remove(directory.live());
    write_file(directory.live(), "");
    fs::resize_file(directory.live(), bytes);
    return temp.path() / set_aside(held(directory), directory.live());
  };
  const CapturedLog log;
  const fs::path first = set_aside_bytes(kQuarantineBytes / 2);
  const fs::path second = set_aside_bytes(kQuarantineBytes / 2);
  CHECK(fs::exists(first));
  CHECK(fs::exists(second));
  const fs::path third = set_aside_bytes(1);
  CHECK_FALSE(fs::exists(first));
  CHECK(fs::exists(second));
  CHECK(fs::exists(third));
  const fs::path huge = set_aside_bytes(kQuarantineBytes + 1);
  CHECK(fs::exists(huge));
  CHECK(files_in(directory.quarantine()) == 1);
}
