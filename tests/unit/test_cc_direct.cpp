// What direct mode is made of: the names in a source, the manifest's bytes.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"
#include "zccache-cc/description.hpp"
#include "zccache-cc/directives.hpp"
#include "zccache-cc/macro_questions.hpp"
#include "zccache-cc/manifest.hpp"
#include "zccache-cc/manifest_check.hpp"
#include "zccache-cc/source_files.hpp"

using namespace zccache;
using namespace zccache::cc;
using test::TempDir;
using test::write_file;

namespace {
using Names = std::vector<std::string>;

Directives scanned(std::string_view source) {
  Directives found;
  scan_directives(source, found);
  return found;
}

Names names_in(std::string_view source) {
  Names names;
  for (const HeaderName& header : scanned(source).headers) names.push_back((header.quoted ? "\"" : "<") + header.name);
  return names;
}

MacroQuestions asked_by(const std::vector<const char*>& sources) {
  std::vector<Asked> asked;
  for (const char* source : sources) asked.push_back({std::to_string(asked.size()), scanned(source)});
  return macro_questions(asked, {{"linux"}, {"1", "LL"}});
}

struct Owned {
  std::vector<Recipe> recipes;
  std::string bytes = encode_manifest(recipes);
  std::optional<ManifestView> view = ManifestView::open(bytes);
};

Recipe recipe(Digest result, std::string_view path, Digest content) {
  return {result, {{path, FactKind::content, {1, 2, 3, 4, 5}, content}}, {{"folder", {0, 6, 7, 8, 9}, false, {"a.h", "b.h"}}}};
}

FileStamp stamp_at(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return stamp_of(status);
}
}  // namespace

TEST_CASE("names_in_directives_are_found_however_they_are_written") {
  CHECK(names_in("#include <a.h>\n # include\t\"b/c.h\"\n#include_next<d.h>\n#import <e.h>\n") == Names{"<a.h", "\"b/c.h", "<d.h", "<e.h"});
  CHECK(names_in("#/* x */include/* y */<a.h>\n/* z */ #include <b.h>\n") == Names{"<a.h", "<b.h"});
  CHECK(names_in("#inc\\\nlude \\\n <a.h>\n#include <b\\\r\n.h>\n") == Names{"<a.h", "<b.h"});
  CHECK(names_in("#define HEADER <a.h>\n") == Names{"<a.h"});
  CHECK(names_in("#include STRING(a.h)\n#include S(S_(b/c-d.h) )\n#include S(A)\n#include S(\n#include S(a b.h)\n") ==
        Names{"\"a.h", "\"b/c-d.h"});
  CHECK(names_in("included <a.h>\n#pragma once <b.h>\n# 1 \"c.h\"\n").empty());
  CHECK(names_in("#include <unfinished\n#include \"\"\n").empty());
}

TEST_CASE("names_in_conditions_are_tested_for") {
  const Directives found = scanned("#if __has_include(<a.h>) && HAS(\"b.h\")\n#elif __has_include_next ( <c.h> )\n#include <d.h>\n");
  REQUIRE(found.headers.size() == 4);
  CHECK(found.headers[0].place == Place::condition);
  CHECK(found.headers[1].place == Place::condition);
  CHECK(found.headers[1].quoted);
  CHECK(found.headers[2].place == Place::condition);
  CHECK(found.headers[3].place == Place::include);
  CHECK(found.unsafe == nullptr);
}

