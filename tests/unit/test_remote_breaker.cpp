// The breaker opens after failures, for everybody who has the file, and closes after a success.
#include "remote/breaker.hpp"

#include <cstdint>
#include <fstream>

#include "catch.hpp"
#include "support.hpp"

using zccache::remote::Breaker;

TEST_CASE("a_breaker_opens_for_all_after_more_failures_than_are_tolerated") {
  const zccache::test::TempDir dir;
  const std::string file = dir.path() / "breaker";
  Breaker one(file);
  const Breaker other(file);
  CHECK_FALSE(other.is_open());
  one.failed(1);
  CHECK_FALSE(other.is_open());
  one.failed(1);
  CHECK(other.is_open());
  one.succeeded();
  CHECK_FALSE(other.is_open());
  one.failed(1);
  CHECK_FALSE(other.is_open());
}

TEST_CASE("after_the_pause_of_a_breaker_one_asks_and_the_others_wait_for_what_that_one_finds") {
  const zccache::test::TempDir dir;
  const std::string file = dir.path() / "breaker";
  Breaker one(file);
  Breaker other(file);
  CHECK((one.may_ask() && other.may_ask()));  // closed: everybody
  const std::uint64_t long_over[] = {1, 1};
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(long_over), sizeof long_over);
  CHECK(one.may_ask());
  CHECK_FALSE(other.may_ask());
  one.succeeded();
  CHECK(other.may_ask());
}

TEST_CASE("a_breaker_of_another_boot_or_with_other_bytes_is_closed") {
  const zccache::test::TempDir dir;
  const std::string file = dir.path() / "breaker";
  const auto write = [&](std::uint64_t until) {
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(&until), sizeof until).write("\1\0\0\0\0\0\0\0", 8);
  };
  write(UINT64_MAX);
  CHECK_FALSE(Breaker(file).is_open());
  std::ofstream(file) << "short";
  CHECK_FALSE(Breaker(file).is_open());
}
