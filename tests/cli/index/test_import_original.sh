#!/usr/bin/env bash
# zccache-index import --from-bincode: the index of the original, with and without its payloads; all of it or nothing.
source "$(dirname "$0")/../lib.sh" "$1"
here=$(dirname "$0")
index() { "$bin/zccache-index" --dir "$dir" "$@"; }
blob() { python3 -B "$here/bincode.py" "$work/index.bin" "$@"; }
import() { index import --from-bincode "$work/index.bin" "$@"; }
without_traces() { test "$(find "$dir" -name '.import-*' | wc -l)" -eq 0; }

mkdir "$work/objects"
printf 'object a' >"$work/objects/aa01_0"
printf 'deps' >"$work/objects/aa01_1"
printf 'object b' >"$work/objects/bb02_0"
blob aa01:1700000000:a.o=8:sub/a.d=4 bb02:1700000001:b.o=8 cc03:1700000002

expect_exit import_with_payloads 0 import --objects "$work/objects" --json
expect_json import_says_what_it_did 'd == {"added": 3, "replaced": 0, "kept": 0, "left_out": 0}'
expect import_leaves_nothing_aside without_traces
expect_exit imported_payloads_are_whole 0 index verify
expect_exit imported_entry_is_there 0 index get aa01 --json
expect_json imported_entry_has_its_record 'd["exit_code"] == -7 and d["stored_at_secs"] == 1700000000 and d["total_size"] == 12'
expect_json imported_entry_has_its_outputs '[(o["name"], o["size"]) for o in d["outputs"]] == [("a.o", 8), ("sub/a.d", 4)]'
expect_exit imported_stdout 0 index get aa01 --stdout
expect_stdout stdout_is_the_stored_one 'out of aa01'
expect_exit imported_payload_is_served 0 index get aa01 --output sub/a.d --to "$work/a.d"
expect served_payload_is_the_imported_one cmp "$work/a.d" "$work/objects/aa01_1"
expect the_originals_files_stay test -f "$work/objects/aa01_0"

expect_exit import_again 0 import --objects "$work/objects" --json
expect_json entries_that_are_as_new_stay 'd == {"added": 0, "replaced": 0, "kept": 3, "left_out": 0}'
printf 'newer a' >"$work/newer.o"
index put aa01 --output a.o="$work/newer.o" >/dev/null
printf 'older b!' >"$work/objects/bb02_0"
blob aa01:1700000009:a.o=8:sub/a.d=4 bb02:1700000009:b.o=8
expect_exit import_of_a_changed_index 0 import --objects "$work/objects" --json
expect_json newer_entries_stay_and_older_ones_go 'd == {"added": 0, "replaced": 1, "kept": 1, "left_out": 0}'
index get aa01 --output a.o --to "$work/served.o"
expect the_newer_payload_stays cmp "$work/served.o" "$work/newer.o"
index get bb02 --output b.o --to "$work/served.o"
expect the_older_payload_is_replaced cmp "$work/served.o" "$work/objects/bb02_0"
expect_exit all_payloads_are_whole 0 index verify

# All or nothing: each of these adds an entry that is good before the one that is not.
dir=$work/fresh
good=dd04:1700000000
refused() { # name, text
  expect_exit "$1" 3 import "${@:3}"
  expect_stderr "$1"_says_why "$2"
  expect_stderr "$1"_says_what_became_of_it 'nothing was imported'
  expect "$1"_imports_nothing test "$(index list | grep -vc "^KEY ")" -eq 0
  expect "$1"_leaves_nothing_aside without_traces
}
blob "$good" aa01:1:a.o=8:sub/a.d=4:more.o=1
refused missing_payload 'aa01_2 is missing or not 1 bytes long' --objects "$work/objects"
expect_exit incomplete_entries_can_be_left_out 0 import --objects "$work/objects" --skip-incomplete --json
expect_json what_was_left_out_is_counted 'd == {"added": 1, "replaced": 0, "kept": 0, "left_out": 1}'
remove_cache
blob "$good" aa01:1:a.o=9
refused payload_of_another_size 'aa01_0 is missing or not 9 bytes long' --objects "$work/objects"
blob "$good" 'no hex:1:a.o=8'
printf 'object c' >"$work/objects/no hex_0"
refused payload_of_a_key_that_is_not_hex 'not a usable key' --objects "$work/objects"
blob "$good" aa01:1:../../a.o=8
refused name_that_leaves_its_folder 'an output name is empty, absolute, or leaves its folder'
blob "$good" aa01:1:/etc/passwd=8
refused absolute_name 'an output name is empty, absolute, or leaves its folder'
blob "$good" a/b:1
refused key_with_a_slash 'the key is empty'

blob "$good" ee05:1:e.o=3
cp "$work/index.bin" "$work/whole.bin"
size=$(stat -c %s "$work/whole.bin")
for cut in 1 8 20 $((size - 9)); do
  head -c "$((size - cut))" "$work/whole.bin" >"$work/index.bin"
  refused "blob_that_is_$cut""_bytes_short" 'not an index of the original: at byte'
done
printf 'x' | cat "$work/whole.bin" - >"$work/index.bin"
refused bytes_after_the_end '1 bytes follow the last entry'
printf '' >"$work/index.bin"
refused empty_file 'the file ends in the middle of a number of entries'
printf '\377\377\377\377\377\377\377\377' | cat - <(tail -c +9 "$work/whole.bin") >"$work/index.bin"
refused hostile_number_of_entries 'more than the rest of the file has room for'

# A length that the file has room for, in a file of 8 GiB that takes no space: more than an entry may have, and never allocated.
python3 -B - "$work/index.bin" <<'PYTHON'
import struct, sys
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<QQ4sQQQ", 1, 4, b"ee05", 0, 0, 7 << 30))
    file.truncate(8 << 30)
PYTHON
(ulimit -v 1000000 && refused hostile_length_in_a_large_file 'makes an entry over 64 MiB' && exit "$failures") || failures=$((failures + 1))

expect_exit neither_nor 2 index import
expect_exit both 2 index import "$work/a" --from-bincode "$work/b"
expect_exit objects_without_blob 2 index import "$work/a" --objects "$work/objects"
expect_exit missing_blob 3 index import --from-bincode "$work/none.bin"
expect_stderr missing_blob_is_named 'none.bin'
finish