TEST_CASE("what_no_name_tells_is_unsafe_or_computed") {
  CHECK(scanned("#include HEADER\n").computed_include);
  CHECK_FALSE(scanned("#include <a.h>\n").computed_include);
  for (const char* source : {"__DATE__",
                             "x __TIME__ y",
                             "f(__TIMESTAMP__)",
                             "___DATE__",
                             "__DA\\\nTE__",
                             "#embed <data>\n",
                             "#if __has_embed(<data>)\n",
                             "%:include <a.h>\n",
                             "?\?=include <a.h>\n",
                             "#inc?\?/\nlude <a.h>\n",
                             "#/*\n*/include \"a.h\"\n",
                             "#if f(R\"(\"/*)\") && A\n",
                             "#define A /*\n*/ u8R\"(\"/*)\" B\n",
                             "#define A \xC3\xA9R\"(\"/*)\" B\n",
                             "\xEF\xBB\xBF#embed <data>\n",
                             "x\r#embed <data>\n",
                             "/* x\n*/ #embed <data>\n",
                             "# /* without an end\n",
                             "#define A(x) __has_embed(x)\n",
                             "#if 1 && /*\n*/ __has_embed(<a>)\n",
                             "#\xC2\xA0include <a.h>\n",
                             "\xC2\xA0#define\xE2\x80\x83"
                             "A <a.h>\n",
                             "#define A\xE3\x80\x80<a.h>\n",
                             "#pragma GCC dependency \"a.y\"\n",
                             "#pragma GCC /* */ dependency \"a.y\"\n",
                             "_Pragma(\"clang  dependency \\\"a.y\\\"\")\n"}) {
    INFO(source);
    CHECK(scanned(source).unsafe != nullptr);
  }
  for (const char* source :
       {"__TIMER__", "#ifdef __has_include\n", "#if defined(__has_include)\n", "#define HAS(x) __has_include(x)\n", "100%: x\n",
        "# /* a\n * comment */\n#define A\n", "# /* a\n */ // #embed <data>\n", "#define LEVELS {\"DEBUG\", \"ERROR\"}\n",
        "#define A 1 /* R\"( */\n", "x #embed <data>\n", "// see #embed\n", "#define A \"\xE2\x80\x9C\"\n", "* a dependency of GCC\n"}) {
    INFO(source);
    CHECK(scanned(source).unsafe == nullptr);
  }
}

