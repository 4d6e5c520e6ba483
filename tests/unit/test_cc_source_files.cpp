// Which files a preprocessed text was made of, and whether they are still the same.
#include "zccache-cc/source_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"
#include "zccache-cc/preprocess.hpp"

using namespace zccache;
using namespace zccache::cc;
using test::TempDir;
using test::write_file;

namespace {
using Names = std::vector<std::string>;

// A moment that everything written so far was certainly written before.
timespec after_everything_so_far(const TempDir& temp) {
  const std::filesystem::path probe = temp.path() / "probe";
  timespec now{};
  struct stat status {};
  write_file(probe, "");
  do {
    now = file_clock_now();
    ::stat(probe.c_str(), &status);
  } while (!is_before(status.st_ctim, now));
  return now;
}
}  // namespace

TEST_CASE("files_are_named_once_in_order") {
  CHECK(named_files("# 0 \"a.c\"\n# 1 \"dir/b.h\" 1\nint x;\n# 2 \"a.c\" 2\n# 1 \"c.h\" 1 3 4\n") == Names{"a.c", "dir/b.h", "c.h"});
}

TEST_CASE("names_that_are_no_files_are_left_out") {
  CHECK(named_files("# 0 \"<built-in>\"\n# 1 \"<command-line>\"\n# 1 \"<command line>\" 1\n# 1 \"/home/me//\"\n# 1 \"\"\n").empty());
}

TEST_CASE("escapes_in_names_are_undone") {
  CHECK(named_files("# 1 \"a\\\"b\\\\c.h\" 1\n# 1 \"\\303\\244.h\" 1\n") == Names{"a\"b\\c.h", "\xc3\xa4.h"});
  CHECK(named_files("# 1 \"a\\tb\\nc\\\\t.h\" 1\n") == Names{"a\tb\nc\\t.h"});
}

TEST_CASE("lines_that_only_look_like_markers_name_nothing") {
  CHECK(named_files("#pragma once\n# pragma \"x\"\nint a; # 1 \"b.h\"\n# x \"c.h\"\n# 12\n# 1 \"unfinished\n#").empty());
}

TEST_CASE("digest_is_of_the_content") {
  const TempDir temp;
  write_file(temp.path() / "a", "one");
  write_file(temp.path() / "b", "one");
  write_file(temp.path() / "c", "two");
  write_file(temp.path() / "empty", "");
  const auto files = read_files({temp.path() / "a", temp.path() / "b", temp.path() / "c", temp.path() / "empty"});
  REQUIRE(files.has_value());
  CHECK((*files)[0].digest == (*files)[1].digest);
  CHECK((*files)[0].digest != (*files)[2].digest);
  CHECK((*files)[3].stamp.size == 0);
}

TEST_CASE("file_that_nobody_has_counts_as_absent") {
  const TempDir temp;
  write_file(temp.path() / "file", "");
  const auto files = read_files({temp.path() / "grammar.y", temp.path() / "file" / "below"});
  REQUIRE(files.has_value());
  CHECK_FALSE((*files)[0].exists);
  CHECK_FALSE((*files)[1].exists);
}

TEST_CASE("what_is_no_regular_file_is_not_cacheable") {
  const TempDir temp;
  REQUIRE(::mkfifo((temp.path() / "fifo").c_str(), 0600) == 0);
  CHECK_FALSE(read_files({temp.path() / "fifo"}).has_value());
  CHECK_FALSE(read_files({temp.path()}).has_value());
}

