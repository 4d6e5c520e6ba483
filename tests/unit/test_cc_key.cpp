// What counts in a launcher's key.
#include "zccache-cc/cache_key.hpp"

#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "zccache-cc/key_hasher.hpp"

using namespace zccache;
using namespace zccache::cc;

namespace {

struct Inputs {
  Compiler compiler{
      .path = "/usr/bin/gcc", .name = "gcc", .real_path = "/usr/bin/gcc-12", .size = 1000, .modified_ns = 5, .family = Family::gcc};
  std::vector<StampedPath> programs{{.path = "/usr/bin/as", .stamp = {.size = 10, .modified_ns = 5}}};
  ParsedCommand command;
  Preprocessed preprocessed{.text = "# 1 \"a.c\"\nint x;\n", .diagnostics = "", .dependencies = ""};
  std::vector<SourceFile> files{{.name = "a.c", .exists = true, .digest = {1, 2}, .stamp = {}}};

  Inputs() {
    command.object = "a.o";
    command.outputs = {{"object", "a.o"}};
    command.key_arguments = {"-O2", "-Wall"};
  }
  [[nodiscard]] std::string key() const { return cache_key(compiler, programs, command, preprocessed, files); }
};

std::string hashed(const std::vector<std::pair<char, std::string>>& components) {
  KeyHasher hasher;
  for (const auto& [tag, bytes] : components) hasher.add(tag, bytes);
  return hasher.hex_digest();
}

}  // namespace

TEST_CASE("key_is_32_lowercase_hex_digits") {
  const std::string key = Inputs().key();
  CHECK(key.size() == 32);
  CHECK(key.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(key == Inputs().key());
}

TEST_CASE("each_thing_that_an_output_depends_on_changes_the_key") {
  std::set<std::string> keys{Inputs().key()};
  std::size_t changes = 0;
  const auto changed = [&](auto change) {
    Inputs inputs;
    change(inputs);
    keys.insert(inputs.key());
    ++changes;
  };
  changed([](Inputs& i) { i.compiler.name = "cc"; });
  changed([](Inputs& i) { i.compiler.real_path = "/usr/bin/gcc-13"; });
  changed([](Inputs& i) { i.compiler.size += 1; });
  changed([](Inputs& i) { i.compiler.modified_ns += 1; });
  changed([](Inputs& i) { i.programs[0].path = "/usr/local/bin/as"; });
  changed([](Inputs& i) { i.programs[0].stamp.size += 1; });
  changed([](Inputs& i) { i.programs[0].stamp.modified_ns += 1; });
  changed([](Inputs& i) { i.command.key_arguments = {"-Wall", "-O2"}; });
  changed([](Inputs& i) { i.command.key_arguments = {"-O2"}; });
  changed([](Inputs& i) { i.command.key_arguments = {"-O2-Wall"}; });
  changed([](Inputs& i) { i.command.outputs.push_back({"dependencies", "a.d"}); });
  changed([](Inputs& i) { i.command.directory_matters = true; });
  changed([](Inputs& i) { i.command.object_path_matters = true; });
  changed([](Inputs& i) { i.preprocessed.text += "\n"; });
  changed([](Inputs& i) { i.preprocessed.diagnostics = "warning"; });
  changed([](Inputs& i) { i.preprocessed.dependencies = "a.o: a.c"; });
  changed([](Inputs& i) { i.files[0].name = "b.c"; });
  changed([](Inputs& i) { i.files[0].digest.low = 9; });
  changed([](Inputs& i) { i.files[0].digest.high = 9; });
  changed([](Inputs& i) { i.files[0].exists = false; });
  changed([](Inputs& i) { i.files.push_back({.name = "b.h", .exists = true, .digest = {}, .stamp = {}}); });
  CHECK(keys.size() == changes + 1);
}

TEST_CASE("places_of_outputs_do_not_change_the_key") {
  Inputs inputs;
  inputs.command.object = "elsewhere/b.o";
  inputs.command.outputs = {{"object", "elsewhere/b.o"}};
  inputs.compiler.path = "gcc";
  CHECK(inputs.key() == Inputs().key());
}

TEST_CASE("object_path_changes_the_key_where_it_matters") {
  Inputs here;
  here.command.object_path_matters = true;
  Inputs there = here;
  there.command.object = "there/a.o";
  CHECK(here.key() != there.key());
}

TEST_CASE("components_do_not_run_into_each_other") {
  const std::set<std::string> digests{hashed({{'a', "xy"}}),
                                      hashed({{'a', "x"}, {'a', "y"}}),
                                      hashed({{'a', "x"}, {'b', "y"}}),
                                      hashed({{'a', ""}, {'a', "xy"}}),
                                      hashed({{'b', "xy"}}),
                                      hashed({})};
  CHECK(digests.size() == 6);
}
