// Which files know the times of others.
#include "zccache-cc/facts/times_search.hpp"

#include <elf.h>

#include <string>

#include "catch.hpp"

using namespace zccache::cc;

namespace {

std::string elf(char type, const std::string& rest) {
  std::string bytes(sizeof(Elf64_Ehdr), '\0');
  bytes.replace(0, SELFMAG, ELFMAG);
  bytes[offsetof(Elf64_Ehdr, e_type)] = type;
  return bytes + rest;
}

}  // namespace

TEST_CASE("a_pragma_of_gcc_compares_times_of_what_is_read") {
  CHECK(times_known_by("#pragma GCC dependency \"a.h\"") == KnowsTimes::of_what_is_read);
  CHECK(times_known_by("_Pragma(\"GCC \\\n dependency\")") == KnowsTimes::of_what_is_read);
  CHECK(times_known_by("GCCdependency, dependency GCC, a dependency") == KnowsTimes::no);
}

TEST_CASE("a_syntax_tree_of_clang_knows_times_of_what_is_asked") {
  CHECK(times_known_by("CPCH and so on") == KnowsTimes::of_what_is_asked);
  CHECK(times_known_by(" CPCH") == KnowsTimes::no);
  CHECK(times_known_by(elf(ET_REL, "..__clangast..")) == KnowsTimes::of_what_is_asked);
}

TEST_CASE("programs_have_such_words_in_them_and_know_no_times") {
  CHECK(times_known_by(elf(ET_DYN, "__clangast GCC dependency")) == KnowsTimes::no);
  CHECK(times_known_by(elf(ET_EXEC, "__clangast GCC dependency")) == KnowsTimes::no);
}

TEST_CASE("what_lies_across_two_pieces_is_found") {
  const std::string text = std::string(200, ' ') + "GCC dependency" + std::string(200, ' ');
  const std::string object = elf(ET_REL, std::string(200, ' ') + "__clangast");
  for (std::size_t cut = 64; cut < 230; ++cut) {
    TimesSearch of_text;
    of_text.add(text.substr(0, cut));
    of_text.add(text.substr(cut));
    CHECK(of_text.found() == KnowsTimes::of_what_is_read);
    TimesSearch of_object;
    of_object.add(object.substr(0, cut));
    of_object.add(object.substr(cut));
    CHECK(of_object.found() == KnowsTimes::of_what_is_asked);
  }
}
