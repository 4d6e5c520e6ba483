// Options and the default directory, from the environment.
#include <zccache/options.hpp>

#include <stdlib.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace zccache;

namespace {

/// Environment variables set, or unset where the value is null, for a scope.
class Environment {
 public:
  Environment(std::initializer_list<std::pair<const char*, const char*>> variables) {
    for (const auto& [name, value] : variables) {
      const char* before = ::getenv(name);
      before_.emplace_back(name, before == nullptr ? std::nullopt : std::optional<std::string>(before));
      set(name, value);
    }
  }
  ~Environment() {
    for (const auto& [name, value] : before_) set(name.c_str(), value ? value->c_str() : nullptr);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void set(const char* name, const char* value) { value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1); }
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

}  // namespace

TEST_CASE("the_environment_changes_the_defaults_it_names") {
  const Environment set{{"ZCCACHE_FLUSH_SECS", "7"}, {"ZCCACHE_FLUSH_CHANGES", "12"}, {"ZCCACHE_ALLOW_ANY_FS", "1"}};
  const OpenOptions options = OpenOptions::from_environment();
  CHECK(options.flush_interval == std::chrono::seconds(7));
  CHECK(options.flush_changes == 12);
  CHECK(options.allow_any_filesystem);
}

TEST_CASE("a_switch_is_on_or_off_in_words_and_nothing_else_is_a_switch") {
  for (const char* on : {"1", "true", "yes", "on"}) CHECK(parse_switch(on) == true);
  for (const char* off : {"", "0", "false", "no", "off"}) CHECK(parse_switch(off) == false);
  for (const char* wrong : {"maybe", "2", " 1", "enabled"}) CHECK_FALSE(parse_switch(wrong));
}

TEST_CASE("a_value_that_is_no_number_leaves_the_default") {
  const OpenOptions defaults;
  for (const char* value : {static_cast<const char*>(nullptr), "", "five", "5s", "-1", " 5", "99999999999999999999999"}) {
    const Environment set{{"ZCCACHE_FLUSH_SECS", value}, {"ZCCACHE_FLUSH_CHANGES", value}, {"ZCCACHE_ALLOW_ANY_FS", value}};
    const OpenOptions options = OpenOptions::from_environment();
    CHECK(options.flush_interval == defaults.flush_interval);
    CHECK(options.flush_changes == defaults.flush_changes);
    CHECK_FALSE(options.allow_any_filesystem);
  }
}

TEST_CASE("an_interval_beyond_all_bounds_does_not_overflow") {
  const Environment set{{"ZCCACHE_FLUSH_SECS", "18446744073709551615"}};
  CHECK(OpenOptions::from_environment().flush_interval >= std::chrono::hours(24 * 364));
}

TEST_CASE("the_directory_is_the_one_named_else_that_of_the_users_caches") {
  const auto with = [](const char* dir, const char* caches, const char* home) {
    const Environment set{{"ZCCACHE_DIR", dir}, {"XDG_CACHE_HOME", caches}, {"HOME", home}};
    return default_directory();
  };
  CHECK(with("/mine", "/caches", "/home/me") == "/mine");
  CHECK(with(nullptr, "/caches", "/home/me") == "/caches/zccache-artifact");
  CHECK(with(nullptr, nullptr, "/home/me") == "/home/me/.cache/zccache-artifact");
  CHECK(with("", "", "/home/me") == "/home/me/.cache/zccache-artifact");
  CHECK(with(nullptr, nullptr, nullptr).empty());
}