TEST_CASE("change_after_the_start_is_seen") {
  const TempDir temp;
  const std::filesystem::path path = temp.path() / "a.h";
  write_file(path, "old");
  const timespec start = after_everything_so_far(temp);
  const auto files = read_files({path, temp.path() / "absent"});
  REQUIRE(files.has_value());
  CHECK(changed_since(start, *files) == nullptr);

  SECTION("rewritten with the same size") {
    write_file(path, "new");
    CHECK(changed_since(start, *files) == &files->front());
  }
  SECTION("replaced by one with an old time stamp") {
    write_file(temp.path() / "other", "new");
    std::filesystem::last_write_time(temp.path() / "other", std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    std::filesystem::rename(temp.path() / "other", path);
    CHECK(changed_since(start, *files) == &files->front());
  }
  SECTION("removed") {
    std::filesystem::remove(path);
    CHECK(changed_since(start, *files) == &files->front());
  }
  SECTION("absent before, there now") {
    write_file(temp.path() / "absent", "");
    CHECK(changed_since(start, *files) == &files->back());
  }
}

TEST_CASE("moment_in_the_same_tick_is_not_before") {
  CHECK(is_before({5, 100}, {5, 101}));
  CHECK(is_before({4, 999}, {5, 0}));
  CHECK_FALSE(is_before({5, 100}, {5, 100}));
  CHECK_FALSE(is_before({5, 0}, {5, 100}));  // perhaps of a file system that keeps whole seconds
  CHECK_FALSE(is_before({6, 0}, {5, 100}));
}

TEST_CASE("text_that_reads_other_files_is_recognised") {
  CHECK(reads_other_files("asm(\".incbin \\\"x\\\"\");") != nullptr);
  CHECK(reads_other_files("asm(\".incbin\\t\\\"x\\\"\");") != nullptr);
  CHECK(reads_other_files("asm(\"nop; .include \\\"x\\\"\");") != nullptr);
  CHECK(reads_other_files("#pragma GCC pch_preprocess \"a.gch\"\n") != nullptr);
  CHECK(reads_other_files("int x;\n\xC2\xA0 #include <a.h>\n") != nullptr);
  CHECK(reads_other_files(" \xE2\x80\x83#include <a.h>") != nullptr);
  CHECK(reads_other_files("# 1 \"a.h\"\n  #pragma x\n\xE2\x80\x9C#\n\"\xC2\xA0#\"\n\xC2\xA0\n#") == nullptr);
  CHECK(reads_other_files("range.includes(x); a.include(b); a.increment(); a.include, b.macro; c.irp[1]; d.incbin.e") == nullptr);
  CHECK(reads_other_files("") == nullptr);
}

TEST_CASE("assembler_text_that_reads_other_files_is_recognised_however_it_is_spelled") {
  for (const char* text : {
           R"x(".INCBIN \"x\"")x",
           R"x(".Include \"x\"")x",
           R"x(".incbin/**/\"x\"")x",
           R"x(".incbin\040\"x\"")x",
           R"x(".\x69ncbin \"x\"")x",
           R"x("\56incbin \"x\"")x",
           R"x("\x02eINCBIN \"x\"")x",
           R"x(".\u0069ncbin \"x\"")x",
           R"x("\x{2e}\o{151}ncbin \"")x",
           R"x(".\U00000049ncbin \"x\"")x",
           R"x(".\151\156c\142in \"x\"")x",
           R"x("\N{FULL STOP}incbin")x",
           R"x(".inc" "bin \"x\"")x",
           "\".\"\n# 17 \"a.c\"\n \"incbin\"",
           R"x(".incbin" "\"x\"")x",
           R"x(R"-(.inc)-" R"(bin "x")")x",
           R"x(".macro m a\n.\\a")x",
           R"x("\n.MACRO m")x",
           R"x(".irp a,inc")x",
           R"x(".irpc a,inc")x",
           R"x(".incbin)x",
           ".include",
       }) {
    CAPTURE(text);
    CHECK(reads_other_files(text) != nullptr);
  }
  for (const char* text :
       {R"x(".inc" "bins \"x\"")x", R"x("." "includes")x", R"x(".inc", "bin")x", R"x("\\58 incbin")x", R"x("\0\1\x2e\x69\x70")x", R"x("\x2e)x",
        R"x(".\)x", R"x("\x{)x", R"x("." )x", R"x(.)x", R"x(".inc" R"-()x", R"x(".macros ")x", R"x(".irpcd ")x"}) {
    CAPTURE(text);
    CHECK(reads_other_files(text) == nullptr);
  }
}
