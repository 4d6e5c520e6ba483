// What is known of a command line before the compiler runs.
#include "zccache-cc/command/command.hpp"

#include <deque>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"
#include "zccache-cc/command/base_directory.hpp"
#include "zccache-cc/command/checkout.hpp"
#include "zccache-cc/command/response_files.hpp"
#include "zccache-cc/platform/paths.hpp"

using namespace zccache;
using namespace zccache::cc;

namespace {

struct Words {
  std::deque<std::string> kept;
  std::vector<char*> argv;

  explicit Words(const std::string& text) {
    std::istringstream stream(text);
    for (std::string word; stream >> word;) argv.push_back(kept.emplace_back(word).data());
  }
};

Command analyzed(const std::string& text) {
  static std::deque<Words> all;  // the command points into them
  auto command = analyze_command(all.emplace_back(text).argv);
  REQUIRE(command.has_value());
  return *std::move(command);
}

std::string refusal(const std::string& text) {
  const Words words(text);
  const auto command = analyze_command(words.argv);
  return command ? "" : command.error().why;
}

}  // namespace

TEST_CASE("outputs_are_named_joined_or_separately_and_do_not_count") {
  for (const char* text : {"-c a.c -o out/a.o -MD -MF a.d", "-c a.c -oout/a.o -MD -MFa.d"}) {
    const Command command = analyzed(text);
    CHECK(command.source == "a.c");
    CHECK(command.object == "out/a.o");
    CHECK(command.dependency_file == "a.d");
    CHECK(command.arguments == std::vector<std::string_view>{"-c", "a.c", "-o", "-MD", "-MF"});
  }
}

TEST_CASE("every_other_argument_counts_known_or_not") {
  const Command command = analyzed("-c a.c -O2 --frobnicate=7 -Wp,-MMD,x.d -I inc");
  CHECK(command.arguments == std::vector<std::string_view>{"-c", "a.c", "-O2", "--frobnicate=7", "-Wp,-MMD,x.d", "-I", "inc"});
}

TEST_CASE("the_value_of_an_option_is_no_source") {
  CHECK(analyzed("-I inc -include pre.h -x c++ -MT target a.c -c").source == "a.c");
  CHECK(refusal("-c -include pre.h") == "there is no source");
}

TEST_CASE("what_does_not_end_before_the_linker_is_a_link") {
  CHECK(analyzed("a.c -o program").links);
  CHECK(analyzed("a.o -lb -o program").object == "program");
  CHECK(analyzed("a.o -lb").object == "a.out");
  CHECK(refusal("-lb") == "there is no source");
  CHECK(refusal("a.o -Wl,--build-id=uuid") == "it asks for a random build ID");
  CHECK_FALSE(analyzed("-c a.c -Wl,--build-id=uuid").links);
  CHECK(analyzed("-g a.c -Wl,--compress-debug-sections=zlib").directory_counts);
  CHECK_FALSE(analyzed("-g a.c -Wl,--compress-debug-sections=none").directory_counts);
}

TEST_CASE("what_asks_the_compiler_about_itself_is_no_compile") {
  CHECK(refusal("--version") == "it asks the compiler about itself");
  CHECK(refusal("-v -c a.c") == "it asks the compiler about itself");
  CHECK(refusal("-print-search-dirs") == "it asks the compiler about itself");
  CHECK(refusal("-c -x c -") == "the source comes from standard input");
  for (const char* text : {"-S a.c", "-E a.c", "-M a.c", "-fsyntax-only a.c"}) {
    CHECK(refusal(text).empty());
    CHECK_FALSE(analyzed(text).links);
  }
}

TEST_CASE("outputs_that_are_not_clear_are_left_to_the_compiler") {
  CHECK(refusal("-c a.c -o") == "-o lacks its value");
  CHECK(refusal("-c a.c -o a.o -o b.o") == "-o names no file, or more than one");
  CHECK(refusal("-E a.c -o -") == "-o names no file, or more than one");
}

