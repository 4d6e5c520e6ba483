// What the launcher makes of a compiler's command line.
#include "zccache-cc/arguments.hpp"

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"
#include "zccache-cc/option_table.hpp"
#include "zccache-cc/response_files.hpp"

using namespace zccache;
using namespace zccache::cc;

namespace {

// Arguments separated by spaces, kept alive with what was parsed from them.
struct Command {
  explicit Command(const std::string& line) {
    std::istringstream in(line);
    for (std::string word; in >> word;) words.push_back(word);
    for (const std::string& word : words) arguments.push_back(word.c_str());
    parsed = parse_arguments(arguments);
  }

  std::vector<std::string> words;
  std::vector<const char*> arguments;
  Cacheable<ParsedCommand> parsed = NotCacheable{};
};

std::string why_not(const std::string& line) {
  const Command command(line);
  return command.parsed ? "cacheable" : command.parsed.error().why;
}

std::string joined(const auto& words) {
  std::string line;
  for (const auto& word : words) line.append(line.empty() ? "" : " ").append(word);
  return line;
}

std::string outputs_of(const std::string& line) {
  const Command command(line);
  REQUIRE(command.parsed.has_value());
  std::string all;
  for (const OutputFile& output : command.parsed->outputs) all += output.name + "=" + output.path.string() + " ";
  return all;
}

std::string key_arguments_of(const std::string& line) {
  const Command command(line);
  REQUIRE(command.parsed.has_value());
  return joined(command.parsed->key_arguments);
}

}  // namespace

TEST_CASE("object_without_o_lies_in_the_working_directory_under_the_name_of_the_source") {
  CHECK(outputs_of("-c dir/a.cpp") == "object=a.o ");
  CHECK(outputs_of("-c dir/a.b.cpp") == "object=a.b.o ");
  CHECK(outputs_of("-x c -c dir.d/a") == "object=a.o ");
}

TEST_CASE("values_may_be_joined_or_separate") {
  CHECK(outputs_of("-c a.c -o out/b.o") == "object=out/b.o ");
  CHECK(outputs_of("-c a.c -oout/b.o") == "object=out/b.o ");
  CHECK(outputs_of("-c a.c -MD -MFb.d") == "object=a.o dependencies=b.d ");
  CHECK(key_arguments_of("-c a.c -D X=1 -DY -isystem s -Idir -std=c++20") == "-D X=1 -DY -std=c++20");
}

TEST_CASE("outputs_beside_the_object_have_its_name") {
  CHECK(outputs_of("-c a.c -MD") == "object=a.o dependencies=a.d ");
  CHECK(outputs_of("-c a.c -MMD -o d/x.c.o") == "object=d/x.c.o dependencies=d/x.c.d ");
  CHECK(outputs_of("-g -gsplit-dwarf --coverage -c a.c -o d/x.o") == "object=d/x.o dwo=d/x.dwo gcno=d/x.gcno ");
  CHECK(why_not("-c a.c -MD -o x.obj") == "it has outputs beside an object that is not named .o");
  CHECK(why_not("-c a.c -o x.obj") == "cacheable");
}

TEST_CASE("preprocessor_gets_everything_but_where_outputs_go") {
  const Command command("-O2 -c a.c -o a.o -Iinc -MD -MF a.d -MT x -include f.h -DX");
  REQUIRE(command.parsed.has_value());
  CHECK(joined(command.parsed->preprocessor_arguments) == "-O2 a.c -Iinc -MD -MT x -include f.h -DX");
}

TEST_CASE("only_search_paths_and_places_of_outputs_do_not_count") {
  CHECK(key_arguments_of("-O2 -c a.c -o a.o -I inc -iquote q -idirafter d -MD -MF a.d -MT x -include f.h -DX -UY -Wall") ==
        "-O2 -MD -MT x -include f.h -DX -UY -Wall");
}

