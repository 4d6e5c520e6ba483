#!/usr/bin/env bash
# ZCCACHE_REMOTE with several servers: the first that has it is read, all are written, and one that is away costs no hit.
source "$(dirname "$0")/remote.sh" "$1"

near=$work/near far=$work/far
mkdir "$near" "$far"
both="file://$near file://$far"
export ZCCACHE_REMOTE=$both
shared_by 'two servers'
values_of() { (cd "$1" && find . -type f | sort); }
expect 'both have the same values' test "$(values_of "$near")" = "$(values_of "$far")" -a -n "$(values_of "$far")"

compile=(g++ -Wall -Wextra -MMD -c src/1.cpp -o 1.o)
bare "${compile[@]}"
is_hit() { # name
  another_machine
  launched "${compile[@]}"
  same_as_bare "$1: right"
  decided "$1: a hit" hit
}
mv "$near" "$work/kept" && mkdir "$near"
is_hit 'what the first lacks comes from the second'
rm -r "$near" && : >"$near" # no directory: whatever is asked of it fails
is_hit 'the first fails: the second is read'
ZCCACHE_REMOTE="redis://127.0.0.1:1 file://$far" is_hit 'the first is not there: the second is read'
rm "$near" && mv "$work/kept" "$near"
rm -r "$far" && : >"$far"
is_hit 'the second fails: the first is read'

# Written as long as one of them takes it.
another_machine
export ZCCACHE_REMOTE_MODE=write
launched gcc -DMORE -c src/1.cpp -o 1.o
let_uploads_end
expect 'the second fails: the first is written' test "$("$bin/zccache-index" list --all | grep -c '^upload:')" -eq 0
rm -r "$near" && : >"$near"
launched gcc -DMOST -c src/1.cpp -o 1.o
decided 'both fail: a miss' miss
expect_exit 'both fail: the mark stays' 1 "$bin/zccache-index" push
kill $(remotes_of_this_machine)

another_machine
ZCCACHE_REMOTE="file://$work/kept nonsense://" launched "${compile[@]}"
same_as_bare 'one of the URLs is none: right'
decided 'one of the URLs is none: a miss' miss
finish
