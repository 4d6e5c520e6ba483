#!/usr/bin/env bash
# Direct mode: a hit without preprocessing where nothing has changed that the compiler would see; never where something has.
source "$(dirname "$0")/launcher.sh" "$1"

way() { sed -nE 's/.*: (direct|preprocessed)$/\1/p' "$ZCCACHE_LOG" | tail -n 1; } # in which a hit was found

# Two include folders, the first of them empty, and a header beside the source.
reset_sources() {
  rm -rf "$tree"
  mkdir -p "$tree"/src/{first,second/deep}
  printf '#define VALUE 1\n' >"$tree/src/second/value.h"
  printf '#define DEEP 1\n' >"$tree/src/second/deep/deep.h"
  printf '#define BESIDE 1\n' >"$tree/src/beside.h"
  printf '#include "beside.h"\n#include <value.h>\n#include <deep/deep.h>\nint f(int unused) { return VALUE + BESIDE + DEEP; }\n' >"$tree/src/a.c"
}
options=(-Isrc/first -Isrc/absent -Isrc/second)

# The same compile before and after a change. Before, it is a direct hit. After, it is right, and found in the way that is said.
after() { # name, direct|preprocessed|miss|none, change, command…
  reset_sources
  [[ -z ${prepare-} ]] || eval "$prepare"
  remove_cache
  launched "${@:4}"
  launched "${@:4}"
  expect "$1: direct before ($(way))" test "$(way)" = direct
  eval "$3"
  bare "${@:4}"
  launched "${@:4}"
  same_as_bare "$1: right after"
  local found
  found=$(way)
  expect "$1: found after: ${found:-$(decision)}" test "${found:-$(decision)}" = "$2"
  [[ $2 == pass ]] && return
  launched "${@:4}"
  same_as_bare "$1: right again"
}
# The same compile twice, and the second may be found by preprocessing only.
never() { # name, sources are made by, command…
  reset_sources
  eval "$2"
  remove_cache
  launched "${@:3}"
  launched "${@:3}"
  expect "$1: not direct ($(way))" test "$(way)" != direct
  bare "${@:3}"
  launched "${@:3}"
  same_as_bare "$1: right"
}