TEST_CASE("a_macro_of_time_is_found_wherever_it_stands_in_a_long_source") {
  for (const std::size_t place : {0, 1, 4093, 4094, 4095, 4096, 4097, 8190, 12'000}) {
    CAPTURE(place);
    for (const char* macro : {"__DATE__", "__TIME__", "__TIMESTAMP__"}) {
      std::string source(place, ' ');
      source += macro;
      CHECK(scanned(source).unsafe != nullptr);
      CHECK(scanned(source + std::string(5000, ' ')).unsafe != nullptr);
    }
  }
}

TEST_CASE("definitions_and_conditions_are_kept_without_comments") {
  CHECK(scanned("#if A /* x */ && B // y\n# define /* z */ C(x) \"//\" x\n").lines == "if A   && B \ndefine C(x) \"//\" x\n");
  CHECK(scanned("#if A && /* one\n two */ __has_include(<a.h>)\n").headers.size() == 1);
  CHECK(scanned("#define A \\ \n <a.h>\n").lines == "define A  <a.h>\n");
}

TEST_CASE("macro_that_only_stands_for_header_names_is_certain") {
  for (const char* source : {
           "#define A <a.h>\n#if __has_include(A)\n",
           "#define A \"a.h\" // comment\n#if __has_include( A )\n",
           "#define A B\n#define B <b/c-d.h++>\n#if __has_include_next(A)\n",
           "#ifdef X\n#define A <a.h>\n#else\n#define A <b.h>\n#endif\n#if __has_include(A)\n",
           "#define HAS(x) __has_include(x)\n#define A <a.h>\n#if HAS(A) || HAS(\"b.h\") || HAS(<c.h>)\n",
           "#define HAS(x, y) __has_include(x)\n#define A <a.h>\n",
           "#define HAS_A __has_include(A)\n#define A <a.h>\n#if HAS_A && defined(__has_include)\n",
           "#define HAS_ __has_include\n#define A <a.h>\n#if HAS_(A)\n",
           "#ifndef __has_include\n#define __has_include(x) 0\n#endif\n#if __has_include(A)\n",
           "#if __has_include(NOWHERE)\n",
           "#define A(x) <x>\n#if __has_include(A)\n",
           "#define linux 1\n#if __has_include(<linux/a.h>)\n",
           "#define GLUE(a, b) a##b\n#define ERROR_TEXT \"GLUE(__has_, include)\"\n#define HAS_TYPE(x) __has_##x\n#if __has_include(<a.h>)\n",
           "/* how #define is to include a macro */\n#define HAS_TYPE(x) __has_##x\n#if __has_include(<a.h>)\n",
           "#define F(x) __has_##x + i + n + c + l + u + d + e\n#if __has_include(<a.h>)\n",
           "// by a #define\n#define A __has_include(<t/t.h>)\n#if A\n",
       }) {
    INFO(source);
    CHECK(asked_by({source}).uncertain.empty());
  }
}

TEST_CASE("macro_that_may_stand_for_another_name_is_uncertain") {
  for (const char* source : {
           "#define A(x) <x.h>\n#if __has_include(A(a))\n",
           "#define S(x) #x\n#define A S(a.h)\n#if __has_include(A)\n",
           "#define A <DIR/a.h>\n#define DIR x/y\n#if __has_include(A)\n",
           "#define A <linux/a.h>\n#if __has_include(A)\n",
           "#define A <__a__.h>\n#if __has_include(A)\n",
           "#define A <a b.h>\n#if __has_include(A)\n",
           "#define A <a.h>\n#define A \"b.h\" B\n#if __has_include(A)\n",
           "#if __has_include(__FILE__)\n",
           "#define A B\n#define B __FILE__\n#if __has_include(A)\n",
           "#define HAS(x) __has_include(x)\n#define S(x) #x\n#if HAS(S(a.h))\n",
           "#define HAS(x) __has_include(<x>)\n",
           "#define HAS(x) __has_include(x)\n#define a b.c\n#if HAS(<a.h>)\n",
           "#define CALL(f, x) f(x)\n#if CALL(__has_include, A)\n",
           "#define HAS_ __has_include\n#define HAS(x) HAS_(x)\n#define A B(x)\n#if HAS(A)\n",
           "#define BOTH(a, b) (__has_include(a) && __has_include(b))\n#define A(x) <x.h>\n#if BOTH(<a.h>, A(b))\n",
           "#define undefined(x) !(x)\n#define A(x) <x.h>\n#if undefined(__has_include(A(a)))\n",
           "#define HAS(x) HAS_##x\n#define HAS_A __has_include(\"a.h\")\n#if HAS(A)\n",
           "#define GLUE(a, b) a##b\n#define A(x) <x.h>\n#if GLUE(__has_, include)(A(a))\n",
           "#define GLUE(a, b, c) a##b##c\n#define A(x) <x.h>\n#if GLUE(__, has, _include)(A(a))\n",
           "#define GLUE(a, b) a##b\n#define A(x) <x.h>\n#if GLUE(__has, GLUE_(_, include))(A(a))\n",
           "#define GLUE(a, b) a %:%: b\n#define A(x) <x.h>\n#if GLUE(__has_, include)(A(a))\n",
           "#define LINE(x) HAS_##x\n#define HAS_3 __has_include(\"a.h\")\n#if LINE(__LINE__)\n",
           "#define HAS_LL __has_include(\"a.h\")\n#if __INT64_C(HAS_)\n",
           "#define A '\"' + include + '\"'\n#define GLUE(x) __has_##x\n",
           "#define GLUE(x) __has_##x\n#if GLUE(embed)(<a.h>)\n",
           "#define HAS\\u00e9(x) __has_include(x)\n#define A(x) <x.h>\n#if HAS\xC3\xA9(A(a))\n",
           "#define A\\u00e9 S(a)\n#if __has_include(A\xC3\xA9)\n",
           "#define HAS$(x) __has_include(x)\n#define A(x) <x.h>\n#if HAS$(A(a))\n",
           "#define HAS\xC3\xA9(x) __has_include(x)\n#define A(x) <x.h>\n#if HAS\xC3\xA9(A(a))\n",
           "#define /*\n*/ A S(a.h)\n#if __has_include(A)\n",
           "#define \"a\" __has_include(A)\n",
       }) {
    INFO(source);
    CHECK_FALSE(asked_by({source}).uncertain.empty());
  }
}

TEST_CASE("macro_may_be_defined_in_another_file_than_it_is_asked_for_in") {
  CHECK(asked_by({"#define A <a.h>\n", "#if __has_include(A)\n"}).uncertain.empty());
  CHECK(asked_by({"#define A S(a)\n", "#if __has_include(A)\n"}).uncertain == "0: __has_include of a macro: A");
  CHECK(asked_by({"#define HAS_A __has_include(\"a.h\")\n", "#if HAS_A\n", "#if __has_include(\"b.h\")\n"}).askers == Names{"1"});
  Names names;
  for (const HeaderName& header : asked_by({"#define A <a/b.h>\n#define a c\n#define b(x) x\n", "#define c a\n#if __has_include(A)\n"}).names)
    names.push_back(header.name);
  CHECK(names == Names{"a/b.h", "c/b.h"});
  for (const char* macro : {"A=S(a)", " A=S(a)", "/**/A=S(a)"}) {
    Asked line{"command line", {}};
    scan_command_macro(macro, line.directives);
    CHECK_FALSE(macro_questions({line, {"a.c", scanned("#if __has_include(A)\n")}}, {}).uncertain.empty());
  }
}

TEST_CASE("manifest_gives_back_what_was_put_into_it") {
  const Owned one{{recipe({1, 2}, "a.h", {3, 4}), recipe({5, 6}, "a.h", {7, 8}), recipe({9, 9}, "a.h", {3, 4})}};
  REQUIRE(one.view.has_value());
  CHECK(one.view->recipe_count() == 3);
  CHECK(one.view->file_count() == 2);    // the first and the third share theirs
  CHECK(one.view->folder_count() == 1);  // all share it
  for (std::size_t i = 0; i < one.recipes.size(); ++i) {
    const Recipe back = one.view->recipe(i);
    CHECK(back.result == one.recipes[i].result);
    CHECK(back.files[0].path == "a.h");
    CHECK(back.files[0].digest == one.recipes[i].files[0].digest);
    CHECK(back.files[0].stamp == one.recipes[i].files[0].stamp);
    CHECK(back.folders[0].stamp == one.recipes[i].folders[0].stamp);
    CHECK(back.folders[0].absent == one.recipes[i].folders[0].absent);
  }
}

TEST_CASE("manifest_is_read_wherever_it_lies") {
  const Owned one{{recipe({1, 2}, "a.h", {3, 4})}};
  for (std::size_t shift = 0; shift < 8; ++shift) {
    const std::string moved = std::string(shift, ' ') + one.bytes;
    const auto view = ManifestView::open(std::string_view(moved).substr(shift));
    REQUIRE(view.has_value());
    CHECK(view->path(0) == std::string_view("a.h"));
  }
}

TEST_CASE("bytes_that_are_no_manifest_are_refused_or_read_without_harm") {
  const Owned one{{recipe({1, 2}, "a.h", {3, 4}), recipe({5, 6}, "b.h", {7, 8})}};
  for (std::size_t size = 0; size < one.bytes.size(); ++size)
    CHECK_FALSE(ManifestView::open(std::string_view(one.bytes).substr(0, size)).has_value());
  for (std::size_t at = 0; at < one.bytes.size(); ++at) {
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string bytes = one.bytes;
      bytes[at] = byte;
      const auto view = ManifestView::open(bytes);
      for (std::size_t i = 0; view && i < view->recipe_count(); ++i) (void)view->recipe(i);
    }
  }
}

