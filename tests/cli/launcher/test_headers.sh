#!/usr/bin/env bash
# Headers, and where they are looked for: a compile is served where nothing has changed that the compiler would see, and never where something has.
source "$(dirname "$0")/launcher.sh" "$1"

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

# Whatever the time zone is taken from.
depends_on_the_clock() { # name, command…
  local zone
  forget_compiles
  for zone in -uTZ TZ= TZ=UTC0 TZ=Europe/Berlin; do
    let_sources_age
    : >"$ZCCACHE_LOG"
    observe "$work/launched" env "$zone" "$cc" "${@:2}"
    decided "$1, $zone: decision" unstored
    is_not_stored "$1, $zone" 'depends on the clock'
  done
}

for c in gcc clang; do
  compile=("$c" "${options[@]}" -Wall -Wextra -c src/a.c -o a.o)
  after "$c: nothing" hit : "${compile[@]}"
  after "$c: touched" hit 'touch "$tree"/src/a.c "$tree"/src/*/*.h' "${compile[@]}"
  after "$c: header of another content and the same size" miss 'echo "#define VALUE 2" >"$tree/src/second/value.h"' "${compile[@]}"
  after "$c: header of another content, the same size and time" miss '
    cp -p "$tree/src/second/value.h" "$work/old"; echo "#define VALUE 2" >"$tree/src/second/value.h"; touch -r "$work/old" "$tree/src/second/value.h"' "${compile[@]}"
  after "$c: header replaced by an older file" miss '
    echo "#define VALUE 2" >"$work/older.h"; touch -d "2 days ago" "$work/older.h"; mv "$work/older.h" "$tree/src/second/value.h"' "${compile[@]}"
  after "$c: source" miss 'echo "int g;" >>"$tree/src/a.c"' "${compile[@]}"
  after "$c: comment" miss 'sed -i "1i/* new */" "$tree/src/a.c"' "${compile[@]}"
  after "$c: header removed" unstored 'rm "$tree/src/second/value.h"' "${compile[@]}"

  # Headers that shadow
  after "$c: header in an earlier folder" miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  after "$c: header in an earlier folder that was not there" miss 'mkdir "$tree/src/absent"; echo "#define VALUE 2" >"$tree/src/absent/value.h"' "${compile[@]}"
  after "$c: folder in an earlier folder" miss 'mkdir "$tree/src/first/deep"; echo "#define DEEP 2" >"$tree/src/first/deep/deep.h"' "${compile[@]}"
  after "$c: header beside the source" miss 'echo "#define VALUE 2" >"$tree/src/value.h"; sed -i s/.value.h./\"value.h\"/ "$tree/src/a.c"' "${compile[@]}"
  prepare='sed -i s/.value.h./\"value.h\"/ "$tree/src/a.c"' \
    after "$c: quoted header beside the source" miss 'echo "#define VALUE 2" >"$tree/src/value.h"' "${compile[@]}"
  after "$c: header of the system in an earlier folder" hit 'echo "#error" >"$tree/src/first/stdio.h"' "${compile[@]}"
  prepare='sed -i "1i#include <stddef.h>" "$tree/src/a.c"' \
    after "$c: header of the system, shadowed" miss 'echo "#define BESIDE 7" >"$tree/src/first/stddef.h"; rm "$tree/src/beside.h"; : >"$tree/src/beside.h"' "${compile[@]}"
  after "$c: other files in the folders" hit 'touch "$tree"/src/{,first/,second/}other.h' "${compile[@]}"
  after "$c: folder of the search path, empty" miss 'mkdir "$tree/src/absent"' "${compile[@]}"
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
    after "$c: header that is a symlink to one that was read, touched" hit 'touch "$tree/src/second/one.h"' "${compile[@]}"
  prepare="$like; "'cp "$tree"/src/second/{one,two}.h; touch -d 2020-01-01 "$tree"/src/second/{one,two}.h' \
    after "$c: headers of one content and time, both of a later time" hit 'touch -d 2021-01-01 "$tree"/src/second/{one,two}.h; let_sources_age' "${compile[@]}"
  prepare="$like; "'echo "int one[__COUNTER__ + 1];" >>"$tree/src/second/one.h"; ln "$tree"/src/second/{one,two}.h' \
    after "$c: header that is a hard link of one that was read, a file of its own" unstored '
      cp "$tree"/src/second/two.h "$work/two.h"; rm "$tree/src/second/two.h"; touch -d 2020-01-01 "$work/two.h"; cp -p "$work/two.h" "$tree/src/second"' "${compile[@]}"
  prepare="$like; "'ln -s one.h "$tree/src/second/two.h"; sed -i "s/#include <two.h>/#define QUOTE(x) #x\n#define Q(x) QUOTE(x)\n#include Q(two.h)/" "$tree/src/a.c"' \
    after "$c: header named by a macro that makes a string, a symlink to one that was read" miss 'ln -sfn three.h "$tree/src/second/two.h"' "${compile[@]}"

  # Folders by the name of a header
  prepare='mkdir "$tree/src/first/value.h"' \
    after "$c: folder by a header's name, a file from then on" miss 'rmdir "$tree/src/first/value.h"; echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  prepare='mkdir "$tree/src/first/value.h"; sed -i "1i#define NAME <value.h>" "$tree/src/a.c"' \
    after "$c: folder by a header's name that a macro stands for as well, a file from then on" miss '
      rmdir "$tree/src/first/value.h"; echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  prepare='mkdir "$tree/src/first/value.h"' after "$c: folder by a header's name, gone" miss 'rmdir "$tree/src/first/value.h"' "${compile[@]}"
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
    prepare='mkdir "$tree/src/$name"; echo "#define VALUE 3" >"$tree/src/$name/value.h"' \
      after "$c: search folder $quoted" miss 'echo "#define VALUE 4" >"$tree/src/$name/value.h"' "$c" "-Isrc/$name" "${options[@]}" -c src/a.c -o a.o
  done
  prepare='mkdir "$tree/src/in	c"; echo "#define BESIDE 1" >"$tree/src/in	c/beside.h"; sed -i "s:\"beside.h:\"in	c/beside.h:" "$tree/src/a.c"' \
    after "$c: header with a tab in its name" miss 'echo "#define BESIDE 2" >"$tree/src/in	c/beside.h"' "${compile[@]}"
  prepare=': >"$tree/src/x"' \
    after "$c: search folder that is a file, a folder from then on" miss 'rm "$tree/src/x"; mkdir "$tree/src/x"' "$c" -Isrc/x "${options[@]}" -c src/a.c -o a.o
  prepare=': >"$tree/src/x"' \
    after "$c: search folder that was a file, with the header" miss 'rm "$tree/src/x"; mkdir "$tree/src/x"; echo "#define VALUE 2" >"$tree/src/x/value.h"' \
    "$c" -Isrc/x "${options[@]}" -c src/a.c -o a.o

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
  prepare=$asks after "$c: __has_include of a macro, another file appears" hit ': >"$tree/src/first/other.h"' "${compile[@]}"
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
  # What has to be read with care
  prepare='sed -i "s:#include <value.h>:#/*\n*/include <value.h>:" "$tree/src/a.c"' \
    after "$c: a comment before a directive's name" miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  prepare='sed -i "1i#define A u8R\"(ERROR)\"" "$tree/src/a.c"' \
    after "$c: a raw string in a directive" miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "${compile[@]}"
  prepare='sed -i "1i#define THREE_(a, b, c) a##b##c\n#define THREE(a, b, c) THREE_(a, b, c)\n#if THREE(__, has_, include)(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include in three pieces" miss ': >"$tree/src/first/optional.h"' "${compile[@]}"
  odd_blank='sed -i "s:#include <value.h>:#define VALUE 3\n\xC2\xA0#include <more.h>:" "$tree/src/a.c"; echo "int more;" >"$tree/src/second/more.h"'
  if [[ $c == clang ]]; then
    prepare=$odd_blank after "$c: a blank of another alphabet before a directive" miss 'echo "int even, more;" >"$tree/src/second/more.h"' "${compile[@]}"
  else
    reset_sources
    eval "$odd_blank"
    failing "$c: a blank of another alphabet before a directive" "${compile[@]}"
  fi
  for line in '#pragma GCC dependency "optional.h"' '_Pragma("GCC dependency \"optional.h\"")'; do
    prepare='touch -d "1 hour ago" "$tree/src/optional.h"; echo "$line" >>"$tree/src/a.c"' \
      after "$c: $line, newer from then on" miss 'touch "$tree/src/optional.h"' "${compile[@]}"
  done
  prepare='sed -i "1i#define QUOTE(x) #x\n#define Q(x) QUOTE(x)\n#define NAME Q(optional.h)\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include of a macro that makes a name" miss ': >"$tree/src/first/optional.h"' "${compile[@]}"
  prepare='sed -i "1i#define optional 0\n#define NAME <optional.h>\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include of a name that a macro makes another" miss ': >"$tree/src/second/0.h"' "${compile[@]}"
  prepare='sed -i "1i#define optional x.y\n#define NAME <optional.h>\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include of a name that has a macro in it" miss ': >"$tree/src/second/x.y.h"' "${compile[@]}"
  prepare='sed -i "1i#define NAME <linux/optional.h>\n#if __has_include(NAME)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: __has_include of a name that has a macro of the compiler in it" miss 'mkdir "$tree/src/first/1"; : >"$tree/src/first/1/optional.h"' "${compile[@]}"
  # A name that only stands in a macro is no question.
  prepare='sed -i "1i#define _PATH_ <optional.h>\n#define GLUE(a, b) a##b\n#if __has_include(<value.h>)\nint there;\n#endif" "$tree/src/a.c"' \
    after "$c: a header's name in a macro that nobody uses" hit ': >"$tree/src/first/optional.h"' "${compile[@]}"
  prepare='mkdir "$tree/src/first/value"; mkdir "$tree/src/second/beside"; sed -i "1i#include <paths.h>" "$tree/src/a.c"' \
    after "$c: <paths.h>, and folders named like headers" hit 'touch "$tree/src/first/value/other.h"' "${compile[@]}"
  prepare='mkdir "$tree/src/first/deep.h"; mv "$tree/src/second/deep/deep.h" "$tree/src/second/deep/deep"; sed -i "s:deep/deep.h:deep/deep:" "$tree/src/a.c"' \
    after "$c: header named like its folder" miss 'echo "#define DEEP 2" >"$tree/src/second/deep/deep"' "${compile[@]}"

  # Forced includes and search paths of the environment
  prepare='echo "#define FORCED 1" >"$tree/src/forced.h"' \
    after "$c: forced include" miss 'echo "int forced;" >"$tree/src/forced.h"' "$c" "${options[@]}" -include src/forced.h -c src/a.c -o a.o
  prepare='echo "#define FORCED 1" >"$tree/src/second/forced.h"' \
    after "$c: forced include, shadowed" miss 'echo "int forced;" >"$tree/src/first/forced.h"' "$c" "${options[@]}" -include forced.h -c src/a.c -o a.o
  for variable in CPATH C_INCLUDE_PATH; do
    after "$c: $variable" miss "export $variable=src/third; mkdir $tree/src/third; echo '#define DEEP 3' >'$tree/src/third/value.h'; sed -i s/VALUE/4/ '$tree/src/a.c'; rm '$tree/src/second/value.h'" "${compile[@]}"
    unset $variable
  done
  prepare='mkdir "$tree/src/third"; export CPATH=src/third' after "$c: header in a folder of CPATH" hit 'touch "$tree/src/third/other.h"' "${compile[@]}"
  unset CPATH

  # The time
  for macro in __DATE__ __TIME__ __TIMESTAMP__; do
    for file in a.c beside.h; do
      reset_sources
      echo "const char *when = $macro;" >>"$tree/src/$file"
      depends_on_the_clock "$c: $macro in $file" "${compile[@]}"
    done
  done
  # Pasted together, the time is not in any file.
  for macro in '__DA, TE__' '__TI, ME__' '__TIME, STAMP__'; do
    reset_sources
    printf '#define PASTE(a, b) a##b\nconst char *when = PASTE(%s);\n' "$macro" >>"$tree/src/a.c"
    depends_on_the_clock "$c: $macro" "${compile[@]}"
  done
