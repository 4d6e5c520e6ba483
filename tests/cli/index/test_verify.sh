#!/usr/bin/env bash
# zccache-index verify: every disagreement between index, snapshot and payloads has a name.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

payload() { find "$dir/objects" -type f -name "$1*"; } # key

# A fresh directory with three entries and their payloads.
prepare() {
  remove_cache
  echo object >"$work/a.o"
  for key in aa01 aa02 aa03; do index put $key --output a.o="$work/a.o" >/dev/null; done
  index flush >/dev/null
}

prepare
expect_exit sound 0 index verify
expect_stdout sound_is_counted 'entries: 3, payload files: 3, disagreements: 0'
expect_exit sound_as_json 0 index verify --json
expect_json sound_as_json_is_empty 'd == {"entries": 3, "payload_files": 3, "disagreements": []}'

cp -a "$dir" "$work/restored-copy"
expect_exit a_copy_that_was_restored_is_sound 0 "$bin/zccache-index" --dir "$work/restored-copy" verify

rm "$(payload aa01)"
printf X | dd of="$(payload aa02)" bs=1 seek=2 conv=notrunc status=none
cp "$(payload aa03)" "$(dirname "$(payload aa03)")/aa04_0"
cp "$(payload aa03)" "$(dirname "$(payload aa03)")/aa03_1"
expect_exit unsound 1 index verify
expect_stdout missing_payload_is_named 'payload_missing: aa01'
expect_stdout damaged_payload_is_named 'payload_damaged: aa02'
expect_stdout orphan_of_no_entry_is_named "aa04_0: no entry has this output"
expect_stdout orphan_of_an_entry_is_named "aa03_1: no entry has this output"
expect_exit unsound_as_json 1 index verify --json
expect_json unsound_as_json_has_all 'sorted(x["kind"] for x in d["disagreements"]) == ["payload_damaged", "payload_missing", "payload_without_entry", "payload_without_entry"]'
expect_exit damaged_payload_is_not_served 1 index get aa02 --output a.o --to "$work/restored"
expect damaged_payload_restores_nothing test ! -e "$work/restored"
expect_exit looking_at_damage_removes_nothing 0 index get aa02

prepare
printf X | dd of="$dir/index.snap" bs=1 seek=200 conv=notrunc status=none
expect_exit damaged_snapshot 1 index verify --json
expect_json damaged_snapshot_is_named '[(x["kind"], x["subject"]) for x in d["disagreements"]] == [("index_file_damaged", "index.snap")]'
finish
