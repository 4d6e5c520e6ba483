#!/usr/bin/env bash
# zccache-index: put, get, list and remove, with and without payloads.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

printf 'object' >"$work/a.o"
printf 'a: b\n' >"$work/a.d"
printf 'warned\0twice\n' >"$work/stderr"
printf '\377 not UTF-8' >"$work/stdout"

expect_exit put_makes_the_directory 0 index put aa01 --output a.o="$work/a.o" --output sub/a.d="$work/a.d" --stderr-file "$work/stderr"
expect_stdout put_says_what_it_stored 'stored aa01, outputs: 2'
expect directory_is_private test "$(stat -c %a "$dir")" = 700
expect_exit put_without_outputs 0 index put 'any key' --stdout-file "$work/stdout" --exit-code 7 --json
expect_json put_prints_json 'd == {"key": "any key", "outputs": 0}'

expect_exit get_shows_an_entry 0 index get aa01
expect_stdout get_shows_the_outputs 'a.o (6 B), sub/a.d (5 B)'
expect_exit get_as_json 0 index get aa01 --json
expect_json get_json_has_the_record 'd["key"] == "aa01" and d["total_size"] == 11 and d["exit_code"] == 0 and d["age_secs"] < 100'
expect_json get_json_has_the_outputs '[(o["name"], o["size"], len(o["digest"])) for o in d["outputs"]] == [("a.o", 6, 32), ("sub/a.d", 5, 32)]'
expect_json get_json_has_the_sizes 'd["stderr_size"] == 13 and d["stdout_size"] == 0'
expect_exit get_json_of_bytes_that_are_not_utf8 0 index get 'any key' --json
expect_json bytes_that_are_not_utf8_are_replaced 'd["stdout"] == "\ufffd not UTF-8" and d["exit_code"] == 7'
expect_exit get_stderr 0 index get aa01 --stderr
expect stderr_is_raw cmp "$work/out" "$work/stderr"
expect_exit get_stdout 0 index get 'any key' --stdout
expect stdout_is_raw cmp "$work/out" "$work/stdout"
expect_exit get_restores_an_output 0 index get aa01 --output sub/a.d --to "$work/restored.d"
expect restored_output_is_the_stored_one cmp "$work/restored.d" "$work/a.d"
expect_exit get_of_an_absent_output 1 index get aa01 --output b.o --to "$work/b.o"
expect_stderr absent_output_names_those_there_are 'a.o (6 B), sub/a.d (5 B)'
expect absent_output_makes_no_file test ! -e "$work/b.o"
mkfifo "$work/fifo"
ln -s linked.o "$work/link.o"
expect_exit restore_to_no_file 3 index get aa01 --output a.o --to "$work/fifo"
expect_stderr restore_to_no_file_says_so 'fifo is not a regular file; name a file'
expect restore_to_no_file_leaves_it test -p "$work/fifo"
expect_exit restore_through_a_link 0 index get aa01 --output a.o --to "$work/link.o"
expect restore_through_a_link_keeps_it test -L "$work/link.o" -a -s "$work/linked.o"
expect_exit restore_to_nowhere 3 index get aa01 --output a.o --to "$work/no/such/folder/a.o"
expect_exit get_of_an_absent_key 1 index get bb02
expect_stderr absent_key_is_named "no entry 'bb02'"

printf 'object, again' >"$work/a.o"
expect_exit put_replaces 0 index put aa01 --output a.o="$work/a.o"
index get aa01 --output a.o --to "$work/restored.o"
expect replaced_output_is_the_new_one cmp "$work/restored.o" "$work/a.o"

expect_exit replacing_by_fewer_outputs_leaves_no_payload 0 index verify

expect_exit list_shows_entries 0 index list
expect list_prints_a_line_per_entry test "$(grep -vc "^KEY " "$work/out")" -eq 2
expect_exit list_as_json 0 index list --json
expect_json list_json_is_an_array 'sorted((e["key"], e["total_size"]) for e in d) == [("aa01", 13), ("any key", 0)]'
expect_json list_json_has_outputs '[o for e in d for o in e["outputs"]] == [{"name": "a.o", "size": 13}]'
expect_exit list_with_limit 0 index list --limit 1 --json
expect_json list_stops_at_the_limit 'len(d) == 1'
expect_exit list_of_nothing 0 index list --limit 0 --json
expect_json list_of_nothing_is_an_empty_array 'd == []'

expect_exit remove_of_one_that_is_there 0 index remove aa01 bb02 --json
expect_json remove_counts_what_there_was 'd == {"removed": 1, "asked": 2}'
expect_exit removed_entry_is_gone 1 index get aa01
expect removed_payload_is_gone test -z "$(find "$dir/objects" -type f -name 'aa01*')"
expect_exit remove_again 1 index remove aa01
expect_stdout remove_again_says_so 'removed 0 of 1'
index put aa01 --output a.o="$work/a.o" >/dev/null
expect_exit put_replaces_by_an_entry_without_outputs 0 index put aa01
expect_exit replacing_by_no_outputs_leaves_no_payload 0 index verify
expect_exit remove_of_a_key_without_payloads 0 index remove 'any key'
finish
