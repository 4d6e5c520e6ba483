#!/usr/bin/env bash
# zccache-index: looking never changes what is looked at, and makes nothing.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

looks() { # suffix of the names
  local before
  before=$(state_of "$dir")
  expect_exit "stats_$1" 0 index stats
  expect_exit "list_$1" 0 index list --json
  expect_exit "get_$1" 0 index get aa01 --json
  expect_exit "restore_$1" 0 index get aa01 --output a.o --to "$work/restored"
  expect_exit "verify_$1" "$2" index verify
  expect_exit "dump_$1" "$3" index dump
  expect "nothing_changed_$1" test "$before" = "$(state_of "$dir")"
}

for command in list 'get aa01' verify dump 'remove aa01' 'clear --yes' flush; do
  name=${command%% *}
  expect_exit "${name}_of_a_missing_directory" 1 index $command
  expect_stderr "${name}_of_a_missing_directory_says_so" "no index at $dir"
done
expect nothing_was_made test ! -e "$dir"
mkdir -m 700 "$dir"
expect_exit list_of_an_empty_directory 1 index list
expect_stderr list_of_an_empty_directory_says_so "no index at $dir"
expect empty_directory_stays_empty test -z "$(ls -A "$dir")"

echo object >"$work/a.o"
index put aa01 --output a.o="$work/a.o" >/dev/null
index flush >/dev/null
looks at_a_live_index 0 0

rm "$dir/index.live"
looks at_a_snapshot_alone 0 1
finish