for c in gcc clang; do
  compile=("$c" "${options[@]}" -Wall -Wextra -c src/a.c -o a.o)
  after "$c: nothing" direct : "${compile[@]}"
  after "$c: touched" direct 'touch "$tree"/src/a.c "$tree"/src/*/*.h' "${compile[@]}"
  after "$c: header of another content and the same size" miss 'echo "#define VALUE 2" >"$tree/src/second/value.h"' "${compile[@]}"
  after "$c: header of another content, the same size and time" miss '
    cp -p "$tree/src/second/value.h" "$work/old"; echo "#define VALUE 2" >"$tree/src/second/value.h"; touch -r "$work/old" "$tree/src/second/value.h"' "${compile[@]}"
  after "$c: header replaced by an older file" miss '
    echo "#define VALUE 2" >"$work/older.h"; touch -d "2 days ago" "$work/older.h"; mv "$work/older.h" "$tree/src/second/value.h"' "${compile[@]}"
  after "$c: source" miss 'echo "int g;" >>"$tree/src/a.c"' "${compile[@]}"
  after "$c: comment" miss 'sed -i "1i/* new */" "$tree/src/a.c"' "${compile[@]}"
  after "$c: header removed" pass 'rm "$tree/src/second/value.h"' "${compile[@]}"

  # Headers that shadow
  after "$c: header in an earlier folder" miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  after "$c: header in an earlier folder that was not there" miss 'mkdir "$tree/src/absent"; echo "#define VALUE 2" >"$tree/src/absent/value.h"' "${compile[@]}"
  after "$c: folder in an earlier folder" miss 'mkdir "$tree/src/first/deep"; echo "#define DEEP 2" >"$tree/src/first/deep/deep.h"' "${compile[@]}"
  after "$c: header beside the source" miss 'echo "#define VALUE 2" >"$tree/src/value.h"; sed -i s/.value.h./\"value.h\"/ "$tree/src/a.c"' "${compile[@]}"
  prepare='sed -i s/.value.h./\"value.h\"/ "$tree/src/a.c"' \
    after "$c: quoted header beside the source" miss 'echo "#define VALUE 2" >"$tree/src/value.h"' "${compile[@]}"
  after "$c: header of the system in an earlier folder" direct 'echo "#error" >"$tree/src/first/stdio.h"' "${compile[@]}"
  prepare='sed -i "1i#include <stddef.h>" "$tree/src/a.c"' \
    after "$c: header of the system, shadowed" miss 'echo "#define BESIDE 7" >"$tree/src/first/stddef.h"; rm "$tree/src/beside.h"; : >"$tree/src/beside.h"' "${compile[@]}"
  after "$c: other files in the folders" direct 'touch "$tree"/src/{,first/,second/}other.h' "${compile[@]}"
  after "$c: folder of the search path, empty" preprocessed 'mkdir "$tree/src/absent"' "${compile[@]}"
  prepare='mkdir "$tree/src/old" "$tree/src/new"; ln -s old "$tree/src/absent"; echo "#define VALUE 2" >"$tree/src/new/value.h"' \
    after "$c: folder that is a symlink to another" miss 'ln -sfn new "$tree/src/absent"' "${compile[@]}"
  prepare='mkdir "$tree/src/absent"; mv "$tree/src/second/value.h" "$tree/src/one.h"; ln -s one.h "$tree/src/value.h"; ln -s ../value.h "$tree/src/second/value.h"; echo "#define VALUE 2" >"$tree/src/two.h"' \
    after "$c: header that is a symlink to another" miss 'ln -sfn two.h "$tree/src/value.h"' "${compile[@]}"

  # Names that are not spelled out
  prepare='sed -i "s/#include <value.h>/#include HEADER/" "$tree/src/a.c"' \
    after "$c: header named by a macro of the command" miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "$c" "${options[@]}" '-DHEADER=<value.h>' -c src/a.c -o a.o
  prepare='sed -i "s/#include <value.h>/#define QUOTE(x) #x\n#define Q(x) QUOTE(x)\n#include Q(value.h)/" "$tree/src/a.c"' \
    after "$c: header named by a macro that makes a string" miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  prepare='sed -i "s/#include <value.h>/#define QUOTE(x) #x\n#define Q(x) QUOTE(x)\n#include Q(value.h)/" "$tree/src/a.c"' \
    after "$c: header named by a macro that makes a string, beside the source" miss 'echo "#define VALUE 2" >"$tree/src/value.h"' "${compile[@]}"
  prepare='sed -i "s/#include <value.h>/#include HEADER/" "$tree/src/a.c"' \
    after "$c: quoted header named by a macro of the command, beside the source" miss 'echo "#define VALUE 2" >"$tree/src/value.h"' "$c" "${options[@]}" '-DHEADER="value.h"' -c src/a.c -o a.o
  prepare='sed -i "s/#include <value.h>/# \/* \*\/ inc\\\\\nlude \/* *\/ <value.h>/" "$tree/src/a.c"' \
    after "$c: directive in pieces" miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  prepare='echo "#include_next <value.h>" >"$tree/src/first/value.h"' \
    after "$c: #include_next" miss 'mkdir "$tree/src/absent"; echo "#define VALUE 2" >"$tree/src/absent/value.h"' "${compile[@]}"

  # Headers that the compiler takes for one that it has read
  like='printf "#pragma once\n" >"$tree/src/second/one.h"; sed -i "1i#include <one.h>\n#include <two.h>" "$tree/src/a.c"; echo "int two;" >"$tree/src/second/three.h"'
  prepare="$like; "'cp "$tree/src/second/one.h" "$tree/src/second/two.h"; touch -d 2020-01-01 "$tree"/src/second/{one,two}.h' \
    after "$c: header of the content and time of another" miss 'cp "$tree"/src/second/{three,two}.h' "${compile[@]}"
  prepare="$like; "'ln -s one.h "$tree/src/second/two.h"' \
    after "$c: header that is a symlink to one that was read" miss 'ln -sfn three.h "$tree/src/second/two.h"' "${compile[@]}"
  prepare="$like; "'ln "$tree"/src/second/{one,two}.h' \
    after "$c: header that is a hard link of one that was read" miss 'cp --remove-destination "$tree"/src/second/{three,two}.h' "${compile[@]}"
  prepare="$like; "'printf "#ifndef ONE\n#define ONE\n#endif\n" >"$tree/src/second/one.h"; ln "$tree"/src/second/{one,two}.h' \
    after "$c: header with a guard that is a hard link of one that was read" miss 'cp --remove-destination "$tree"/src/second/{three,two}.h' "${compile[@]}"
  prepare="$like; "'ln -s one.h "$tree/src/second/two.h"' \
    after "$c: header that is a symlink to one that was read, touched" direct 'touch "$tree/src/second/one.h"' "${compile[@]}"
  prepare="$like; "'cp "$tree"/src/second/{one,two}.h; touch -d 2020-01-01 "$tree"/src/second/{one,two}.h' \
    after "$c: headers of one content and time, both of a later time" direct 'touch -d 2021-01-01 "$tree"/src/second/{one,two}.h; let_sources_age' "${compile[@]}"
  prepare="$like; "'echo "int one[__COUNTER__ + 1];" >>"$tree/src/second/one.h"; ln "$tree"/src/second/{one,two}.h' \
    after "$c: header that is a hard link of one that was read, a file of its own" miss '
      cp "$tree"/src/second/two.h "$work/two.h"; rm "$tree/src/second/two.h"; touch -d 2020-01-01 "$work/two.h"; cp -p "$work/two.h" "$tree/src/second"' "${compile[@]}"
  prepare="$like; "'ln -s one.h "$tree/src/second/two.h"; sed -i "s/#include <two.h>/#define QUOTE(x) #x\n#define Q(x) QUOTE(x)\n#include Q(two.h)/" "$tree/src/a.c"' \
    after "$c: header named by a macro that makes a string, a symlink to one that was read" miss 'ln -sfn three.h "$tree/src/second/two.h"' "${compile[@]}"

  # Folders by the name of a header
  prepare='mkdir "$tree/src/first/value.h"' \
    after "$c: folder by a header's name, a file from then on" miss 'rmdir "$tree/src/first/value.h"; echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  prepare='mkdir "$tree/src/first/value.h"; sed -i "1i#define NAME <value.h>" "$tree/src/a.c"' \
    after "$c: folder by a header's name that a macro stands for as well, a file from then on" miss '
      rmdir "$tree/src/first/value.h"; echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  prepare='mkdir "$tree/src/first/value.h"' after "$c: folder by a header's name, gone" preprocessed 'rmdir "$tree/src/first/value.h"' "${compile[@]}"
  prepare='mkdir "$tree/src/first/optional.h"; sed -i "1i#if __has_include(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include of a folder, a file from then on" miss 'rmdir "$tree/src/first/optional.h"; : >"$tree/src/first/optional.h"' "${compile[@]}"
  prepare='mkdir "$tree/src/first/value.h"; sed -i "s/#include <value.h>/#include HEADER/" "$tree/src/a.c"' \
    after "$c: folder by the name of a header that a macro names, a file from then on" miss 'rmdir "$tree/src/first/value.h"; echo "#define VALUE 2" >"$tree/src/first/value.h"' \
    "$c" "${options[@]}" '-DHEADER=<value.h>' -c src/a.c -o a.o

  # Odd names on the search path
  prepare='ln -s src/first "$tree/ odd"' \
    after "$c: search folder whose name begins with a blank" miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "$c" '-I odd' "${options[@]:1}" -c src/a.c -o a.o
  for name in $'in\tc' $'in\nc'; do
    printf -v quoted %q "src/$name"
    never "$c: search folder $quoted" 'mkdir "$tree/src/$name"; echo "#define VALUE 3" >"$tree/src/$name/value.h"' "$c" "-Isrc/$name" "${options[@]}" -c src/a.c -o a.o
    echo "#define VALUE 4" >"$tree/src/$name/value.h"
    bare "$c" "-Isrc/$name" "${options[@]}" -c src/a.c -o a.o
    launched "$c" "-Isrc/$name" "${options[@]}" -c src/a.c -o a.o
    same_as_bare "$c: search folder $quoted: right, once a header has changed"
  done
  prepare='mkdir "$tree/src/in	c"; echo "#define BESIDE 1" >"$tree/src/in	c/beside.h"; sed -i "s:\"beside.h:\"in	c/beside.h:" "$tree/src/a.c"' \
    after "$c: header with a tab in its name" miss 'echo "#define BESIDE 2" >"$tree/src/in	c/beside.h"' "${compile[@]}"
  never "$c: search folder that is a file" ': >"$tree/src/x"' "$c" -Isrc/x "${options[@]}" -c src/a.c -o a.o
  for change in 'rm "$tree/src/x"; mkdir "$tree/src/x"' 'echo "#define VALUE 2" >"$tree/src/x/value.h"'; do
    eval "$change"
    bare "$c" -Isrc/x "${options[@]}" -c src/a.c -o a.o
    launched "$c" -Isrc/x "${options[@]}" -c src/a.c -o a.o
    launched "$c" -Isrc/x "${options[@]}" -c src/a.c -o a.o
    same_as_bare "$c: search folder that was a file: right after $change"
  done

  # Files that are only asked for
  asks='sed -i "1i#if __has_include(<optional.h>)\n#define BESIDE_ME 1\n#endif\n#ifdef BESIDE_ME\nint there;\n#endif" "$tree/src/a.c"'
  prepare=$asks after "$c: __has_include, appears" miss ': >"$tree/src/second/optional.h"' "${compile[@]}"
  prepare="$asks; : >\"\$tree/src/second/optional.h\"" after "$c: __has_include, disappears" miss 'rm "$tree/src/second/optional.h"' "${compile[@]}"
  prepare='sed -i "1i#define HAS(x) __has_include(x)\n#if HAS(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include behind a macro" miss ': >"$tree/src/first/optional.h"' "${compile[@]}"
  # __has_include of a macro: certain where every definition is a header's name
  asks='sed -i "1i#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"; sed -i "1i#define NAME <optional.h>" "$tree/src/a.c" "$tree/src/beside.h"'
  prepare=$asks after "$c: __has_include of a macro, appears" miss ': >"$tree/src/first/optional.h"' "${compile[@]}"
  prepare="$asks; : >\"\$tree/src/second/optional.h\"" after "$c: __has_include of a macro, disappears" miss 'rm "$tree/src/second/optional.h"' "${compile[@]}"
  prepare=$asks after "$c: __has_include of a macro, another file appears" direct ': >"$tree/src/first/other.h"' "${compile[@]}"
  prepare='sed -i "1i#include \"beside.h\"\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"; printf "#ifndef NAME\n#define NAME <one.h>\n#else\n#define NAME <two.h>\n#endif\n" >>"$tree/src/beside.h"' \
    after "$c: __has_include of a macro with two definitions" miss ': >"$tree/src/first/one.h"' "${compile[@]}"
  prepare='mkdir "$tree/src/sub"; mv "$tree/src/a.c" "$tree/src/sub"; sed -i "1i#include \"../beside.h\"\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/sub/a.c"
    mv "$tree/src/beside.h" "$tree/src/second"; echo "#define NAME \"optional.h\"" >>"$tree/src/second/beside.h"; sed -i s:../beside.h:beside.h: "$tree/src/sub/a.c"' \
    after "$c: __has_include of a quoted macro, appears beside who asks" miss ': >"$tree/src/sub/optional.h"' "$c" "${options[@]}" -c src/sub/a.c -o a.o
  prepare='sed -i "1i#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include of a macro of the command" miss ': >"$tree/src/second/optional.h"' "$c" "${options[@]}" '-DNAME=<optional.h>' -c src/a.c -o a.o
  prepare='sed -i "1i#define HAS(x) __has_include(x)\n#define NAME <optional.h>\n#if HAS(NAME)\nint there;\n#endif" "$tree/src/a.c"; : >"$tree/src/second/optional.h"' \
    after "$c: __has_include of a macro behind a macro" miss 'rm "$tree/src/second/optional.h"' "${compile[@]}"
  prepare='sed -i "1i#if 1 && /* which\nis optional */ __has_include(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include behind a comment over two lines" miss ': >"$tree/src/second/optional.h"' "${compile[@]}"
  # What looks odd and is harmless, and what stands beside it
  prepare='sed -i "1i# /* An empty directive:\n#  * its comment goes on\n#  */\n#define NAMES { \"ERROR\", \"OR\" }\n// #define it to include\n#define HAS_TYPE(x) __has_##x" "$tree/src/a.c"' \
    after "$c: odd directives" miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  never "$c: a comment before a directive's name" 'sed -i "s:#include <value.h>:#/*\n*/include <value.h>:" "$tree/src/a.c"' "${compile[@]}"
  never "$c: a raw string in a directive" 'sed -i "1i#define A u8R\"(ERROR)\"" "$tree/src/a.c"' "${compile[@]}"
  never "$c: __has_include in three pieces" 'sed -i "1i#define THREE_(a, b, c) a##b##c\n#define THREE(a, b, c) THREE_(a, b, c)\n#if THREE(__, has_, include)(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"' "${compile[@]}"
  never "$c: a blank of another alphabet before a directive" 'sed -i "s:#include <value.h>:#define VALUE 3\n\xC2\xA0#include <more.h>:" "$tree/src/a.c"; echo "int more;" >"$tree/src/second/more.h"' "${compile[@]}"
  echo 'int even, more;' >"$tree/src/second/more.h"
  bare "${compile[@]}"
  launched "${compile[@]}"
  same_as_bare "$c: a blank of another alphabet before a directive: right, once the header has changed"
  for line in '#pragma GCC dependency "optional.h"' '_Pragma("GCC dependency \"optional.h\"")'; do
    never "$c: $line" 'touch -d "1 hour ago" "$tree/src/optional.h"; echo "$line" >>"$tree/src/a.c"' "${compile[@]}"
    touch "$tree/src/optional.h"
    bare "${compile[@]}"
    launched "${compile[@]}"
    same_as_bare "$c: $line: right, once that is newer"
  done
  never "$c: __has_include of a macro that makes a name" 'sed -i "1i#define QUOTE(x) #x\n#define Q(x) QUOTE(x)\n#define NAME Q(optional.h)\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"' "${compile[@]}"
  prepare='sed -i "1i#define optional 0\n#define NAME <optional.h>\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include of a name that a macro makes another" miss ': >"$tree/src/second/0.h"' "${compile[@]}"
  never "$c: __has_include of a name that has a macro in it" 'sed -i "1i#define optional x.y\n#define NAME <optional.h>\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"' "${compile[@]}"
  never "$c: __has_include of a name that has a macro of the compiler in it" 'sed -i "1i#define NAME <linux/optional.h>\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"' "${compile[@]}"

  # Forced includes and search paths of the environment
  prepare='echo "#define FORCED 1" >"$tree/src/forced.h"' \
    after "$c: forced include" miss 'echo "int forced;" >"$tree/src/forced.h"' "$c" "${options[@]}" -include src/forced.h -c src/a.c -o a.o
  prepare='echo "#define FORCED 1" >"$tree/src/second/forced.h"' \
    after "$c: forced include, shadowed" miss 'echo "int forced;" >"$tree/src/first/forced.h"' "$c" "${options[@]}" -include forced.h -c src/a.c -o a.o
  for variable in CPATH C_INCLUDE_PATH; do
    after "$c: $variable" miss "export $variable=src/third; mkdir $tree/src/third; echo '#define DEEP 3' >'$tree/src/third/value.h'; sed -i s/VALUE/4/ '$tree/src/a.c'; rm '$tree/src/second/value.h'" "${compile[@]}"
    unset $variable
  done
  prepare='mkdir "$tree/src/third"; export CPATH=src/third' after "$c: header in a folder of CPATH" direct 'touch "$tree/src/third/other.h"' "${compile[@]}"
  unset CPATH

  # The time
  for macro in __DATE__ __TIME__ __TIMESTAMP__; do
    for file in a.c beside.h; do
      reset_sources
      echo "const char *when = $macro;" >>"$tree/src/$file"
      remove_cache
      launched "${compile[@]}"
      expect "$c: $macro in $file: no direct mode" grep -q "no direct mode: src/$file: $macro" "$ZCCACHE_LOG"
    done
  done
