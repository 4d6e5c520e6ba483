// An entry of a manifest holds as long as every answer is the same.
#include "zccache-cc/facts/fact_check.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "catch.hpp"
#include "support.hpp"
#include "zccache-cc/facts/variables.hpp"

using namespace zccache;
using namespace zccache::cc;

namespace {

namespace fs = std::filesystem;

struct Known {
  test::TempDir temp;
  test::TempDir store_directory;
  ArtifactStore store = ArtifactStore::open(store_directory.cache(), test::manual_flush()).value();
  Knowledge knowledge{store};
  ManifestEntry entry;

  Known() {
    entry.images = note_programs(knowledge, {});
    entry.variables = *digest_of_variables(knowledge, entry.images);
    entry.contents = ContentsHasher().digest();
    entry.identities = Identities().hash();
  }

  std::string at(const std::string& name) const { return temp.path() / name; }

  void depends_on(const std::string& name, const std::string& content) {
    test::write_file(at(name), content);
    ContentsHasher contents;
    contents.add(at(name), digest_of(content));
    entry.contents = contents.digest();
    entry.files = {{.path = *knowledge.name(at(name)), .hint = content_hint(digest_of(content))}};
  }

  std::vector<std::string> changes() { return check().changes(entry); }
  FactCheck check() {
    return {knowledge, [](const ManifestEntry&) { return ContentDigest{}; }};
  }
};

}  // namespace

TEST_CASE("a_file_of_the_same_content_is_the_same_file_whatever_its_time") {
  Known known;
  known.depends_on("a.h", "one");
  CHECK(known.changes().empty());
  fs::last_write_time(known.at("a.h"), fs::last_write_time(known.at("a.h")) - std::chrono::hours(5));
  CHECK(known.changes().empty());
  test::write_file(known.at("a.h"), "two");
  CHECK(known.changes() == std::vector<std::string>{known.at("a.h") + " has changed"});
  fs::remove(known.at("a.h"));
  CHECK(known.changes() == std::vector<std::string>{known.at("a.h") + " is gone"});
}

TEST_CASE("a_digest_is_known_by_its_stamp_and_the_file_is_not_read_again") {
  Known known;
  known.depends_on("a.h", "one");
  struct stat status {};
  REQUIRE(::stat(known.at("a.h").c_str(), &status) == 0);
  known.knowledge.note_content(stamp_of(status), {.digest = digest_of("what somebody says of it")});
  CHECK_FALSE(known.changes().empty());
}

TEST_CASE("a_name_that_must_not_appear_is_looked_for_only_in_a_directory_that_changed") {
  Known known;
  fs::create_directory(known.at("inc"));
  struct stat status {};
  REQUIRE(::stat(known.at("inc").c_str(), &status) == 0);
  known.entry.absent = {
      {.directory = *known.knowledge.name(known.at("inc")), .stamp = hash_of_directory_stamp(stamp_of(status)), .names = {short_name("a.h")}}};
  CHECK(known.check().holds(known.entry));
  test::write_file(known.at("inc/other.h"), "");
  CHECK(known.check().holds(known.entry));
  test::write_file(known.at("inc/a.h"), "");
  CHECK_FALSE(known.check().holds(known.entry));
  CHECK(known.changes() == std::vector<std::string>{known.at("inc") + "/a.h is new, and the compiler would look there first"});
}

TEST_CASE("the_place_counts_where_the_result_shows_it") {
  Known known;
  known.entry.directory_counts = true;
  known.entry.place = digest_of("elsewhere");
  CHECK(known.changes().size() == 1);
}

TEST_CASE("a_variable_that_counts_and_has_another_value_is_a_change") {
  Known known;
  known.entry.variables = digest_of("other");
  CHECK(known.changes() == std::vector<std::string>{"an environment variable that the compiler may read has another value"});
}

TEST_CASE("what_the_index_has_forgotten_does_not_hold") {
  Known known;
  known.entry.files = {{.path = 12345, .hint = 0}};
  CHECK_FALSE(known.check().holds(known.entry));
}
