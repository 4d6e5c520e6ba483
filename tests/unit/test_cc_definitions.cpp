// Headers that only define macros, and what of them a compile can see.
#include "zccache-cc/facts/definitions.hpp"

#include <array>
#include <string>
#include <vector>

#include "catch.hpp"
#include "zccache-cc/facts/words.hpp"

using namespace zccache::cc;

namespace {

using Names = std::vector<std::string_view>;

Names names(std::string_view form) { return Definitions(form).names(); }

}  // namespace

TEST_CASE("plain_macros_that_are_defined_once_are_found") {
  CHECK(names("#define A 1\n#  define B\t\"b\"\n #define C\n#define D (-2)\n#define E 1.2.3\n#define F ( a )") ==
        Names{"A", "B", "C", "D", "E"});
}

TEST_CASE("macros_that_a_compiler_may_say_something_about_are_left_alone") {
  for (const char* line : {"#define A(x) x",
                           "#define A(x)",
                           "#define A \"a\\n\"",
                           "#define A x##y",
                           "#define A 'a'",
                           "#define A __VA_ARGS__",
                           "#define A @",
                           "#define A \xe2\x80\xae",
                           "#define _A 1",
                           "#define a 1",
                           "#define A \\\n1",
                           "#define A \1\n 1",
                           "#define A \"a\"B",
                           "#define A a<b",
                           "#define A \"a?\"",
                           "#define A a$b",
                           "#define A and",
                           "#define A u\"a\"",
                           "#define A (1",
                           "#define A$B 1",
                           "#define WIN32 1",
                           "#define A\"b\"",
                           "#defineA 1",
                           "#define A 1\n#define A 2",
                           "#define A 1\n#undef B\n#define A 1",
                           "#define B \\\n#define A 1",
                           "define A 1",
                           "#"}) {
    CAPTURE(line);
    CHECK(names(line) == Names{});
  }
}

TEST_CASE("a_header_of_nothing_but_directives_is_known") {
  CHECK(Definitions("\n#ifndef A_H\n#define A_H\n#define A 1\n#endif\n").are_all());
  CHECK(Definitions("\3\1\n \3 \1\n \3\n#define A 1\n  \3\n").are_all());
  CHECK_FALSE(Definitions("#define A 1\nint a;\n").are_all());
  CHECK_FALSE(Definitions("#include <a.h>\n").are_all());
}

TEST_CASE("a_value_counts_where_its_name_is_used") {
  const Definitions definitions("#define A 1\n#define B 2\nint b;\n");
  const std::array used{hash_of_word("B")};
  CHECK(definitions.without_values(used) == "#define A\n#define B 2\nint b;\n");
  CHECK(definitions.without_values({}) == "#define A\n#define B\nint b;\n");
  CHECK(definitions.without_names() == "#define  1\n#define  2\nint b;\n");
}

TEST_CASE("words_of_a_text_are_all_that_may_be_a_name") {
  const auto has = [](std::string_view text, std::string_view word) {
    WordSet words;
    words.add_text(text);
    return words.has(hash_of_word(word));
  };
  CHECK(has("int alpha;", "alpha"));
  CHECK(has("\"push_macro(\\\"BETA\\\")\"", "BETA"));
  CHECK(has("x/* gamma */", "gamma"));
  CHECK(has("DEL\\\nTA", "DELTA"));
  CHECK(has("DEL\\ \nTA", "DELTA"));
  CHECK(has("DEL\?\?/\nTA", "DELTA"));
  CHECK_FALSE(has("int alphabet; alph a", "alpha"));
}

TEST_CASE("a_name_may_be_put_together_of_words_and_of_numbers") {
  WordSet words;
  words.add_text("CONFIG_ FOO BA R x1");
  for (const char* name : {"FOO", "CONFIG_FOO", "CONFIG_BAR", "FOO12R", "CONFIG_", "FOOUL", "FOO1x", "FOO0x7fffffff", "FOOdouble"}) {
    CAPTURE(name);
    CHECK(words.may_name(name));
  }
  for (const char* name : {"FO", "CONFIG_BAZ", "CONFIG"}) {
    CAPTURE(name);
    CHECK_FALSE(words.may_name(name));
  }
}

TEST_CASE("a_set_holds_more_words_than_it_had_room_for") {
  WordSet words;
  for (int i = 0; i < 100000; ++i) words.add_text("word" + std::to_string(i));
  for (int i = 0; i < 100000; i += 997) CHECK(words.has(hash_of_word("word" + std::to_string(i))));
  CHECK_FALSE(words.has(hash_of_word("word100000")));
}