done

# Pasted together, the time is not in any file. It is in the text.
for macro in '__DA, TE__' '__TI, ME__'; do
  reset_sources
  printf '#define PASTE(a, b) a##b\nconst char *when = PASTE(%s);\n' "$macro" >>"$tree/src/a.c"
  remove_cache
  launched gcc "${options[@]}" -c src/a.c -o a.o
  expect "time in the text: $macro" grep -q 'no direct mode: the time is in the text' "$ZCCACHE_LOG"
done

# A precompiled header appears, for a header and for one that is not there.
for folder in second first; do
  prepare='sed -i 1d "$tree/src/a.c"; sed -i "s/ + BESIDE//" "$tree/src/a.c"' \
    after "precompiled header in $folder" pass "(cd '$tree' && gcc -x c-header src/second/value.h -o src/$folder/value.h.gch)" gcc "${options[@]}" -c src/a.c -o a.o
done

# A hit after preprocessing says nothing for the next time where a name that was asked for may have gone meanwhile.
reset_sources
sed -i "1i#if __has_include(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"
touch -d 'next year' "$tree/src/second"
remove_cache
launched gcc "${options[@]}" -c src/a.c -o a.o
for stamp in 'next year' 'next year' 'last year' 'last year'; do
  touch -d "$stamp" "$tree/src/second"
  launched gcc "${options[@]}" -Isrc/none -c src/a.c -o a.o
  ways+=" $(way)"
