#!/usr/bin/env bash
# zccache-index push and pull: what a machine compiled is on the server before it vanishes, and is fetched by another one before its build.
source "$(dirname "$0")/remote.sh" "$1"
index=$bin/zccache-index

shared=$work/shared
mkdir "$shared"
export ZCCACHE_REMOTE=file://$shared
sources=40
mkdir "$tree/src"
for ((i = 0; i < sources; ++i)); do printf 'int f%d(int unused) { return %d; }\n' $i $i >"$tree/src/$i.c"; done
{
  separator='['
  for ((i = 0; i < sources; ++i)); do
    printf '%s\n{"directory": "%s", "file": "src/%d.c", "command": "gcc -DX=%d -c src/%d.c -o %d.o"}' "$separator" "$tree" $i $i $i $i
    separator=,
  done
  # Compiled by nobody, and nothing that could be cached.
  printf ',\n{"directory": "%s", "file": "src/0.c", "command": "gcc -DNOBODY -c src/0.c"}' "$tree"
  printf ',\n{"directory": "%s", "file": "src/0.c", "command": "gcc src/0.c"}]\n' "$tree"
} >"$work/compile_commands.json"
build() { # folder, launcher…
  let_sources_age
  : >"$ZCCACHE_LOG"
  (cd "$tree" && seq 0 $((sources - 1)) | xargs -P 8 -I{} "${@:2}" gcc -DX={} -c src/{}.c -o {}.o)
  take_outputs "$1"
}
hits() { grep -c ': hit ' "$ZCCACHE_LOG"; }
build "$work/bare" env

expect_exit 'push without a server is a mistake' 2 env ZCCACHE_REMOTE= "$index" push
expect_stderr 'and says what to set' ZCCACHE_REMOTE
expect_exit 'pull without a server is a mistake' 2 env ZCCACHE_REMOTE= "$index" pull "$work"
expect_exit 'push where nothing may go up is a mistake' 2 "$index" push
expect_stderr 'and says what to set' ZCCACHE_REMOTE_MODE

# --- push
export ZCCACHE_REMOTE_MODE=write
expect_exit 'push before anything was compiled has nothing to send' 0 "$index" push
expect_stdout 'and says so' '0 sent, 0 left'
# Its server is away while it compiles.
mv "$shared" "$work/away" && : >"$shared"
build "$work/launched" "$cc"
expect_exit 'push to a server that is away: not all is there' 1 "$index" push
expect_stdout 'push says how much is left' "0 sent, $sources left"
rm "$shared" && mv "$work/away" "$shared"
rm -f "$dir"/remote-*.breaker
expect_exit 'push waits until all is there' 0 "$index" push --wait 5m
expect_stdout 'push says what it sent' "$sources sent, 0 left"
expect 'no mark is left' test "$("$index" list --all | grep -c '^upload:')" -eq 0
kill $(remotes_of_this_machine)
expect_exit 'push says what it takes for a time' 2 "$index" push --wait soon

# --- pull
another_machine
expect_exit 'pull works on a machine that has nothing' 0 "$index" pull "$work/compile_commands.json"
expect_stdout 'pull says what came' "$((sources + 2)) compiles: 0 were here, $sources came from the server, 1 it lacks, 1 are not cacheable"
ZCCACHE_REMOTE='' build "$work/launched" "$cc"
same_as_bare 'a build after a pull: right'
expect "a build after a pull: all are hits, without a server ($(hits))" test "$(hits)" -eq $sources
run "$index" pull --json "$work"
expect_json 'what is here is not fetched again' "d == {'compiles': $sources + 2, 'here': $sources, 'brought': 0, 'lacking': 1, 'not_cacheable': 1}"

another_machine
echo 'int other;' >>"$tree/src/7.c"
build "$work/bare" env
run "$index" pull --json "$work"
expect_json 'what is compiled from another source is not fetched' "d['brought'] == $sources - 1 and d['lacking'] == 2"
ZCCACHE_REMOTE='' build "$work/launched" "$cc"
same_as_bare 'a changed source: right'
expect "a changed source: the others are hits ($(hits))" test "$(hits)" -eq $((sources - 1))

another_machine
mv "$shared" "$work/away"
: >"$shared"
expect_exit 'pull from a server that is away is no failure' 0 "$index" pull "$work"
expect_stdout 'and brings nothing' ' 0 came from the server'
expect_exit 'pull without commands is one' 3 "$index" pull "$work/tmp"
finish
