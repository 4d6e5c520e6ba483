#!/usr/bin/env bash
# Whatever the command line, the launcher gives what the bare compiler gives: every output, standard output and error, exit code. What can be
# served is served the second time.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir -p "$tree/src/include dir" "$tree/src/sys" "$tree/out/deep"
cat >"$tree/src/value.h" <<'SOURCE'
#pragma once
/* a comment */
#define VALUE 42
#ifndef SCALE
#define SCALE 1
#endif
SOURCE
echo '#define SPACED 7' >"$tree/src/include dir/spaced.h"
printf '#define FROM_SYSTEM 3\nint declared(void);\n' >"$tree/src/sys/system.h"
echo '#define FORCED 5' >"$tree/src/forced.h"
cat >"$tree/src/plain.c" <<'SOURCE'
#include "value.h"
static int twice(int x) { return 2 * x; }
int answer(void) { return twice(VALUE) * SCALE; }
SOURCE
cp "$tree/src/plain.c" "$tree/src/with space.c"
cp "$tree/src/plain.c" "$tree/src/no_extension"
cat >"$tree/src/plain.cpp" <<'SOURCE'
#include "value.h"
template <class T>
T twice(T x) {
  return 2 * x;
}
namespace {
struct Guard {
  ~Guard() {}
};
}  // namespace
int answer() {
  Guard guard;
  return twice(VALUE) * SCALE;
}
SOURCE
cat >"$tree/src/warns.c" <<'SOURCE'
#include "value.h"
int warns(int used, int unused) {
  int nowhere;
  if (used = VALUE) return 1 / 0;
  return used;
}
SOURCE
cp "$tree/src/warns.c" "$tree/src/warns.cpp"
printf '#warning the preprocessor warns\nint x;\n' >"$tree/src/directive.c"
echo 'int broken(' >"$tree/src/broken.c"
echo '#include "nowhere.h"' >"$tree/src/lost.c"
printf '#include "value.h"\n#include "spaced.h"\n#include <system.h>\nint sum = VALUE + SPACED + FROM_SYSTEM;\n' >"$tree/src/includes.c"
echo 'int forced = FORCED;' >"$tree/src/forced.c"
printf '#if __has_include("value.h")\nint has;\n#endif\n' >"$tree/src/has_include.c"
printf '#line 10 "grammar.y"\nint from_grammar(int a) { int unused; return a; }\n' >"$tree/src/generated.c"
printf 'const char* when(void) { return __FILE__; }\nint main(void) { return 0; }\n' >"$tree/src/main.c"
printf 'asm(".incbin \\"src/value.h\\"");\n' >"$tree/src/incbin.c"
: >"$tree/src/empty.s"
printf '.text\n.globl text\ntext:\n  ret\n' >"$tree/src/text.s"
printf '#include "value.h"\n.data\n  .long VALUE\n' >"$tree/src/text.S"
declare -A dumps=([gcc]=-fdump-tree-optimized [clang]=-fsave-optimization-record)
printf 'export int x;\n' >"$tree/src/unit.cppm"
echo '-c src/plain.c -o plain.o' >"$tree/src/arguments.rsp"

