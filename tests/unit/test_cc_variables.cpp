// Which variables count: those whose names stand in the programs that ran.
#include "zccache-cc/facts/variables.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::cc;

namespace {

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

struct Fixture {
  test::TempDir temp;
  ArtifactStore store = ArtifactStore::open(temp.cache(), test::manual_flush()).value();

  std::string image(const std::string& bytes) const {
    const std::string path = temp.path() / "program";
    test::write_file(path, bytes);
    return path;
  }
  Programs programs(const std::string& bytes) const {
    return {.images = {{image(bytes), digest_of(bytes)}}, .asked = {}, .everything_counts = false};
  }
};

bool counts(const std::vector<std::string>& variables, const std::string& variable) {
  return std::find(variables.begin(), variables.end(), variable) != variables.end();
}

}  // namespace

TEST_CASE("names_are_found_wherever_they_stand_in_an_image") {
  const std::vector<std::string> names = {"CPATH", "C_INCLUDE_PATH", "GCC_ROOT", "ZZZ"};
  const std::string image = std::string("\0OBJC_INCLUDE_PATH\0xCPATHx", 26);
  CHECK(names_contained(image, names) == std::vector<bool>{true, true, false, false});
  CHECK(names_contained("", names) == std::vector<bool>{false, false, false, false});
  CHECK(names_contained("CPATH", names).front());
}

TEST_CASE("a_variable_counts_if_its_name_stands_in_an_image") {
  const Fixture f;
  const Variable read("ZC_TEST_READ", "1");
  const Variable unread("ZC_TEST_UNREAD", "1");
  Knowledge knowledge(f.store);
  const std::uint64_t name = note_programs(knowledge, f.programs("...ZC_TEST_READ..."));
  const auto variables = variables_that_count(knowledge, name);
  REQUIRE(variables);
  CHECK(counts(*variables, "ZC_TEST_READ=1"));
  CHECK_FALSE(counts(*variables, "ZC_TEST_UNREAD=1"));
}

TEST_CASE("a_variable_that_is_set_later_is_looked_for_then") {
  Fixture f;
  Knowledge first(f.store);
  const std::uint64_t name = note_programs(first, f.programs("...ZC_TEST_READ..."));
  const auto before = digest_of_variables(first, name);
  REQUIRE(first.commit(f.store).has_value());
  const Variable read("ZC_TEST_READ", "1");
  Knowledge second(f.store);
  CHECK(digest_of_variables(second, name) != before);
}

TEST_CASE("a_variable_that_was_asked_for_counts_wherever_its_name_was_put_together") {
  const Fixture f;
  const Variable asked("ZC_TEST_ASKED", "1");
  Knowledge knowledge(f.store);
  Programs programs = f.programs("nothing");
  programs.asked = {"ZC_TEST_ASKED"};
  const auto variables = variables_that_count(knowledge, note_programs(knowledge, programs));
  REQUIRE(variables);
  CHECK(counts(*variables, "ZC_TEST_ASKED=1"));
}

TEST_CASE("everything_counts_for_a_script_but_what_shells_change_all_the_time") {
  const Fixture f;
  const Variable unread("ZC_TEST_UNREAD", "1");
  const Variable level("SHLVL", "7");
  Knowledge knowledge(f.store);
  Programs programs = f.programs("nothing");
  programs.everything_counts = true;
  const auto variables = variables_that_count(knowledge, note_programs(knowledge, programs));
  REQUIRE(variables);
  CHECK(counts(*variables, "ZC_TEST_UNREAD=1"));
  CHECK_FALSE(counts(*variables, "SHLVL=7"));
}

TEST_CASE("harmless_variables_do_not_count_even_where_an_image_names_them") {
  const Fixture f;
  const Variable make("MAKEFLAGS", "-j2");
  Knowledge knowledge(f.store);
  const auto variables = variables_that_count(knowledge, note_programs(knowledge, f.programs("MAKEFLAGS")));
  REQUIRE(variables);
  CHECK_FALSE(counts(*variables, "MAKEFLAGS=-j2"));
}

TEST_CASE("which_variables_count_is_not_known_where_an_image_is_gone_and_a_name_is_new") {
  Fixture f;
  Knowledge knowledge(f.store);
  const std::uint64_t name = note_programs(knowledge, f.programs("nothing"));
  CHECK(digest_of_variables(knowledge, name));
  std::filesystem::remove(f.temp.path() / "program");
  CHECK(digest_of_variables(knowledge, name));
  const Variable fresh("ZC_TEST_NEW", "1");
  CHECK_FALSE(digest_of_variables(knowledge, name));
}
