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
expect 'served after a recache: without preprocessing' grep -q ': direct$' "$ZCCACHE_LOG"
launch_with 'no direct mode' hit ZCCACHE_NODIRECT=1
expect 'no direct mode: preprocessed' grep -q ': preprocessed$' "$ZCCACHE_LOG"
for variable in DEPENDENCIES_OUTPUT=deps SUNPRO_DEPENDENCIES=deps; do
  bare env $variable "${compile[@]}"
  launch_with "variable that we do not understand: $variable" pass $variable
done

bare "${compile[@]}"
(
  unset ZCCACHE_DIR
  launch_with 'default directory' miss XDG_CACHE_HOME="$work/xdg"
  expect 'default directory: is there' test -e "$work/xdg/zccache-artifact/index.live"
) || failures=1
expect 'log lines look like the library'"'"'s' grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} \[[0-9]+\] info: miss [0-9a-f]{32} src/a.c: stored$' "$ZCCACHE_LOG"
ZCCACHE_LOG=$work/new.log observe "$work/launched" "$cc" "${compile[@]}"
expect 'log is private' test "$(stat -c %a "$work/new.log")" = 600

# --- On a terminal the compiler's colours are as without us, on a miss and on a hit.
on_terminal() { # file for what the terminal shows, command…
  (cd "$tree" && TERM=xterm python3 -c '
import os, pty, sys
with open(sys.argv[1], "wb") as seen:
    def read(fd):
        data = os.read(fd, 65536)
        seen.write(data)
        return data
    sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:], read)))' "$@" </dev/null >/dev/null)
}
colours() { grep -aoP '\e\[[0-9;]*m' "$1" | sort | uniq -c; }
for c in gcc clang; do
  on_terminal "$work/seen.bare" $c -Wall -Wextra -c src/a.c -o a.o
  expect "$c on a terminal: the bare compiler shows colours" grep -qaP '\e\[0;1;35m|\e\[01;35m' "$work/seen.bare"
  for wanted in miss hit; do
    : >"$ZCCACHE_LOG"
    on_terminal "$work/seen" "$cc" $c -Wall -Wextra -c src/a.c -o a.o
    decided "$c on a terminal: decision" $wanted
    expect "$c on a terminal: same colours on a $wanted" diff <(colours "$work/seen.bare") <(colours "$work/seen")
  done
  on_terminal "$work/seen" "$cc" $c -Wall -Wextra -fno-diagnostics-color -c src/a.c -o a.o
  expect "$c on a terminal: the user's choice counts" test -z "$(colours "$work/seen")"
done
rm -f "$tree/a.o"
compile=(gcc -Wall -Wextra -c src/a.c -o a.o)
bare "${compile[@]}"
launch_with 'coloured entry is not served into a pipe' hit A=
finish