for c in gcc clang; do
  cached "$c: plain" $c -c src/plain.c -o plain.o
  cached "$c: no -o" $c -c src/plain.c
  cached "$c: joined -o" $c -c src/plain.c -oout/plain.o
  cached "$c: -o in another folder" $c -c src/plain.c -o out/deep/plain.o
  cached "$c: object by another name" $c -c src/plain.c -o out/plain.obj
  cached "$c: object by the longest name that a file can have" $c -MD -c src/plain.c -o "out/$(printf '%0253d' 7).o"
  cached "$c: source after the options" $c -O2 -o plain.o src/plain.c -c
  cached "$c: spaces in names" $c -c "src/with space.c" -o "out/with space.o" -Isrc "-Isrc/include dir"
  cached "$c: -O2 -g" $c -O2 -g -c src/plain.c -o plain.o
  cached "$c: -g3" $c -g3 -c src/plain.c -o plain.o -DSCALE=3
  cached "$c: -gdwarf-4 -gz" $c -gdwarf-4 -gz -c src/plain.c -o plain.o
  cached "$c: -gsplit-dwarf" $c -g -gsplit-dwarf -c src/plain.c -o out/plain.o
  cached "$c: -gsplit-dwarf without -o" $c -g -gsplit-dwarf -c src/plain.c
  cached "$c: --coverage" $c --coverage -frandom-seed=1 -c src/plain.c -o out/plain.c.o
  cached "$c: -MD" $c -MD -c src/plain.c -o out/plain.o
  cached "$c: -MMD without -o" $c -MMD -c src/plain.c
  cached "$c: -MD -MF" $c -MD -MF out/deps.mk -c src/plain.c -o plain.o
  cached "$c: as CMake with Ninja" $c -MD -MT out/plain.c.o -MF out/plain.c.o.d -o out/plain.c.o -c src/plain.c
  cached "$c: -MMD -MP -MQ" $c -MMD -MP '-MQ$(dir)/x.o' -MFout/x.d -c src/includes.c -o x.o -Isrc "-Isrc/include dir" -isystem src/sys
  cached "$c: -MD of a header that is only asked for" $c -MD -c src/has_include.c -o x.o
  cached "$c: -D -U" $c -DSCALE=2 -UOTHER -D NAME='"a b"' -c src/plain.c -o plain.o
  cached "$c: -iquote -idirafter" $c -iquote src -I "src/include dir" -idirafter src/sys -c src/includes.c -o plain.o
  cached "$c: -include" $c -include src/forced.h -c src/forced.c -o forced.o
  cached "$c: -imacros" $c -imacros src/forced.h -c src/forced.c -o forced.o
  cached "$c: warnings" $c -Wall -Wextra -c src/warns.c -o warns.o
  cached "$c: warnings in colour" $c -Wall -fdiagnostics-color=always -c src/warns.c -o warns.o
  cached "$c: warning of the preprocessor" $c -c src/directive.c -o directive.o
  cached "$c: #line to a file that nobody has" $c -Wall -c src/generated.c -o generated.o
  cached "$c: -std, -fPIC and -pipe" $c -std=c99 -fPIC -pipe -fno-common -c src/plain.c -o plain.o
  cached "$c: -m and -f options" $c -O3 -march=x86-64 -mavx2 -mno-avx512f -fno-strict-aliasing -ftree-vectorize -c src/plain.c -o plain.o
  cached "$c: -x c" $c -x c -c src/no_extension -o plain.o
  cached "$c: sanitizer" $c -fsanitize=undefined -c src/plain.c -o plain.o
  cached "$c: linker options" $c -Lnowhere -lnothing -Wl,-z,now -c src/plain.c -o plain.o
  cached "$c: -flto" $c -flto -frandom-seed=1 -c src/plain.c -o plain.o

  failing "$c: -Werror" $c -Wall -Werror -c src/warns.c -o warns.o
  failing "$c: -o in a missing folder" $c -c src/plain.c -o nowhere/plain.o

  failing "$c: syntax error before the preprocessor's end" $c -c src/lost.c -o lost.o
  failing "$c: unknown option" $c --no-such-option -c src/plain.c -o plain.o
  failing "$c: missing source" $c -c src/nowhere.c -o nowhere.o
  passed_on "$c: no source" $c -c
  passed_on "$c: no arguments" $c
  passed_on "$c: linking" $c src/main.c -o main
  passed_on "$c: --version" $c --version
  passed_on "$c: -v" $c -v -fsyntax-only src/plain.c
  passed_on "$c: -###" $c -pipe -### -c src/plain.c -o plain.o
  passed_on "$c: -print-search-dirs" $c -print-search-dirs
  passed_on "$c: -o to a device" $c -c src/plain.c -o /dev/null
  passed_on "$c: two times -o" $c -c src/plain.c -o plain.o -o other.o
  passed_on "$c: -o to a folder" $c -c src/plain.c -o src
  cached "$c: -E" $c -E src/plain.c
  cached "$c: -E -o" $c -E src/includes.c -Isrc "-Isrc/include dir" -isystem src/sys -o plain.i
  cached "$c: -E -dM" $c -E -dM src/plain.c
  cached "$c: -S" $c -S src/plain.c
  cached "$c: -S -fverbose-asm -o" $c -S -fverbose-asm src/plain.c -o out/plain.s
  cached "$c: -M" $c -M src/plain.c
  cached "$c: -MM -MF" $c -MM src/plain.c -MF out/plain.d
  cached "$c: -fsyntax-only" $c -fsyntax-only -Wall src/warns.c
  cached "$c: several sources" $c -c src/plain.c src/main.c
  cached "$c: @file" $c @src/arguments.rsp
  cached "$c: -Wp,-MD" $c -Wp,-MD,out/plain.d -c src/plain.c -o plain.o
  cached "$c: -Wp,-MMD -MT" $c -Wp,-MMD,out/plain.d -Wp,-MT,x -c src/plain.c -o plain.o
  cached "$c: -Wp,-D" $c -Wp,-DSCALE=3 -c src/plain.c -o plain.o
  cached "$c: -Wa" $c -Wa,--noexecstack -c src/plain.c -o plain.o
  cached "$c: -Xassembler -Xpreprocessor" $c -Xassembler --noexecstack -Xpreprocessor -DSCALE=3 -c src/plain.c -o plain.o
  cached "$c: -save-temps" $c -save-temps -c src/plain.c
  cached "$c: -save-temps=obj" $c -save-temps=obj -c src/plain.c -o out/plain.o
  cached "$c: assembler source" $c -c src/text.s -o text.o
  cached "$c: assembler source by -x" $c -x assembler -c src/text.s -o text.o
  cached "$c: assembler source that is preprocessed" $c -Isrc -c src/text.S -o text.o
  cached "$c: assembler source with -g -MD" $c -g -MD -Isrc -c src/text.S -o out/text.o
  cached "$c: .incbin" $c -c src/incbin.c -o incbin.o
  for text in '.INCBIN \"src/value.h\"' '.Include \"src/empty.s\"' '.\x69ncbin \"src/value.h\"' '\56incbin \"src/value.h\"' '.inc" "bin \"src/value.h\"' \
    '.macro m a\n.\\a\\()bin \"src/value.h\"\n.endm\nm inc' '.irp a, inc\n.\\a\\()bin \"src/value.h\"\n.endr'; do
    printf 'asm("%s");\nint x;\n' "$text" >"$tree/src/reads.c"
    cached "$c: $text" $c -c src/reads.c -o reads.o
  done
  # clang wants one, gcc does without.
  "$([[ $c == clang ]] && echo failing || echo cached)" "$c: -fprofile-use without a profile" $c -fprofile-use -c src/plain.c -o plain.o
  cached "$c: -march=native" $c -march=native -O3 -c src/plain.c -o plain.o
  cached "$c: -fstack-usage" $c -fstack-usage -c src/plain.c -o out/plain.o
  cached "$c: -ftime-trace or dumps" $c "${dumps[$c]}" -O1 -c src/plain.c -o out/plain.o
  printf '#include "src/value.h"\nint from_standard_input = VALUE;\n' >"$work/stdin"
  passed_on "$c: source from standard input" $c -x c -c - -o stdin.o
  unstored "$c: source is standard input by name, and a file" . $c -I. -x c -c /dev/stdin -o stdin.o
  echo '#include "/dev/stdin"' >"$tree/src/includes_stdin.c"
  unstored "$c: source includes standard input, a file" . $c -I. -c src/includes_stdin.c -o stdin.o
  mv "$work/stdin" "$work/piped"
  unstored "$c: source is a pipe by name" . $c -I. -x c -c /dev/stdin -o stdin.o
  unstored "$c: source includes a pipe" . $c -I. -c src/includes_stdin.c -o stdin.o
  rm "$work/piped"
