// The form of a text without its comments.
#include "zccache-cc/facts/comments.hpp"

#include <string>

#include "catch.hpp"

using namespace zccache::cc;

namespace {

std::string form(std::string_view text) { return without_comments(text).value_or("none"); }

}  // namespace

TEST_CASE("comments_become_blanks_of_their_width") {
  CHECK(form("a /* b */ c\n") == "a         c\n");
  CHECK(form("a/**/b\n") == "a    b\n");
  CHECK(form("a /*\tb */ c\n") == "a   \t     c\n");  // the width of a tab depends on where it stands
}

TEST_CASE("blanks_and_comments_at_the_end_of_a_line_are_nothing") {
  CHECK(form("a // b\n") == "a\n");
  CHECK(form("a /* b */ \t\n") == "a\n");
  CHECK(form("a  \nb // http://c\n") == "a\nb\n");
}

TEST_CASE("a_comment_that_begins_a_line_leaves_a_mark_where_it_is_indented_to") {
  CHECK(form("  // a\n") == "  \3\n");
  CHECK(form("  /* a\n   b */ c\n") == "  \3\1\n   \3    c\n");
  CHECK(form("\t/* a */\n") == "\t\3\n");
}

TEST_CASE("a_comment_looks_like_no_token") {
  CHECK(form("return a\n  /*x*/-b;\n") != form("return a\n  /    -b;\n"));
  CHECK(form("a /* \xc3\xa9 */;\n") != form("a    \xc3\xa9    ;\n"));
}

TEST_CASE("a_text_that_does_not_end_with_a_line_says_so") {
  CHECK(form("a") == "a\2");
  CHECK(form("a\n// b") == "a\n\3\2");
  CHECK(form("a\n") == "a\n");
}

TEST_CASE("the_end_of_a_line_within_a_comment_is_another_one_than_that_of_a_directive") {
  CHECK(form("#define A /*\n*/ b\n") != form("#define A\n   b\n"));
  CHECK(form("#define A /* c\n*/ b\n") == form("#define A /* d e\n*/ b\n"));
  CHECK(form("/* one\n two */ a\n") == form("/* 1\n 2   */ a\n"));
}

TEST_CASE("literals_stay_as_they_are") {
  for (const char* text : {"\"/* a */\" \"//\"\n", "'\"' /**/ '\\''\n", "L'/' u8\"\\\"//\"\n", "\"a?\"\"?\"\n"}) {
    CAPTURE(text);
    std::string expected = text;
    if (const auto at = expected.find(" /**/ "); at != std::string::npos) expected.replace(at, 6, "      ");
    CHECK(form(text) == expected);
  }
}

TEST_CASE("what_a_compiler_may_read_in_a_comment_stays") {
  CHECK(form("// Falls Through\n") == "// Falls Through\n");
  CHECK(form("/* fall\n through */\n") == "/* fall\1\n through */\n");
  CHECK(form("a /* \xe2\x80\xae b */ c\n") == "a /* \xe2\x80\xae b */ c\n");
}

TEST_CASE("the_beginning_of_a_comment_in_a_comment_stays") {
  CHECK(form("/* /* a */ b\n") == "/* /* a */ b\n");
  CHECK(form("a // /* b\n") == "a\n");
  CHECK(form("a //*b\nc */\n") == "a\nc */\n");  // where // begins a comment at all
}

TEST_CASE("a_text_that_could_be_read_in_two_ways_has_no_form") {
  for (const std::string_view text : {"R\"(//)\"\n",
                                      "u8R\"x()x\"\n",
                                      "1'000\n",
                                      "#error don't\n",
                                      "\"a\n",
                                      "\"a\\\nb\"\n",
                                      "'a\n",
                                      "/* a",
                                      "// a \\\n b\n",
                                      "// a \\ \n b\n",
                                      "/* *\\\n/\n",
                                      "/* *\\\n\\\n/ */\n",
                                      "/\\\n/ a\n",
                                      "\?\?/\n",
                                      "// \?\?/\n b\n",
                                      "\"\?\?/\"\n",
                                      "a\rb\n",
                                      "a\1b\n",
                                      "/* \1 */\n",
                                      "a \3\n",
                                      "// \3\n",
                                      "#include <a//b>\n",
                                      "# include_next <a/*b>\n",
                                      "%:include <a//b>\n",
                                      "#include \"a\\\" // \"\n",
                                      "#define A \\ // b\nc\n",
                                      "#include <a\\\n//b>\n",
                                      "R\\\n\"(//)\"\n",
                                      "\\ /* a\n*/\n",
                                      "a \\ \nb\n",
                                      "1.'0'\n",
                                      "1e+'0'\n",
                                      "$R\"(a)\"\n",
                                      "\\\n#include <a//b>\n",
                                      "/* falls */ #include <a//b>\n",
                                      "#if __has_include(<x\">)\n",
                                      "#pragma mark one /* two\n*/\n",
                                      "\\\f\n"}) {
    CAPTURE(text);
    CHECK_FALSE(without_comments(text));
  }
  CHECK_FALSE(without_comments(std::string_view("a\0b", 3)));
}

TEST_CASE("what_only_looks_unusual_has_one") {
  for (const std::string_view text : {"FOOR\"x\"\n", "a < b / c\n", "#define A(x) \\\n  #x \\\n  // end\n", "a ? b : c\n", "\"what?\"\n",
                                      "#if A < B\n", "#define A (1 << 0) /* b */\n", "/* a */\n#define A \\\n b\n", "/* a \\\n b */\n"}) {
    CAPTURE(text);
    CHECK(without_comments(text));
  }
}

TEST_CASE("a_text_that_embeds_others_says_so") {
  CHECK(may_read_bytes("#embed <a>\n"));
  CHECK(may_read_bytes("#  embed \"a\"\n"));
  CHECK(may_read_bytes("asm(\".incbin \\\"a\\\"\");\n"));
  CHECK(may_read_bytes("#pragma clang diagnostic error \"-Wdocumentation\"\n"));
  CHECK(may_read_bytes("_Pragma(\"GCC diagnostic error \\\"-Wx\\\"\")\n"));
  CHECK(may_read_bytes("#pragma GCC diagnostic WHAT\n"));
  CHECK(may_read_bytes("#em\\\nbed <a>\n"));
  CHECK(may_read_bytes("asm(\".inc\" \"bin\");\n"));
  CHECK_FALSE(may_read_bytes("#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored \"-Wx\"\nint embedded, diagnostics;\n"));
  CHECK_FALSE(may_read_bytes("#define _Static_assert(condition, diagnostic) \\\n  condition\n"));
}

TEST_CASE("sources_and_headers_are_known_by_their_names") {
  for (const char* path : {"a.c", "/usr/include/c++/12/vector", "b.hpp", "x/y.inc"}) CHECK(is_named_like_text(path));
  for (const char* path : {"a.bin", "a.pcm", "/x/a.h.gch", "libm.so.6", "list", "d.ef/g"}) CHECK_FALSE(is_named_like_text(path));
}