TEST_CASE("manifest_holds_by_stamp_without_reading_and_by_content_otherwise") {
  const TempDir temp;
  const std::string path = temp.path() / "a.h";
  write_file(path, "one");
  FileStamp stamp = stamp_at(path);
  const Digest wrong{1, 1};
  const Owned by_stamp{{{{1, 2}, {{path, FactKind::content, stamp, wrong}}, {}}}};
  CHECK(ManifestCheck(*by_stamp.view).holds(0));
  stamp.modified_ns += 1;
  const Owned by_content{{{{1, 2}, {{path, FactKind::content, stamp, wrong}}, {}}}};
  ManifestCheck check(*by_content.view);
  CHECK_FALSE(check.holds(0));
  CHECK(check.changes(0) == Names{path + " has changed"});
}

TEST_CASE("files_of_one_content_stay_to_one_another_what_they_were") {
  const TempDir temp;
  const std::string one = temp.path() / "one.h";
  const std::string two = temp.path() / "two.h";
  write_file(one, "same");
  write_file(two, "same");
  const auto age = [](const std::string& path, int seconds) {
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - std::chrono::seconds(seconds));
    do {
    } while (!is_settled(stamp_at(path), file_clock_now()));
  };
  std::string content;
  const auto fact = [&](const std::string& path) {
    const auto file = read_file(path, content);
    REQUIRE(file.has_value());
    return FileFact{path, FactKind::content, file->stamp, file->digest};
  };
  age(one, 100);
  std::filesystem::last_write_time(two, std::filesystem::last_write_time(one));
  const Recipe equal{{1, 2}, {fact(one), fact(two)}, {}};
  age(two, 50);
  const Recipe other{{3, 4}, {fact(one), fact(two)}, {}};
  const Owned both{{equal, other}};
  ManifestCheck check(*both.view);
  CHECK_FALSE(check.holds(0));
  CHECK_FALSE(check.changes(0).empty());
  CHECK(check.holds(1));
  std::filesystem::last_write_time(one, std::filesystem::last_write_time(two));
  age(two, 50);
  std::filesystem::last_write_time(one, std::filesystem::last_write_time(two));
  do {
  } while (!is_settled(stamp_at(one), file_clock_now()));
  ManifestCheck later(*both.view);
  CHECK(later.holds(0));
  CHECK_FALSE(later.holds(1));
}

