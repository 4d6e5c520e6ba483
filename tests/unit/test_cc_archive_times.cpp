// Archives that say when their members were made.
#include "zccache-cc/facts/archive_times.hpp"

#include <string>

#include "catch.hpp"

using namespace zccache::cc;

namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(width, ' ');
  return text;
}

std::string header(const std::string& name, const std::string& date, std::size_t size) {
  return padded(name, 16) + padded(date, 12) + padded("0", 6) + padded("0", 6) + padded("100644", 8) + padded(std::to_string(size), 10) + "`\n";
}

const std::string kStart = "!<arch>\n";

}  // namespace

TEST_CASE("an_archive_without_times_has_none") {
  CHECK_FALSE(is_archive_with_times(kStart));
  CHECK_FALSE(is_archive_with_times(kStart + header("/", "0", 3) + "sym\n" + header("//", "", 2) + "n\n" + header("a.o/", "0", 1) + "a"));
}

TEST_CASE("the_time_of_any_member_is_found") {
  CHECK(is_archive_with_times(kStart + header("a.o/", "1700000000", 1) + "a\n"));
  CHECK(is_archive_with_times(kStart + header("a.o/", "0", 3) + "odd\n" + header("b.o/", "1700000000", 0)));
}

TEST_CASE("a_thin_archive_has_tables_and_headers") {
  const std::string start = "!<thin>\n" + header("/", "0", 4) + "syms" + header("//", "", 6) + "a.o/\n\n" + header("/0", "0", 1000);
  CHECK_FALSE(is_archive_with_times(start + header("/0", "0", 1000)));
  CHECK(is_archive_with_times(start + header("/0", "17", 1000)));
}

TEST_CASE("what_is_no_archive_has_no_times") {
  CHECK_FALSE(is_archive_with_times(""));
  CHECK_FALSE(is_archive_with_times("!<arch"));
  CHECK_FALSE(is_archive_with_times(header("a.o/", "17", 0)));
  CHECK_FALSE(is_archive_with_times(kStart + header("a.o/", "0", 1000) + "short"));
  CHECK_FALSE(is_archive_with_times(kStart + header("a.o/", "0", 9'999'999'999)));
}