done
expect "a folder of the time to come:$ways" test "$ways" = ' preprocessed preprocessed preprocessed direct'

# gcc goes by the second of a time, and so does what lies under its key.
prepare='printf "#pragma once\nenum { COUNTED = __COUNTER__ };\n" >"$tree/src/second/one.h"; cp "$tree"/src/second/{one,two}.h
  touch -d 2020-01-01 "$tree"/src/second/{one,two}.h; sed -i "1i#include <one.h>\n#include <two.h>" "$tree/src/a.c"' \
  after 'gcc: header of the content and time of another, touched' miss 'touch "$tree/src/second/two.h"' gcc "${options[@]}" -c src/a.c -o a.o
never 'gcc: #import of what is like a file that is only asked for' '
  printf "int one;\n" >"$tree/src/second/one.h"; cp -p "$tree"/src/second/{one,two}.h
  sed -i "1i#if __has_include(<one.h>)\n#import <two.h>\n#endif" "$tree/src/a.c"' gcc "${options[@]}" -w -c src/a.c -o a.o

never 'sources in another encoding' : gcc "${options[@]}" -finput-charset=ISO-8859-1 -c src/a.c -o a.o
after 'sources in the usual encoding' direct : gcc "${options[@]}" -finput-charset=utf-8 -c src/a.c -o a.o

