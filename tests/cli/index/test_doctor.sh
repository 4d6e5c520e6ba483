#!/usr/bin/env bash
# doctor: one line for each thing that caching needs, with the cure where it is not as it should be. Nothing is changed.
source "$(dirname "$0")/../lib.sh" "$1"

doctor=("$bin/zccache-index" --dir "$dir" doctor)

expect_exit 'a directory that is not there yet is fine' 0 "${doctor[@]}"
expect_stdout 'it says what makes it' 'the first compile makes it'
expect_stdout 'it says which kernel this is' "$(uname -r)"
expect_stdout 'it says which compiler there is' 'gcc'
expect 'nothing is made' test ! -e "$dir"

mkdir -m 775 "$dir"
expect_exit 'a directory that others may write to is not' 1 "${doctor[@]}"
expect_stdout 'it is named' "bad   directory    $dir"
expect_stdout 'and so is the cure' '->'
rmdir "$dir"

expect_exit 'switched off' 1 env ZCCACHE_DISABLE=1 "${doctor[@]}"
expect_stdout 'switched off: it says so' 'ZCCACHE_DISABLE is set'
expect_exit 'nobody may observe' 1 env ZCCACHE_OBSERVE=off "${doctor[@]}"
expect_stdout 'nobody may observe: it says so' 'nothing is stored'
expect_exit 'a base directory that is not absolute' 1 env ZCCACHE_BASEDIR=src "${doctor[@]}"
expect_stdout 'a base directory that is not absolute: it is named' 'ZCCACHE_BASEDIR=src'
expect_exit 'a limit that is no size' 1 env ZCCACHE_MAX_SIZE=much "${doctor[@]}"
expect_stdout 'a limit that is no size: it is named' 'much'

run "${doctor[@]}" --json
expect_json 'as JSON: each has a state, what it is about, what was found, and a cure' \
  "all(set(one) == {'state', 'about', 'found', 'cure'} for one in d) and {'directory', 'kernel', 'observation'} <= {one['about'] for one in d}"
finish
