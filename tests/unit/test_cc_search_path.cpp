// Where headers are looked for, and what else decides a compile: the compiler's own answer, read.
#include <string>
#include <vector>

#include "catch.hpp"
#include "zccache-cc/compiler_macros.hpp"
#include "zccache-cc/search_path.hpp"

using namespace zccache::cc;
using Names = std::vector<std::string>;

TEST_CASE("macros_of_the_compiler_are_read_from_what_it_prints") {
  const CompilerMacros macros = parse_macros("#define __x86_64__ 1\n#define __linux 1\n#define f(x) x ## LL\nelse\n#define A -(0x7f)");
  CHECK(macros.names == Names{"__linux", "f", "A"});
  CHECK(macros.words == Names{"0x7f", "LL"});
}

TEST_CASE("search_path_is_read_from_what_the_compiler_prints") {
  const auto path = parse_search_path(
      "Using built-in specs.\nignoring nonexistent directory \"/usr/local/include/x\"\nignoring duplicate directory \"dir\"\n"
      "  as it is a non-system directory\n#include \"...\" search starts here:\n quoted\n#include <...> search starts here:\n first dir\n "
      "/usr/include\n"
      "End of search list.\n");
  REQUIRE(path.has_value());
  CHECK(path->directories == Names{"/usr/local/include/x", "dir", "quoted", "first dir", "/usr/include"});
}

TEST_CASE("blanks_of_a_search_folder_are_kept_and_lines_without_one_are_not_understood") {
  const auto path = parse_search_path("#include <...> search starts here:\n  a \nEnd of search list.\n");
  REQUIRE(path.has_value());
  CHECK(path->directories == Names{" a "});
  CHECK_FALSE(parse_search_path("#include <...> search starts here:\n a\nb\nEnd of search list.\n").has_value());
}

TEST_CASE("search_path_that_does_not_end_is_not_known") {
  CHECK_FALSE(parse_search_path("").has_value());
  CHECK_FALSE(parse_search_path("#include <...> search starts here:\n /usr/include\n").has_value());
}

TEST_CASE("what_a_file_decides_is_not_cacheable") {
  for (const char* said : {"Reading specs from /x\n", "Configuration file: /x\n", "Configuration file: /x\nEnd of search list.\n"}) {
    const auto path = parse_search_path(said);
    REQUIRE(path.has_value());
    CHECK(path->not_cacheable == "/x decides what the compiler does");
    REQUIRE(path->steering.size() == 1);
    CHECK(path->steering[0].path == "/x");
  }
}

TEST_CASE("places_where_a_file_would_decide_are_known") {
  const auto gcc = parse_search_path("End of search list.\nCOMPILER_PATH=/a/:/b\nLIBRARY_PATH=/c/:/\n");
  REQUIRE(gcc.has_value());
  Names files;
  for (const StampedPath& file : gcc->steering) files.push_back(file.path);
  CHECK(files == Names{"/a/specs", "/b/specs", "/c/specs", "/specs"});
}

TEST_CASE("files_that_clang_reads_besides_are_known") {
  const auto path = parse_search_path(
      " \"/proc/clang\" -cc1 -fsanitize=address -resource-dir \"/proc/r s\" \"-fsanitize-system-ignorelist=/proc/r s/l\" -x c\n"
      "End of search list.\n");
  REQUIRE(path.has_value());
  CHECK(path->not_cacheable.empty());
  REQUIRE(path->watched.size() == 2);
  CHECK(path->watched[0].path == "/proc");
  CHECK(path->watched[1].path == "/proc");  // where "r s" would have to appear
  REQUIRE(path->programs.size() == 1);
  CHECK(path->programs[0].path == "/proc/r s/l");
}

TEST_CASE("clang_that_does_not_assemble_itself_is_not_cacheable") {
  const auto path = parse_search_path(" \"/usr/bin/clang\" -cc1 -no-integrated-as -x c\nEnd of search list.\n");
  REQUIRE(path.has_value());
  CHECK(path->not_cacheable == "clang looks for an assembler");
}

TEST_CASE("path_of_clang_that_is_escaped_is_not_cacheable") {
  const auto path = parse_search_path(" \"/a\\$b/clang\" -cc1 -x c\nEnd of search list.\n");
  REQUIRE(path.has_value());
  CHECK(path->not_cacheable == "a path of clang's own is not understood");
}
