#!/usr/bin/env bash
# zccache-index: stats, flush and clear.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

echo object >"$work/a.o"
for key in aa01 aa02 aa03; do index put $key --output a.o="$work/a.o" >/dev/null; done

expect_exit stats_as_json 0 index stats --json
expect_json stats_has_the_agreed_keys 'set("entries hits misses inserts generation renewals segment_bytes live_bytes garbage_bytes snapshot_entries flushes_done flushes_failed".split()) <= set(d)'
expect_json stats_is_flat_and_numeric 'all(isinstance(v, int) for v in d.values())'
expect_json stats_counts 'd["entries"] == 3 and d["inserts"] == 3 and d["hits"] == 0 and d["misses"] == 0 and d["generation"] >= 1'
expect_json stats_measures 'd["segment_bytes"] > 0 and d["live_bytes"] > 0'
expect_exit stats_as_text 0 index stats --verbose
expect_stdout stats_text_has_labels 'entries in snapshot'
expect_exit directory_from_the_environment 0 env ZCCACHE_DIR="$dir" "$bin/zccache-index" stats --json
expect_json the_environment_names_the_same_directory 'd["entries"] == 3'
expect_exit directory_after_the_command 0 "$bin/zccache-index" stats --json --dir "$dir"

expect_exit flush_writes_a_snapshot 0 index flush --json
expect_json flush_counts_entries 'd["snapshot_entries"] == 3 and d["snapshot_bytes"] > 0'
expect snapshot_is_there test -s "$dir/index.snap"
index stats --json >"$work/out"
expect_json stats_knows_of_the_flush 'd["flushes_done"] >= 1 and d["snapshot_entries"] == 3 and d["unflushed_changes"] == 0'

expect_exit clear_wants_to_hear_yes 2 index clear
expect_stderr clear_names_the_cure '--yes'
expect_exit nothing_was_cleared 0 index get aa01
expect_exit clear_with_yes 0 index clear --yes --json
expect_json clear_counts 'd == {"removed": 3, "payload_files": 3}'
expect payload_files_are_gone test -z "$(find "$dir/objects" -type f)"
index stats --json >"$work/out"
expect_json stats_of_the_cleared 'd["entries"] == 0 and d["snapshot_entries"] == 0'
expect_exit clear_of_nothing 0 index clear --yes
expect_stdout clear_of_nothing_says_so 'removed entries: 0'
finish
