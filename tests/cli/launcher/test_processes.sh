#!/usr/bin/env bash
# Many launchers at once; a launcher that is told to stop; the snapshot that nobody waits for.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir "$tree/src"
for i in 1 2 3 4 5 6 7 8; do echo "int f$i(void) { return $i; }" >"$tree/src/$i.c"; done
echo 'int f(void) { return 1; }' >"$tree/src/a.c"
temporaries() { find "$dir" "$TMPDIR" -type f ! -name 'index.*' ! -name gc.state ! -path "$dir/objects/??/*_[0-9]" ! -path "$dir/objects/??/*.pack"; }

# --- The same compile eight times at once, then eight different ones
bare gcc -c src/a.c -o a.o
let_sources_age
: >"$ZCCACHE_LOG"
for i in 1 2 3 4 5 6 7 8; do (cd "$tree" && "$cc" gcc -c src/a.c -o "same$i.o") & done
wait
for i in 1 2 3 4 5 6 7 8; do expect "same compile in parallel: object $i" cmp "$tree/same$i.o" "$work/bare/a.o"; done
expect 'same compile in parallel: each was a hit or a miss' test "$(grep -cE 'info: (hit|miss .* stored$)' "$ZCCACHE_LOG")" -eq 8
expect 'same compile in parallel: one entry' test "$(results)" -eq 1
for i in 1 2 3 4 5 6 7 8; do (cd "$tree" && "$cc" gcc -c "src/$i.c" -o "$i.o") & done
wait
: >"$ZCCACHE_LOG"
for i in 1 2 3 4 5 6 7 8; do (cd "$tree" && "$cc" gcc -c "src/$i.c" -o "again$i.o") & done
wait
expect 'different compiles in parallel: all are hits afterwards' test "$(grep -c 'info: hit' "$ZCCACHE_LOG")" -eq 8
expect 'counters: hits and misses are all launches' test "$(($(count_of hits) + $(count_of misses)))" -eq 24
expect 'in parallel: no temporaries are left' test -z "$(temporaries)"
rm -f "$tree"/*.o

# --- A signal midway. The compiler says that it is running, and then never ends by itself.
fake_gcc "$work/slow" <<COMPILER
echo half of it >"$tree/a.o"
echo \$\$ >"$work/running"
exec tail -f /dev/null
COMPILER
wait_for() { # command…: until it succeeds; the test's own timeout ends what never happens
  until "$@" 2>/dev/null; do read -rt 0.01 <> <(:) || true; done
}
for signal in TERM INT HUP; do
  rm -f "$work/running"
  # Not by the shell: it makes background processes ignore SIGINT.
  python3 -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.chdir(sys.argv[1])
os.execv(sys.argv[2], sys.argv[2:])' "$tree" "$cc" "$work/slow/gcc" -c src/a.c -o a.o &
  launcher=$!
  wait_for test -s "$work/running"
  compiler=$(<"$work/running")
  kill -$signal $launcher
  wait $launcher
  code=$?
  expect "SIG$signal midway: we die of it ($code)" test $code -eq $((128 + $(kill -l $signal)))
  expect "SIG$signal midway: the compiler is gone" test ! -e "/proc/$compiler"
  expect "SIG$signal midway: no temporaries" test -z "$(temporaries)"
  expect "SIG$signal midway: nothing is stored" test "$(results)" -eq 9
done
rm -f "$tree/a.o"

# A process that the compiler leaves behind with our pipes open holds nobody up.
fake_gcc "$work/leaves" <<COMPILER
tail -f /dev/null &
echo \$! >"$work/left"
exec gcc "\$@"
COMPILER
launched "$work/leaves/gcc" -c src/a.c -o a.o
expect 'a process left behind by the compiler: we end' test "$code" -eq 0
kill "$(<"$work/left")"

# --- The snapshot
export ZCCACHE_FLUSH_CHANGES=1
remove_cache
# Whoever reads to the end of our output, as make's job server and CI do, must not wait for the snapshot.
output=$(cd "$tree" && "$cc" gcc -c src/1.c -o 1.o 2>&1)
has_snapshot() { (($(count_of snapshot_entries) >= 1)); } # counted once the file has its name
wait_for has_snapshot
expect 'snapshot is written after a miss that makes it due' test -s "$dir/index.snap"
expect 'snapshot leaves no temporaries' test -z "$(temporaries)$output"
finish