done

# A precompiled header appears, for a header and for one that is not there.
for folder in second first; do
  prepare='sed -i 1d "$tree/src/a.c"; sed -i "s/ + BESIDE//" "$tree/src/a.c"' \
    after "precompiled header in $folder" miss "(cd '$tree' && gcc -x c-header src/second/value.h -o src/$folder/value.h.gch)" gcc "${options[@]}" -c src/a.c -o a.o
done

# A folder of the time to come: its stamp proves nothing.
prepare='sed -i "1i#if __has_include(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"; touch -d "next year" "$tree/src/second"' \
  after 'a folder of the time to come' hit 'touch -d "last year" "$tree/src/second"' gcc "${options[@]}" -c src/a.c -o a.o
prepare='sed -i "1i#if __has_include(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"; touch -d "next year" "$tree/src/second"' \
  after 'a folder of the time to come, and a header of the past' miss ': >"$tree/src/second/optional.h"; touch -d "next year" "$tree/src/second"' \
  gcc "${options[@]}" -c src/a.c -o a.o

# gcc takes for one what has the same content and time to the second.
prepare='printf "#pragma once\nenum { COUNTED = __COUNTER__ };\n" >"$tree/src/second/one.h"; cp "$tree"/src/second/{one,two}.h
  touch -d 2020-01-01 "$tree"/src/second/{one,two}.h; sed -i "1i#include <one.h>\n#include <two.h>" "$tree/src/a.c"' \
  after 'gcc: header of the content and time of another, touched' unstored 'touch "$tree/src/second/two.h"' gcc "${options[@]}" -c src/a.c -o a.o
