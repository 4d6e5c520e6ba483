#!/usr/bin/env bash
# The launcher's own command line, its environment, and what a terminal changes.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir "$tree/src"
echo 'int f(int unused) { return 1; }' >"$tree/src/a.c"
compile=(gcc -Wall -Wextra -c src/a.c -o a.o)

expect_exit 'no arguments' 2 "$cc"
expect_stderr 'no arguments: usage' 'Usage: zccache-cc COMPILER ARGS...'
expect_exit 'option instead of a compiler' 2 "$cc" --unknown gcc
expect_exit '--help' 0 "$cc" --help
expect_stdout '--help names the environment' ZCCACHE_READONLY
expect_exit '--version' 0 "$cc" --version
expect_stdout '--version prints it' 'zccache-cc '
expect_exit '--version to a full device' 3 bash -c '"$1" --version >/dev/full' _ "$cc"

bare "${compile[@]}"
launch_with() { # name, decision, assignments…: the compile in a changed environment
  let_sources_age
  : >"$ZCCACHE_LOG"
  observe "$work/launched" env "${@:3}" "$cc" "${compile[@]}"
  same_as_bare "$1: right"
  decided "$1: decision" "$2"
}

launch_with 'disabled' pass ZCCACHE_DISABLE=1
expect 'disabled: makes no cache' test ! -e "$dir"
launch_with 'read-only without a cache' pass ZCCACHE_READONLY=yes
expect 'read-only: makes no cache' test ! -e "$dir"
launch_with 'switches that are off' miss ZCCACHE_DISABLE=0 ZCCACHE_READONLY= ZCCACHE_RECACHE=0 ZCCACHE_MAX_SIZE=5G
let_maintenance_end
state_of "$dir" >"$work/before"
launch_with 'read-only with an entry' hit ZCCACHE_READONLY=1
compile+=(-O1)
bare "${compile[@]}"
launch_with 'read-only without the entry' pass ZCCACHE_READONLY=1
state_of "$dir" >"$work/after"
expect 'read-only: changes nothing' cmp "$work/before" "$work/after"
launch_with 'new entry' miss A=
launch_with 'recache' miss ZCCACHE_RECACHE=1
expect 'recache: replaces' test "$(results)" -eq 2
launch_with 'served after a recache' hit A=
# Variables that put something into the object, or make a file more. gcc knows nothing of the first, and appends to the file of the others.
changed_by() { # variable, compiler, decision, decision when it is compiled again
  compile=("$2" -g -Wall -Wextra -c src/a.c -o a.o)
  forget_compiles
  launched "${compile[@]}"
  bare env "$1" "${compile[@]}"
  launch_with "$2 $1" "$3" "$1"
  launch_with "$2 $1, again" "$4" "$1"
}
changed_by LLVM_OVERRIDE_PRODUCER=me gcc hit hit
changed_by LLVM_OVERRIDE_PRODUCER=me clang miss hit
# Appended to where it is there, which is not stored; here it is made.
changed_by DEPENDENCIES_OUTPUT=deps gcc miss hit
changed_by SUNPRO_DEPENDENCIES=deps gcc miss hit
compile=(gcc -Wall -Wextra -c src/a.c -o a.o -O1)

bare "${compile[@]}"
(
  unset ZCCACHE_DIR
  launch_with 'default directory' miss XDG_CACHE_HOME="$work/xdg"
  expect 'default directory: is there' test -e "$work/xdg/zccache-artifact/index.live"
) || failures=1
expect 'log lines look like the library'"'"'s' grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} \[[0-9]+\] info: miss [0-9a-f]{64} src/a.c: stored$' "$ZCCACHE_LOG"
ZCCACHE_LOG=$work/new.log observe "$work/launched" "$cc" "${compile[@]}"
expect 'log is private' test "$(stat -c %a "$work/new.log")" = 600

# --- Two checkouts
for checkout in one two; do
  mkdir -p "$work/$checkout/include" "$work/$checkout/build"
  echo '#define VALUE __FILE__' >"$work/$checkout/include/value.h"
  printf '#include "value.h"\nconst char *f(int unused) { return VALUE; }\n' >"$work/$checkout/a.c"
done
in_checkout() { # name, variable…: absolute names, as CMake gives them
  let_sources_age
  (tree=$work/$1/build && : >"$ZCCACHE_LOG" && observe "$work/launched" env "${@:2}" "$cc" gcc -Wall -Wextra "-I$work/$1/include" -c "$work/$1/a.c" -o a.o)
}
in_checkout one ZCCACHE_BASEDIR=/nowhere
in_checkout two ZCCACHE_BASEDIR=/nowhere
decided 'two checkouts, another base directory' miss
in_checkout one "ZCCACHE_BASEDIR=$work"
cp -r "$work/launched" "$work/first"
in_checkout two "ZCCACHE_BASEDIR=$work/"
decided 'two checkouts below the base directory' hit
expect 'two checkouts below the base directory: the same' diff -r "$work/first" "$work/launched"
(tree=$work/two/build && bare gcc -Wall -Wextra -I../include -c ../a.c -o a.o)
same_as_bare 'two checkouts below the base directory: as with relative names'
mkdir "$work/two/real" && ln -s real/deep "$work/two/link" && mkdir "$work/two/real/deep"
(cd "$work/two/link" && ZCCACHE_BASEDIR=$work "$cc" gcc "-I$work/two/include" -c "$work/two/a.c" -o "$work/symlink.o")
report $? 'a working directory behind a symlink: names that would lead elsewhere stay'

# --- Compressed payloads: smaller, and the same when they are served.
compile=(gcc -Wall -Wextra -g3 -c src/a.c -o a.o)
bare "${compile[@]}"
launch_with 'compressed: stored' miss ZCCACHE_COMPRESS=zstd
is_compressed() { # of the last result: its pack says so, and is smaller
  local pack
  pack=$(echo "$dir"/objects/*/"$(grep -oE '[0-9a-f]{64}' "$ZCCACHE_LOG" | tail -n 1)".pack)
  [[ -f $pack && $(od -An -tu2 -j10 -N2 "$pack") -eq 1 && $(stat -c %s "$pack") -lt $(stat -c %s "$work/launched/a.o") ]]
}
is_plain() { ! is_compressed; }
if ! grep -q 'this build has no zstd' "$ZCCACHE_LOG"; then
  expect 'compressed' is_compressed
  forget_compiles
  launch_with 'compressed unless told otherwise: stored' miss
  expect 'compressed unless told otherwise' is_compressed
  forget_compiles
  launch_with 'not compressed: stored' miss ZCCACHE_COMPRESS=off
  expect 'not compressed' is_plain
  forget_compiles
  launch_with 'compressed: stored again' miss ZCCACHE_COMPRESS=zstd
fi
launch_with 'compressed: served to whoever asks' hit ZCCACHE_COMPRESS=off
launch_with 'compressed: a wrong word is no reason to fail' hit ZCCACHE_COMPRESS=gzip

finish
