// Configuration files: what a line says, who may say it, and which file is believed.
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "catch.hpp"
#include "config/file.hpp"
#include "support.hpp"

using namespace zccache::config;
using zccache::test::TempDir;

namespace {

FileContent of_user(std::string_view text) { return parse_file(text, "config", Place::user, {}); }
FileContent of_project(std::string_view text) { return parse_file(text, ".zccache", Place::project, "/home/me/p"); }

std::string written(const TempDir& temp, mode_t mode) {
  const std::string file = (temp.path() / "config").string();
  std::ofstream(file) << "compress = zstd\n";
  ::chmod(file.c_str(), mode);
  return file;
}

}  // namespace

TEST_CASE("each_setting_is_found_by_key_and_by_variable_and_the_one_is_made_of_the_other") {
  for (const Setting& one : settings()) {
    std::string variable = std::string("ZCCACHE_") + one.key;
    for (char& c : variable) c = static_cast<char>(::toupper(c));
    CHECK(variable == one.variable);
    CHECK(find_setting(one.key) == &one);
    CHECK(find_setting(one.variable) == &one);
  }
}

TEST_CASE("a_file_says_key_and_value_with_blanks_comments_and_the_last_line_unended") {
  const FileContent content = of_user("# mine\n\n  max_size=10% \r\nmax_age = 7d");
  CHECK(content.problems.empty());
  REQUIRE(content.values.size() == 2);
  CHECK(content.values[0].text == "10%");
  CHECK(content.values[1].text == "7d");
  CHECK(content.values[1].line == 4);
}

TEST_CASE("what_is_unknown_or_malformed_is_named_with_its_line_and_ignored") {
  for (const char* text : {"max_sise = 5G", "layout = x", "max_age = 7", "disable = maybe", "zstd", "basedir = src", "log = here"}) {
    CAPTURE(text);
    const FileContent content = of_user(text);
    CHECK(content.values.empty());
    REQUIRE(content.problems.size() == 1);
    CHECK(content.problems[0].starts_with("config:1: "));
  }
}

TEST_CASE("a_project_may_set_nothing_that_runs_writes_elsewhere_or_takes_from_others") {
  for (const char* key : {"dir", "log", "upstream", "max_size", "max_age", "projects", "allow_any_fs"}) {
    CAPTURE(key);
    const FileContent content = of_project(std::string(key) + " = /1\n");
    CHECK(content.values.empty());
    REQUIRE(content.problems.size() == 1);
    CHECK(content.problems[0].find("a project may not set") != std::string::npos);
  }
  CHECK(of_project("compress = zstd").values.size() == 1);
}

TEST_CASE("a_base_directory_of_a_project_is_relative_to_its_file") {
  CHECK(of_project("basedir = .").values.at(0).text == "/home/me/p");
  CHECK(of_project("basedir = src").values.at(0).text == "/home/me/p/src");
  CHECK(of_project("basedir = src:/a:.").values.at(0).text == "/home/me/p/src:/a:/home/me/p");
}

TEST_CASE("a_file_that_somebody_else_may_write_to_is_not_read_and_that_is_said") {
  const TempDir temp;
  CHECK(read_file(written(temp, 0644), Place::project, {}).values.size() == 1);
  for (const mode_t mode : {0664, 0646}) {
    const FileContent content = read_file(written(temp, mode), Place::project, {});
    CHECK(content.values.empty());
    CHECK(content.problems.size() == 1);
  }
  CHECK(read_file(temp.path().string(), Place::user, {}).problems.size() == 1);  // no regular file
  const FileContent absent = read_file((temp.path() / "absent").string(), Place::user, {});
  CHECK(absent.values.empty());
  CHECK(absent.problems.empty());
}

TEST_CASE("a_setting_is_written_where_it_stood_and_all_other_lines_stay") {
  const Setting& layout = *find_setting("layout");
  const std::string text = "# mine\nlayout = flat\nmax_size = 1G\nlayout = auto";
  CHECK(with_setting(text, layout, "pack") == "# mine\nlayout = pack\nmax_size = 1G\n");
  CHECK(with_setting(text, layout, "") == "# mine\nmax_size = 1G\n");
  CHECK(with_setting("max_size = 1G", layout, "pack") == "max_size = 1G\nlayout = pack\n");
}
