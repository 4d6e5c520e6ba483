#!/usr/bin/env bash
# zccache-index dump: the header words, identity, chains, extent and locks of the live segment.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

for key in one two three; do index put $key >/dev/null; done

expect_exit dump_as_text 0 index dump
for label in magic version fingerprint 'boot id' device inode generation retired dirty 'chains of 0' 'chains of 1' extent locks; do
  expect_stdout "text_has_${label// /_}" "$label"
done
expect_exit dump_as_json 0 index dump --json
expect_json it_can_be_trusted 'd["trust"] == "ok" and not d["retired"] and not d["dirty"]'
expect_json identity_agrees 'd["fingerprint"] == d["expected_fingerprint"] and d["boot_id"] == d["current_boot_id"] and d["device"] == d["actual_device"] and d["inode"] == d["actual_inode"]'
expect_json chains_cover_all_buckets 'sum(d["chain_lengths"]) == d["buckets"] and d["damaged_chains"] == 0'
expect_json chains_hold_all_entries 'sum(length * count for length, count in enumerate(d["chain_lengths"])) == d["entries"] == 3'
expect_json extent_lies_in_the_file 'd["extent_used"] <= d["extent_bytes"] <= d["file_bytes"]'
expect_json nobody_holds_a_lock 'd["locks"] == []'

cp -p "$dir/index.live" "$work/copy"
mv "$work/copy" "$dir/index.live"
expect_exit dump_of_a_copy 0 index dump --json
expect_json copy_is_not_trusted 'd["trust"] == "moved" and d["inode"] != d["actual_inode"]'
expect_exit dump_of_a_copy_as_text 0 index dump
expect_stdout copy_is_explained 'but the file'

: >"$dir/index.live"
expect_exit dump_of_an_empty_file 3 index dump
expect_stderr empty_file_is_named "$dir/index.live"
rm "$dir/index.live"
expect_exit dump_without_a_live_index 1 index dump
expect_stderr absence_is_said "no index at $dir"
finish