done
failing "gcc: syntax error" gcc -c src/broken.c -o broken.o
cached "clang: another assembler" clang -fno-integrated-as -c src/plain.c -o plain.o
failing "clang: syntax error" clang -c src/broken.c -o broken.o

for c in g++ clang++; do
  cached "$c: plain" $c -c src/plain.cpp -o plain.o
  cached "$c: everything" $c -std=c++20 -O2 -g -Wall -Wextra -fPIC -DNDEBUG -Isrc -MD -MT x.o -MF x.d -o x.o -c src/plain.cpp
  cached "$c: -g -gsplit-dwarf --coverage -MD" $c -g -gsplit-dwarf --coverage -frandom-seed=1 -MD -c src/plain.cpp -o out/plain.cpp.o
  cached "$c: C source as C++" $c -x c++ -c src/plain.c -o plain.o
  cached "$c: a .c file" $c -c src/plain.c -o plain.o
  cached "$c: warnings" $c -Wall -Wextra -c src/warns.cpp -o warns.o
  cached "$c: -fno-exceptions -fno-rtti -fvisibility" $c -fno-exceptions -fno-rtti -fvisibility=hidden -c src/plain.cpp -o plain.o
  failing "$c: -Werror" $c -Wall -Werror -c src/warns.cpp -o warns.o
  "$([[ $c == clang++ ]] && echo failing || echo cached)" "$c: module interface" $c -std=c++20 -c src/unit.cppm -o unit.o
done
cached 'clang++: header' clang++ -x c++-header src/value.h -o out/value.h.pch

# gcc writes another precompiled header each time: what is served is one that it wrote.
forget_compiles
launched g++ -x c++-header src/value.h -o out/value.h.gch
decided 'g++: header' miss
mv "$work/launched" "$work/first"
launched g++ -x c++-header src/value.h -o out/value.h.gch
decided 'g++: header, again' hit
expect 'g++: header, again: the same' diff -r "$work/first" "$work/launched"
rm -rf "$work/first"

# A precompiled header is used by the compiler in the place of a header.
for c in gcc clang; do
  cp "$tree/src/forced.h" "$tree/src/pre.h"
  (cd "$tree" && $c -x c-header src/pre.h -o "src/pre.h.gch")
  cached "$c: -include of a precompiled header" $c -include src/pre.h -c src/forced.c -o forced.o
  rm "$tree/src/pre.h.gch"
done
cp "$tree/src/pre.h" "$tree/src/first.h"
(cd "$tree" && gcc -x c-header src/first.h -o src/first.h.gch)
printf '#include "first.h"\nint forced = FORCED;\n' >"$tree/src/uses_first.c"
cached 'gcc: #include of a precompiled header' gcc -c src/uses_first.c -o forced.o

# An object with another name is the compiler's business: it may write into both.
forget_compiles
launched gcc -c src/plain.c -o plain.o
(cd "$tree" && touch named.o && ln named.o linked.o)
(cd "$tree" && "$cc" gcc -c src/plain.c -o named.o)
expect 'an object with another name has one content by both' cmp "$tree/named.o" "$tree/linked.o"
expect 'an object with another name is the compiler'"'"'s' cmp "$work/launched/plain.o" "$tree/linked.o"
finish
