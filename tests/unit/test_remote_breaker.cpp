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