# --- What the compiler is made of
never 'compiler that is a script' 'fake_gcc "$work/script" <<<"exec gcc \"\$@\""' "$work/script/gcc" "${options[@]}" -c src/a.c -o a.o
mkdir "$work/tools"
as_with() { printf '#!/bin/sh\nexec /usr/bin/as %s "$@"\n' "$1" >"$work/tools/as" && chmod +x "$work/tools/as" && sleep 0.02; }
export PATH=$work/tools:$PATH
as_with ''
after 'assembler' miss "as_with '--defsym marked=1'" gcc "${options[@]}" -c src/a.c -o a.o

objcopy_with() { printf '#!/bin/sh\n%s\nexec /usr/bin/objcopy "$@"\n' "$1" >"$work/tools/objcopy" && chmod +x "$work/tools/objcopy" && sleep 0.02; }
objcopy_with :
after 'objcopy' miss 'objcopy_with "echo copies >&2"' gcc "${options[@]}" -g -gsplit-dwarf -c src/a.c -o a.o

# g++ compiles C++ by whatever name.
ln -s "$(command -v g++)" "$work/tools/mycxx"
export CPLUS_INCLUDE_PATH=src/first
after 'C++ compiler by a name of C' miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "$work/tools/mycxx" -idirafter src/second -c src/a.c -o a.o
unset CPLUS_INCLUDE_PATH

