#!/usr/bin/env bash
# Two checkouts of one project share what they compile, with debug information too, and neither is served what the other alone has.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir -p "$tree/src"
make_checkout() { # name
  mkdir -p "$work/$1/.git" "$work/$1/include" "$work/$1/src" "$work/$1/build"
  echo '#define VALUE 1' >"$work/$1/include/value.h"
  local i
  for i in 1 2 3; do
    printf '#include <assert.h>\n#include "value.h"\nconst char *place%d = __FILE__;\nint f%d(int x) { assert(x != VALUE); return x; }\n' $i $i >"$work/$1/src/$i.c"
  done
  printf 'cmake_minimum_required(VERSION 3.20)\nproject(shared C)\nadd_library(shared STATIC src/1.c src/2.c src/3.c)\ntarget_include_directories(shared PRIVATE include)\n' \
    >"$work/$1/CMakeLists.txt"
  aging+=("$work/$1")
}

build() { # checkout: CMake names everything absolutely
  let_sources_age
  : >"$ZCCACHE_LOG"
  cmake -S "$work/$1" -B "$work/$1/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_COMPILER_LAUNCHER=$cc" >"$work/out" 2>&1 &&
    cmake --build "$work/$1/build" >"$work/out" 2>&1
  report $? "$1: builds"
}
decided_of_sources() { # name, decision of all three
  cp "$ZCCACHE_LOG" "$work/err"
  expect "$1" test "$(grep -cE ": $2 .*src/[123]\.c" "$ZCCACHE_LOG")" -eq 3
}

export ZCCACHE_PATH_REMAP=auto
make_checkout one
make_checkout two
build one
decided_of_sources 'the first checkout compiles' miss
rm -rf "$work/one/src" # the other one must not need it
build two
decided_of_sources 'the first build of another checkout is served' hit
for i in 1 2 3; do
  (cd "$work/two/build" && gcc -g "-ffile-prefix-map=$work/two=/checkout" -I../include -c ../src/$i.c -o "$work/bare.o")
  expect "object $i is that of the compiler with the map" cmp "$work/bare.o" "$work/two/build/CMakeFiles/shared.dir/src/$i.c.o"
done
expect 'no name of a checkout is in an object' bash -c '! grep -q "$1" "$2"' none "$work" "$work/two/build/CMakeFiles/shared.dir/src/1.c.o"

# --- What only one of them has
in_checkout() { # checkout, arguments…
  let_sources_age
  (tree=$work/$1/build && : >"$ZCCACHE_LOG" && observe "$work/launched" "$cc" gcc "${@:2}")
}
rm -rf "$work/one" "$work/two"
make_checkout one
make_checkout two
for checkout in one two; do in_checkout $checkout -g -I../include -c ../src/1.c -o a.o; done
decided 'relative names: shared' hit
echo '#define VALUE 2' >"$work/two/include/value.h"
in_checkout two -g -I../include -c ../src/1.c -o a.o
decided 'a header of one checkout is changed: a miss there' miss
in_checkout one -g -I../include -c ../src/1.c -o a.o
decided 'a header of one checkout is changed: a hit in the other' hit

# Both read a header of the first checkout, by its absolute name: where the source says so, and where a variable does. The second one has the
# same header, and keeps it.
cp "$work/one/include/value.h" "$work/two/include/value.h"
for checkout in one two; do printf '#include "%s"\nint g = VALUE;\n' "$work/one/include/value.h" >"$work/$checkout/src/absolute.c"; done
for checkout in one two; do in_checkout $checkout -I../include -c ../src/absolute.c -o a.o; done
echo '#define VALUE 3' >"$work/one/include/value.h"
in_checkout two -I../include -c ../src/absolute.c -o a.o
decided 'a header that is named absolutely has changed: a miss in the other checkout' miss
cp "$work/one/include/value.h" "$work/two/include/value.h"
for checkout in one two; do printf '#include <value.h>\nint g = VALUE;\n' >"$work/$checkout/src/variable.c"; done
for checkout in one two; do C_INCLUDE_PATH=$work/one/include in_checkout $checkout -c ../src/variable.c -o a.o; done
echo '#define VALUE 4' >"$work/one/include/value.h"
C_INCLUDE_PATH=$work/one/include in_checkout two -c ../src/variable.c -o a.o
decided 'a header that a variable leads to has changed: a miss in the other checkout' miss

# --- Maps that the command has itself
unset ZCCACHE_PATH_REMAP
for checkout in one two; do in_checkout $checkout -g "-ffile-prefix-map=$work/$checkout=." -I../include -c ../src/2.c -o a.o; done
decided '-ffile-prefix-map of the command: the header differs' miss
cp "$work/one/include/value.h" "$work/two/include/value.h"
in_checkout two -g "-ffile-prefix-map=$work/two=." -I../include -c ../src/2.c -o a.o
decided '-ffile-prefix-map of the command: shared' hit
(tree=$work/two/build && bare gcc -g "-ffile-prefix-map=$work/two=." -I../include -c ../src/2.c -o a.o)
same_as_bare '-ffile-prefix-map of the command: right'
in_checkout one -g "-fdebug-prefix-map=$work/one=." -I../include -c ../src/2.c -o a.o
mv "$work/one" "$work/gone"
aging=("$work/two")
in_checkout two -g "-fdebug-prefix-map=$work/two=." -I../include -c ../src/2.c -o a.o
decided '-fdebug-prefix-map of the command: shared, when the first checkout is gone' hit
mv "$work/gone" "$work/one"
in_checkout two -g "-fdebug-prefix-map=$work/two=elsewhere" -I../include -c ../src/2.c -o a.o
decided 'to another name: not shared' miss
in_checkout two -g "-fdebug-prefix-map=$work/one=." -I../include -c ../src/2.c -o a.o
decided 'of another directory: not shared' miss
(tree=$work/two/build && bare gcc -g "-fdebug-prefix-map=$work/one=." -I../include -c ../src/2.c -o a.o)
same_as_bare 'of another directory: right'
mkdir "$work/two/other"
in_checkout two -g "-fdebug-prefix-map=$work/two=." -I../include -c ../src/2.c -o a.o
(tree=$work/two/other && : >"$ZCCACHE_LOG" && observe "$work/launched" "$cc" gcc -g "-fdebug-prefix-map=$work/two=." -I../include -c ../src/2.c -o a.o)
decided 'another directory below the mapped one: not shared' miss
finish