TEST_CASE("the_directory_counts_where_it_cannot_be_found_in_the_result") {
  for (const char* option : {"-flto", "-fopenmp", "--coverage", "-fprofile-generate", "-g -gz", "-frecord-gcc-switches"}) {
    CAPTURE(option);
    CHECK(analyzed(std::string("-c a.c ") + option).directory_counts);
  }
  for (const char* option : {"-g0", "-O2", "-Wall", "-fPIC", "-gz", "-g -gz -g0"})
    CHECK_FALSE(analyzed(std::string("-c a.c ") + option).directory_counts);
  for (const char* option : {"-g", "-ggdb3", "-g0 -g"}) CHECK(analyzed(std::string("-c a.c ") + option).directory_in_debug_info);
  for (const char* option : {"-g0", "-g -g0", "-gz"}) CHECK_FALSE(analyzed(std::string("-c a.c ") + option).directory_in_debug_info);
  CHECK(analyzed("-c a.c -g -gsplit-dwarf").object_name_counts);
  CHECK_FALSE(analyzed("-c a.c -g").object_name_counts);
}

TEST_CASE("a_directory_counts_in_debug_information_unless_one_map_takes_all_its_names_out") {
  const auto counts = [](const std::string& options, const WorkingDirectory& here) {
    static std::deque<std::string> kept;
    Words words("gcc -c a.c -g " + options);
    Command command = *analyze_command(std::span(words.argv).subspan(1));
    leave_out_mapped_directory(command, here, kept);
    return command.directory_counts;
  };
  const WorkingDirectory here{.physical = "/work/one/build", .logical = "/work/one/build"};
  const WorkingDirectory linked{.physical = "/work/one/build", .logical = "/home/link/build"};
  CHECK(counts("", here));
  CHECK_FALSE(counts("-ffile-prefix-map=/work/one=.", here));
  CHECK_FALSE(counts("-fdebug-prefix-map=/work/one/build=.", here));
  CHECK_FALSE(counts("-fdebug-compilation-dir=.", here));
  CHECK(counts("-fmacro-prefix-map=/work/one=.", here));
  CHECK(counts("-ffile-prefix-map=/work/on=.", here));
  CHECK(counts("-ffile-prefix-map=/work/one=a=b", here));
  CHECK(counts("-ffile-prefix-map=/work/one=. -fdebug-prefix-map=/work=x", here));
  CHECK(counts("-ffile-prefix-map=/work/one=.", linked));
  CHECK_FALSE(counts("-ffile-prefix-map=/work/one=. -ffile-prefix-map=/home/link=.", linked));
  CHECK(counts("-ffile-prefix-map=/work/one=. -ffile-prefix-map=/home=.", linked));
}

TEST_CASE("native_and_times_are_noticed") {
  CHECK(analyzed("-c a.c -march=native").asks_for_native);
  CHECK_FALSE(analyzed("-c a.c -march=x86-64").asks_for_native);
  CHECK(analyzed("-x c-header a.h -Xclang -fno-pch-timestamp").leaves_times_out);
}

TEST_CASE("response_files_are_read_where_all_compilers_read_them_alike") {
  using List = std::vector<std::string>;
  CHECK(words_of_response_file("-c a.c\n-o 'a b.o'  \"c\\\"d\"") == List{"-c", "a.c", "-o", "a b.o", "c\"d"});
  CHECK(words_of_response_file("") == List{});
  for (const char* odd : {"'a\\b'", "\"a\\b\"", "'open", "\xff\xfe", "a ''"}) CHECK_FALSE(words_of_response_file(odd));
  CHECK_FALSE(words_of_response_file_at("/no/such/file"));
}

TEST_CASE("paths_lose_what_leads_nowhere_else") {
  CHECK(without_dots("/a/./b//c/.") == "/a/b/c");
  CHECK(without_dots("/a/../b") == "/a/../b");
  CHECK(without_dots("/") == "/");
  CHECK(absolute_path("./x", "/a/b") == "/a/b/x");
  CHECK(absolute_path("/x", "/a/b") == "/x");
  CHECK(is_at_or_below("/a/b", "/a"));
  CHECK_FALSE(is_at_or_below("/ab", "/a"));
}

TEST_CASE("inputs_below_the_base_directory_are_named_from_here") {
  const test::TempDir temp;
  const std::string base = std::filesystem::canonical(temp.path());
  std::filesystem::create_directories(base + "/build");
  test::write_file(base + "/a.c", "");
  Words words("gcc -I " + base + " -isystem" + base + " -DX=" + base + " -c " + base + "/a.c -I/usr");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(base + "/build");
  name_relatively(base, base + "/build", words.argv, words.kept);
  std::filesystem::current_path(before);
  std::string text;
  for (const char* word : words.argv) text += std::string(word) + ' ';
  CHECK(text == "gcc -I .. -isystem.. -DX=" + base + " -c ../a.c -I/usr ");
}