TEST_CASE("directory_and_object_path_matter_where_they_get_into_an_output") {
  const auto matter = [](const std::string& line) {
    const Command command(line);
    REQUIRE(command.parsed.has_value());
    return std::string(command.parsed->directory_matters ? "directory " : "") + (command.parsed->object_path_matters ? "object" : "");
  };
  CHECK(matter("-c a.c -O2").empty());
  CHECK(matter("-c a.c -g") == "directory ");
  CHECK(matter("-c a.c -ggdb3") == "directory ");
  CHECK(matter("-c a.c -flto") == "directory ");
  CHECK(matter("-c a.c -flto=auto") == "directory ");
  CHECK(matter("-c a.c -fopenmp") == "directory ");
  CHECK(matter("-c a.c -fopenacc") == "directory ");
  CHECK(matter("-c a.c -fno-lto -fno-openmp -fno-openacc").empty());
  CHECK(matter("-c a.c -gsplit-dwarf") == "directory object");
  CHECK(matter("-c a.c --coverage") == "directory object");
  CHECK(matter("-c a.c -fprofile-arcs") == "directory object");
  CHECK(matter("-c a.c -MD") == "object");
  CHECK(matter("-c a.c -MD -MT x").empty());
  CHECK(matter("-c a.c -MD -MQ x").empty());
}

TEST_CASE("auto_colour_is_no_choice") {
  CHECK_FALSE(Command("-c a.c").parsed->colour_is_chosen);
  CHECK_FALSE(Command("-c a.c -fdiagnostics-color=auto").parsed->colour_is_chosen);
  CHECK(Command("-c a.c -fdiagnostics-color").parsed->colour_is_chosen);
  CHECK(Command("-c a.c -fdiagnostics-color=never").parsed->colour_is_chosen);
  CHECK(Command("-c a.c -fno-color-diagnostics").parsed->colour_is_chosen);
  CHECK_FALSE(Command("-c a.c -fdiagnostics-color=always -fdiagnostics-color=auto").parsed->colour_is_chosen);
}

TEST_CASE("what_is_not_a_compile_of_one_source_is_not_cacheable") {
  CHECK(why_not("") == "there is no source");
  CHECK(why_not("-c") == "there is no source");
  CHECK(why_not("a.c") == "it does more than compile: there is no -c");
  CHECK(why_not("a.c -o a") == "it does more than compile: there is no -c");
  CHECK(why_not("-c a.c b.c") == "there are several sources");
  CHECK(why_not("-c a.o") == "the source is neither C nor C++ by its name");
  CHECK(why_not("-c a.s") == "the source is neither C nor C++ by its name");
  CHECK(why_not("-c a.hpp") == "the source is neither C nor C++ by its name");
  CHECK(why_not("-c -x c -") == "the source comes from standard input");
  CHECK(why_not("@args") == "response files are not read");
  CHECK(why_not("-c a.c -E") == "option -E: it makes no object file");
}

TEST_CASE("unknown_and_refused_options_are_not_cacheable") {
  for (const std::string option : {"-fsyntax-only",
                                   "-save-temps",
                                   "-save-temps=obj",
                                   "-fplugin=x.so",
                                   "-fplugin-arg-x-y=z",
                                   "-fdump-tree-all",
                                   "-fprofile-use",
                                   "-fprofile-generate=d",
                                   "-fmodules-ts",
                                   "-march=native",
                                   "-mtune=native",
                                   "-march=native+crypto",
                                   "-Wp,-MD,x.d",
                                   "-Wa,-a=list",
                                   "-Xclang",
                                   "-specs=x",
                                   "-B/usr/lib/x",
                                   "-wrapper",
                                   "-fstack-usage",
                                   "-ftime-trace",
                                   "-fno-no-such-thing",
                                   "-frecord-gcc-switches",
                                   "-grecord-gcc-switches",
                                   "-M",
                                   "-MM",
                                   "-MG",
                                   "-MJ",
                                   "-P",
                                   "-C",
                                   "-H",
                                   "-v",
                                   "-###",
                                   "--no-such-option",
                                   "-arch",
                                   "-include-pch",
                                   "-emit-llvm",
                                   "-fdiagnostics-format=json",
                                   "-imultilib",
                                   "-ObjC",
                                   "-mllvm",
                                   "-fno-modules-x",
                                   "-fno-profile-arcs"}) {
    INFO(option);
    CHECK(why_not("-c a.c " + option).find(option) != std::string::npos);
  }
}

TEST_CASE("contradictions_are_left_to_the_compiler") {
  CHECK(why_not("-c a.c -o") == "option -o lacks its value");
  CHECK(why_not("-c a.c -o a.o -o b.o") == "option -o is given twice");
  CHECK(why_not("-c a.c -MD -MF -") == "option -MF names no file");
  CHECK(why_not("-c a.c -MF a.d") == "it names a dependency file or target but makes none");
  CHECK(why_not("-c a.c -MT x") == "it names a dependency file or target but makes none");
  CHECK(why_not("-c a.c -x c++") == "option -x stands after the source");
  CHECK(why_not("-x c++-header -c a.h") == "language c++-header is not cached");
}