# Files that decide what the compiler does: such compiles are left to it, until the file is gone. $file has $text, later another one.
decides() { # name, another text, command…
  after "$1 that appears" pass 'echo "$text" >"$file"; sleep 0.02' "${@:3}"
  expect "$1 is named" grep -q "not cacheable: .*${file##*/} decides what the compiler does" "$ZCCACHE_LOG"
  echo "$2" >"$file"
  bare "${@:3}"
  launched "${@:3}"
  same_as_bare "$1 that changes: right"
  rm "$file"
  sleep 0.02
  bare "${@:3}"
  launched "${@:3}"
  launched "${@:3}"
  same_as_bare "$1 that goes: right"
  expect "$1 that goes: direct again ($(way))" test "$(way)" = direct
}
loop='echo "int many(int a) { int sum = 0; for (int i = 0; i < a; i++) sum += i; return sum; }" >>"$tree/src/a.c"'
file=$work/prefix/$(gcc -dumpmachine)/$(gcc -dumpversion)/specs
mkdir -p "${file%/*}"
ln -s "$(dirname "$(gcc -print-prog-name=cc1)")"/* "${file%/*}"
export GCC_EXEC_PREFIX=$work/prefix/
text=$'*cc1_options:\n+ -O2\n'
prepare=$loop decides 'specs file' $'*cc1_options:\n+ -O1\n' gcc "${options[@]}" -c src/a.c -o a.o
prepare='echo "int many(int a) { return a; }" >"$tree/src/a.c"' \
  after 'specs file that appears, and nothing is included' pass 'echo "$text" >"$file"; sleep 0.02' gcc "${options[@]}" -c src/a.c -o a.o
unset GCC_EXEC_PREFIX

# A clang of our own, that such a file can be put beside.
clang=$(readlink -f "$(command -v clang)")
mkdir -p "$work/llvm/bin"
cp "$clang" "$work/llvm/bin/x86_64-linux-gnu-clang"
export LD_LIBRARY_PATH=${clang%/bin/*}/lib
clang=$work/llvm/bin/x86_64-linux-gnu-clang
file=$clang.cfg text=-O2 prepare=$loop decides 'configuration file' -O1 "$clang" "${options[@]}" -c src/a.c -o a.o
# What it is told not to sanitize
share=$("$clang" -print-resource-dir)/share
mkdir -p "${share%/*}"
list() { mkdir -p "$share" && echo "$1" >"$share/asan_ignorelist.txt" && sleep 0.02; }
compile=("$clang" "${options[@]}" -fsanitize=address -c src/a.c -o a.o)
reads='echo "int reads(int* p) { return *p; }" >>"$tree/src/a.c"'
prepare=$reads after 'list of what is not sanitized, appears' miss 'list "src:*"' "${compile[@]}"
prepare=$reads after 'list of what is not sanitized, changes' miss 'list "src:none"' "${compile[@]}"
prepare=$reads after 'list of what is not sanitized, goes' miss 'rm "$share/asan_ignorelist.txt"; sleep 0.02' "${compile[@]}"
unset LD_LIBRARY_PATH

# --- Two states of the sources, back and forth: each is found again, and without preprocessing.
compile=(gcc "${options[@]}" -c src/a.c -o a.o)
reset_sources
remove_cache
state() { echo "#define VALUE $1" >"$tree/src/second/value.h"; }
for value in 1 2; do
  state $value
  launched "${compile[@]}"
  cp "$work/launched/a.o" "$work/$value.o"
done
for value in 1 2 1 2; do
  state $value
  launched "${compile[@]}"
  expect "back to state $value: right" cmp "$work/launched/a.o" "$work/$value.o"
  expect "back to state $value: direct" test "$(way)" = direct
done
# Many states: the manifest keeps the last of them only.
for value in {1..20}; do
  state "$value"
  launched "${compile[@]}"
done
for value in 20 12; do
  state $value
  launched "${compile[@]}"
  expect "one of many states, $value: direct" test "$(way)" = direct
done
state 2
launched "${compile[@]}"
expect 'state from long ago: found by preprocessing' test "$(way)" = preprocessed
launched "${compile[@]}"
expect 'state from long ago: direct from then on' test "$(way)" = direct
ZCCACHE_NODIRECT=1 launched "${compile[@]}"
expect 'ZCCACHE_NODIRECT: preprocessed' test "$(way)" = preprocessed
# A damaged payload is noticed on the direct way as well.
for object in "$dir"/objects/*/*; do printf X | dd of="$object" conv=notrunc status=none; done
launched "${compile[@]}"
expect 'damaged payload: compiled anew' test "$(decision)" = miss
expect 'damaged payload: right' cmp "$work/launched/a.o" "$work/2.o"
finish