TEST_CASE("manifest_holds_as_long_as_no_unwanted_name_appears") {
  const TempDir temp;
  const std::string folder = temp.path();
  const Owned one{{{{1, 2}, {}, {{folder, {}, false, {"a.h", "b.h"}}}}}};
  write_file(temp.path() / "c.h", "");
  CHECK(ManifestCheck(*one.view).holds(0));
  const char* name = GENERATE("a.h", "b.h", "a.h.gch");
  write_file(temp.path() / name, "");
  ManifestCheck check(*one.view);
  CHECK_FALSE(check.holds(0));
  CHECK(check.changes(0) == Names{folder + "/" + name + " is new, and the compiler would look there first"});
}

TEST_CASE("description_can_be_taken_apart_again") {
  Description description;
  description.add("argument", "-DX=\"a b\\c\nd\"");
  description.add("argument", "");
  description.add("source", std::string("nul\0", 4));
  const std::vector<DescribedPart> parts{{"argument", "-DX=\"a b\\c\nd\""}, {"argument", ""}, {"source", std::string("nul\0", 4)}};
  CHECK(parts_of(description.text()) == parts);
}

TEST_CASE("different_descriptions_have_different_keys") {
  Description one;
  one.add("argument", "a");
  one.add("argument", "b");
  Description other;
  other.add("argument", "a\nargument b");
  CHECK(one.hex_digest() != other.hex_digest());
}
