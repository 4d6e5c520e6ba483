#!/usr/bin/env bash
# zccache-index: keys, names and files that cannot be used. Each has a clear error, and nothing is lost.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

repeat() { printf "%${2}s" '' | tr ' ' "$1"; }

echo object >"$work/a.o"
index put aa01 --output a.o="$work/a.o" >/dev/null

bad_key() { # name, key
  expect_exit "put_refuses_$1" 2 index put "$2"
  expect_stderr "refusal_of_$1_is_explained" 'key'
  expect_exit "get_finds_nothing_for_$1" 1 index get "$2"
}
bad_key an_empty_key ''
bad_key a_key_over_4096_bytes "$(repeat k 4097)"
bad_key a_key_with_a_newline $'two\nlines'
bad_key a_key_with_a_slash 'a/b'
bad_key a_key_with_an_escape_sequence $'\e[2J'
expect messages_carry_no_escape_sequence test -z "$(tr -cd '\033' <"$work/err")"

good_key() { # name, key
  expect_exit "put_takes_$1" 0 index put -- "$2"
  expect_exit "get_finds_$1" 0 index get -- "$2"
}
good_key a_key_of_4096_bytes "$(repeat k 4096)"
good_key a_key_with_a_dash_in_front -key
good_key a_key_with_spaces_and_accents 'clé à clé'

expect_exit payloads_need_a_hex_key 2 index put 'not hex' --output a.o="$work/a.o"
bad_output() { # name, NAME
  expect_exit "put_refuses_$1" 2 index put bb02 --output "$2=$work/a.o"
}
bad_output an_empty_output_name ''
bad_output an_absolute_output_name /etc/a.o
bad_output an_output_name_that_leads_out ../a.o
bad_output an_output_name_that_leads_out_later sub/../../a.o
expect_exit put_refuses_a_folder_as_output 2 index put bb02 --output "a.o=$work"
expect_exit put_of_an_absent_file 3 index put bb02 --output "a.o=$work/absent.o"
expect_stderr absent_file_is_named "$work/absent.o"
expect_exit put_of_an_absent_stdout_file 3 index put bb02 --stdout-file "$work/absent"
expect_stderr absent_stdout_file_is_named "$work/absent"
expect_exit put_of_a_folder_as_stdout_file 3 index put bb02 --stdout-file "$work"
truncate -s 65M "$work/huge"
expect_exit put_refuses_a_record_over_64_mib 3 index put bb02 --stdout-file "$work/huge"
expect_exit nothing_was_stored 1 index get bb02
expect_exit nothing_was_lost 0 index verify

expect_exit output_to_a_full_device_is_an_error 3 bash -c '"$0" --dir "$1" stats >/dev/full' "$bin/zccache-index" "$dir"
expect_exit a_long_list_to_a_full_device_is_an_error 3 bash -c '"$0" --dir "$1" list --json >/dev/full' "$bin/zccache-index" "$dir"

chmod 777 "$dir"
expect_exit a_directory_open_to_others_is_refused 3 index stats
expect_stderr the_directory_open_to_others_is_named "$dir"
chmod 700 "$dir"
ln -s "$dir" "$work/link"
expect_exit a_symlink_as_directory_is_refused 3 "$bin/zccache-index" --dir "$work/link" put bb02
touch "$work/file"
expect_exit a_file_as_directory_is_refused 3 "$bin/zccache-index" --dir "$work/file" put bb02
finish
