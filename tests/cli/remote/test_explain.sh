#!/usr/bin/env bash
# zccache-index explain says what the team's server has for a compile that would miss here, and changes nothing here for that.
source "$(dirname "$0")/remote.sh" "$1"

shared=$work/shared
mkdir "$shared" "$tree/src"
export ZCCACHE_REMOTE=file://$shared ZCCACHE_REMOTE_MODE=write
echo 'int h;' >"$tree/src/h.h"
echo '#include "h.h"' >"$tree/src/a.c"
compile=(gcc -c src/a.c -o a.o)
launched "${compile[@]}"
let_uploads_end
explain() { # name, exit code, what it says, command…
  (cd "$tree" && "$bin/zccache-index" explain "${@:4}") >"$work/out" 2>"$work/err"
  code=$?
  expect "$1 (exit $code, wanted $2)" test "$code" -eq "$2"
  expect_stdout "$1: said" "$3"
}

another_machine
explain 'nothing is here, and the server has it' 0 "hit, from the team's server: src/a.c" "${compile[@]}"
expect 'no cache directory is made' test ! -e "$dir"
expect 'nothing is left in the directory for temporary files' test -z "$(ls "$TMPDIR")"
explain 'nothing is here, and the server lacks it' 1 "the team's server has for this command line: nothing" gcc -O2 -c src/a.c
launched gcc -c src/a.c -o b.o -DHERE
before=$(state_of "$dir" | grep -v remote-)
explain 'something else is here, and the server has it' 0 "hit, from the team's server: src/a.c" "${compile[@]}"
expect 'the cache is as it was' test "$before" = "$(state_of "$dir" | grep -v remote-)"
echo 'int changed;' >>"$tree/src/h.h"
explain 'a header is another one: the server has other results' 1 "the team's server has for this command line: other results" "${compile[@]}"
expect_stdout 'and the header is named' 'h.h'
ZCCACHE_REMOTE=redis://127.0.0.1:1 explain 'the server is not there' 1 "the team's server has for this command line: no answer" "${compile[@]}"
(cd "$tree" && "$bin/zccache-index" explain --json "${compile[@]}") >"$work/out"
expect_json 'as JSON' "d['outcome'] == 'miss' and d['server'] == 'other results' and d['candidates'][0]['changes']"
launched "${compile[@]}"
explain 'what is here is not asked for' 0 'hit: src/a.c' "${compile[@]}"
finish
