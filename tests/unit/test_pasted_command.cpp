// Lines as people paste them: how they are split, and which command of them is the compile.
#include <string>
#include <vector>

#include "catch.hpp"
#include "common/suggestion.hpp"
#include "pasted_command.hpp"

using namespace zccache;
using namespace zccache::index_tool;

using Words = std::vector<std::string>;

TEST_CASE("a line is split as a shell does") {
  CHECK(words_of_line("").empty());
  CHECK(words_of_line(" gcc\t-c  a.c\n") == Words{"gcc", "-c", "a.c"});
  CHECK(words_of_line(R"(gcc '-DA="x y"' -c)") == Words{"gcc", "-DA=\"x y\"", "-c"});
  CHECK(words_of_line(R"("-DA=\"b\"" "\n" '\n')") == Words{"-DA=\"b\"", "\\n", "\\n"});
  CHECK(words_of_line(R"(a\ b \\ '' "")") == Words{"a b", "\\", "", ""});
  CHECK(words_of_line("one \\\n two") == Words{"one", "two"});
  CHECK(words_of_line("an open 'quote") == Words{"an", "open", "quote"});
  CHECK(words_of_line("a\\") == Words{"a\\"});
}

TEST_CASE("operators are words of their own, unless quoted") {
  CHECK(words_of_line("a&&b||c;d|e") == Words{"a", "&&", "b", "||", "c", ";", "d", "|", "e"});
  CHECK(words_of_line("'&&' \";\" a\\;b") == Words{"&&", ";", "a;b"});
  CHECK(words_of_line("a & b") == Words{"a", "&", "b"});
}

TEST_CASE("what stands before the compiler goes") {
  const auto words_of = [](const char* line) { return command_among(words_of_line(line)).words; };
  const Words compile{"g++", "-c", "a.cpp"};
  CHECK(words_of("g++ -c a.cpp") == compile);
  CHECK(words_of("[3/9] ccache g++ -c a.cpp") == compile);
  CHECK(words_of("[3/9 12.5/s eta 3 s] : && /usr/bin/zccache-cc g++ -c a.cpp && :") == compile);
  CHECK(words_of("ccache sccache distcc g++ -c a.cpp") == compile);
  CHECK(words_of("mkdir -p out && g++ -c a.cpp && strip a.o") == compile);
  CHECK(words_of("protoc a.proto") == Words{"protoc", "a.proto"});
  CHECK(words_of("cd src").empty());
  CHECK(words_of("[3/9] :").empty());
  CHECK(words_of("A=1").empty());
}

TEST_CASE("directories and assignments before the compiler are kept") {
  const PastedCommand command = command_among(words_of_line("cd src && cd sub && A=1 env B='2 3' g++ -DX=1 -c a.cpp"));
  CHECK(command.directory == "src/sub");
  CHECK(command.variables == std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", "2 3"}});
  CHECK(command.words == Words{"g++", "-DX=1", "-c", "a.cpp"});
  CHECK(command_among(words_of_line("cd src && cd /top && gcc -c a.c")).directory == "/top");
}

TEST_CASE("the nearest name differs in two letters at most, or is the only one that begins so") {
  const std::vector<std::string> names{"stats", "list", "clear", "config", "remove", "report"};
  CHECK(tools::nearest_name("stast", names) == "stats");
  CHECK(tools::nearest_name("lst", names) == "list");
  CHECK(tools::nearest_name("conf", names) == "config");
  CHECK(tools::nearest_name("re", names).empty());
  CHECK(tools::nearest_name("frobnicate", names).empty());
  CHECK(tools::nearest_name("", names).empty());
  CHECK(tools::nearest_name(std::string(100'000, 'x'), names).empty());
}
