#!/usr/bin/env bash
# zccache-recover: looks by default, repairs when told to.
source "$(dirname "$0")/../lib.sh" "$1"
recover() { "$bin/zccache-recover" --dir "$dir" "$@"; }
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

# A fresh directory with three entries, all of them in the snapshot.
prepare() {
  remove_cache
  for key in one two three; do index put $key >/dev/null; done
  index flush >/dev/null
}

damage() { # file, offset
  printf 'XXXX' | dd of="$dir/$1" bs=1 seek="$2" conv=notrunc status=none
}

expect_exit help_is_good 0 recover --help
expect_stdout help_shows_the_form 'Usage: zccache-recover [--dir D] [--check | --repair] [--json]'
expect_exit version_is_good 0 recover --version
expect_exit unknown_option_is_a_usage_error 2 recover --frobnicate
expect_stderr unknown_option_shows_the_form 'Usage: zccache-recover'
expect_exit unknown_argument_is_a_usage_error 2 recover now
expect_exit check_and_repair_at_once_are_a_usage_error 2 recover --check --repair
expect_exit check_of_a_missing_directory 3 recover
expect_stderr missing_directory_is_named "$dir"
expect_exit repair_of_a_missing_directory 3 recover --repair
expect nothing_was_made test ! -e "$dir"

prepare
before=$(state_of "$dir")
expect_exit sound 0 recover
expect_exit sound_as_json 0 recover --check --json
expect_json sound_json_says_so 'not d["damaged"] and not d["rebuild_needed"] and not d["rebuilt"] and d["entries_kept"] == 3 and d["quarantined"] == []'
expect_json sound_json_has_findings 'all(set(f) == {"file", "state", "detail", "found", "lost"} for f in d["findings"]) and d["findings"]'
expect_exit repair_of_the_sound 0 recover --repair
expect sound_is_left_alone test "$before" = "$(state_of "$dir")"

damage index.live 0
before=$(state_of "$dir")
expect_exit damaged_live_index 1 recover
expect_stdout damaged_live_index_is_named 'index.live'
expect_exit damaged_live_index_as_json 1 recover --json
expect_json damaged_live_index_json_says_so 'd["rebuild_needed"] and d["entries_kept"] == 3'
expect looking_changes_nothing test "$before" = "$(state_of "$dir")"
expect_exit repair_of_a_damaged_live_index 0 recover --repair --json
expect_json repair_says_what_it_kept 'd["rebuilt"] and d["entries_kept"] == 3'
expect_exit repaired_is_sound 0 recover
index list --json >"$work/out"
expect_json repaired_has_all_entries 'sorted(e["key"] for e in d) == ["one", "three", "two"]'

prepare
damage index.snap 130
expect_exit damaged_snapshot 1 recover --json
expect_json damaged_snapshot_is_named '[f["file"] for f in d["findings"] if f["state"] == "damaged"] == ["index.snap"]'
expect_exit repair_of_a_damaged_snapshot 0 recover --repair --json
expect_json damaged_snapshot_is_set_aside 'len(d["quarantined"]) == 1 and d["entries_kept"] == 3'
expect what_is_set_aside_is_there test -n "$(ls -A "$dir/quarantine")"
expect_exit repaired_snapshot_is_sound 0 recover

prepare
rm "$dir/index.live"
expect_exit missing_live_index_is_no_damage 0 recover --json
expect_json missing_live_index_loses_nothing 'd["entries_kept"] == 3'
finish