TEST_CASE("longest_option_name_wins") {
  CHECK(find_option("-W")->meaning == Meaning::plain);
  CHECK(find_option("-Wall")->name == "-W");
  CHECK(find_option("-Wp,-DX")->meaning == Meaning::refused);
  CHECK(find_option("-Wp,-D_FORTIFY_SOURCE=2")->meaning == Meaning::plain);
  CHECK(find_option("-Wl,-z,now")->meaning == Meaning::plain);
  CHECK(find_option("-include")->meaning == Meaning::forced_include);
  CHECK(find_option("-include-pch")->meaning == Meaning::refused);
  CHECK(find_option("-MD")->meaning == Meaning::make_dependencies);
  CHECK(find_option("-M")->meaning == Meaning::refused);
}

TEST_CASE("plain_f_options_have_a_negation") {
  CHECK(find_option("-fno-exceptions")->meaning == Meaning::plain);
  CHECK(find_option("-fno-sanitize=all")->meaning == Meaning::plain);
  CHECK(find_option("-fno-builtin-memcpy")->meaning == Meaning::plain);
  CHECK(find_option("-fno-test-coverage") == nullptr);
  CHECK(find_option("-fno-plugin=x") == nullptr);
  CHECK(find_option("-fno-") == nullptr);
}

TEST_CASE("words_of_a_response_file_are_separated_and_unquoted_as_compilers_do") {
  using Words = std::vector<std::string>;
  CHECK(words_of_response_file("") == Words{});
  CHECK(words_of_response_file(" a\tb\r\n c ") == Words{"a", "b", "c"});
  CHECK(words_of_response_file("'a b' \"c 'd'\" e' 'f") == Words{"a b", "c 'd'", "e f"});
  CHECK(words_of_response_file(R"x(a\ b \"c\" "d\"e\\" \\)x") == Words{"a b", "\"c\"", "d\"e\\", "\\"});
}

TEST_CASE("response_file_that_compilers_read_differently_has_no_words") {
  for (const std::string_view content :
       {std::string_view("'a"), std::string_view("\"a"), std::string_view("''"), std::string_view("\"\""), std::string_view("'a\\b'"),
        std::string_view("\"a\\b\""), std::string_view("a\\"), std::string_view("a\\\nb"), std::string_view("a\vb"), std::string_view("a\fb"),
        std::string_view("a\0b", 3), std::string_view("\xef\xbb\xbf a")}) {
    INFO(content);
    CHECK_FALSE(words_of_response_file(content).has_value());
  }
}

namespace {
// Why `@file` is not read, or empty.
std::string why_not_expanded(const std::filesystem::path& file) {
  std::string compiler = "gcc";
  std::string argument = "@" + file.string();
  std::vector<char*> argv{compiler.data(), argument.data()};
  ResponseFiles files;
  const auto expanded = files.expand(argv);
  return expanded ? std::string() : expanded.error().why;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}
}  // namespace

TEST_CASE("response_files_are_read_a_bounded_number_of_times") {
  const test::TempDir temp;
  const std::string one = "@" + (temp.path() / "one").string() + " ";
  const std::string many = "@" + (temp.path() / "many").string() + " ";
  test::write_file(temp.path() / "one", "");
  test::write_file(temp.path() / "many", repeated(one, 90));
  test::write_file(temp.path() / "fewer", repeated(many, 10));
  test::write_file(temp.path() / "more", repeated(many, 12));
  CHECK(why_not_expanded(temp.path() / "fewer").empty());
  CHECK(why_not_expanded(temp.path() / "more").ends_with("there are too many of them"));
}

TEST_CASE("response_files_are_read_up_to_a_bounded_number_of_bytes") {
  const test::TempDir temp;
  const std::string large = "@" + (temp.path() / "large").string() + " ";
  test::write_file(temp.path() / "large", repeated(std::string(1023, ' ') + "\n", 1024));
  test::write_file(temp.path() / "fewer", repeated(large, 15));
  test::write_file(temp.path() / "more", repeated(large, 17));
  test::write_file(temp.path() / "huge", "");
  std::filesystem::resize_file(temp.path() / "huge", std::uintmax_t{1} << 40);
  CHECK(why_not_expanded(temp.path() / "fewer").empty());
  CHECK(why_not_expanded(temp.path() / "more").ends_with("there is too much in them"));
  CHECK(why_not_expanded(temp.path() / "huge").ends_with("there is too much in them"));
}
