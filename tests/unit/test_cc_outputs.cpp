// What outputs are called in an entry, and where they go.
#include "zccache-cc/launch/outputs.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::cc;

namespace {

Command command_with(std::string object, std::string dependencies = {}) {
  Command command;
  command.object = std::move(object);
  command.dependency_file = std::move(dependencies);
  return command;
}

constexpr const char* kHere = "/home/me/build";

}  // namespace

TEST_CASE("outputs_that_the_command_names_follow_it") {
  const Command one = command_with("out/a.o", "out/a.d");
  const Command other = command_with("/tmp/b.o", "b.dep");
  CHECK(output_name("/home/me/build/out/a.o", one, kHere) == "object");
  CHECK(output_name("/home/me/build/out/a.d", one, kHere) == "dependencies");
  CHECK(output_name("/home/me/build/out/a.dwo", one, kHere) == "stem.dwo");
  CHECK(output_path("object", other, kHere) == "/tmp/b.o");
  CHECK(output_path("dependencies", other, kHere) == "/home/me/build/b.dep");
  CHECK(output_path("stem.dwo", other, kHere) == "/tmp/b.dwo");
  for (const char* name : {"object", "dependencies", "stem.su"}) CHECK(follows_object(name));
}

TEST_CASE("other_outputs_have_the_name_of_their_place") {
  const Command command = command_with("a.o");
  CHECK(output_name("/home/me/build/sub/x.gcm", command, kHere) == "here/sub/x.gcm");
  CHECK(output_name("/home/me/other/x", command, kHere) == "root/home/me/other/x");
  CHECK(output_name("/home/me/build/../x", command, kHere) == "root/home/me/x");
  CHECK(output_path("here/sub/x.gcm", command, "/elsewhere") == "/elsewhere/sub/x.gcm");
  CHECK(output_path("root/home/me/x", command, "/elsewhere") == "/home/me/x");
  CHECK_FALSE(follows_object("here/x"));
}

TEST_CASE("an_output_of_an_unknown_kind_goes_nowhere") {
  CHECK(output_path("object", command_with(""), kHere).empty());
  CHECK(output_path("future", command_with("a.o"), kHere).empty());
}

TEST_CASE("outputs_that_no_file_can_take_the_place_of_are_left_to_the_compiler") {
  const test::TempDir temp;
  const auto at = [&](const char* name) { return OutputFile{"object", temp.path() / name}; };
  Command command;
  const auto look = [&](std::vector<OutputFile> outputs) { return look_at_outputs(outputs, command, Family::gcc); };
  CHECK(look({at("absent")}).empty());
  test::write_file(temp.path() / "file", "");
  CHECK(look({at("file")}).empty());
  CHECK(look({at("file"), at("file")}).starts_with("two outputs go to "));
  std::filesystem::create_hard_link(temp.path() / "file", temp.path() / "twin");
  CHECK(look({at("file")}).ends_with("has another name as well"));
  CHECK(look({{"object", "/dev/null"}}) == "output /dev/null is not a regular file");
  std::filesystem::create_symlink("absent", temp.path() / "link");
  CHECK(look({at("link")}).ends_with("is not a regular file"));
  test::write_file(temp.path() / "empty", "");
  CHECK(look({at("empty")}).empty());
  command.links = true;
  CHECK(look({at("empty")}).ends_with("is an empty file, whose mode a link may keep"));
}