prepare='printf "int one;\n" >"$tree/src/second/one.h"; cp -p "$tree"/src/second/{one,two}.h
  sed -i "1i#if __has_include(<one.h>)\n#import <two.h>\n#endif" "$tree/src/a.c"' \
  after 'gcc: #import of what is like a file that is only asked for, touched' miss 'touch -d 2020-01-01 "$tree/src/second/two.h"' gcc "${options[@]}" -w -c src/a.c -o a.o

after 'sources in another encoding' hit : gcc "${options[@]}" -finput-charset=ISO-8859-1 -c src/a.c -o a.o
after 'sources in the usual encoding' hit : gcc "${options[@]}" -finput-charset=utf-8 -c src/a.c -o a.o

# --- Two states of the sources, back and forth: each is found again.
compile=(gcc "${options[@]}" -c src/a.c -o a.o)
reset_sources
forget_compiles
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
  decided "back to state $value" hit
done
# Many states: the last of them are kept in the manifest of the command, and as many before them in that of the source.
for value in {1..30}; do
  state "$value"
  launched "${compile[@]}"
done
for value in 30 20 12; do
  state $value
  launched "${compile[@]}"
  decided "one of many states, $value" hit
done
state 2
for decision in miss hit; do
  launched "${compile[@]}"
  expect "state from long ago: right on a $decision" cmp "$work/launched/a.o" "$work/2.o"
  decided 'state from long ago' $decision
done
# A damaged payload is noticed.
for object in "$dir"/objects/*/*; do
  [[ ! -e $object ]] || printf X | dd of="$object" conv=notrunc status=none
done
launched "${compile[@]}"
decided 'damaged payload: compiled anew' miss
expect 'damaged payload: right' cmp "$work/launched/a.o" "$work/2.o"
finish
