#!/usr/bin/env bash
# zccache-index export and import: a cache as one file, restored on another machine.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }
there() { "$bin/zccache-index" --dir "$work/there" "$@"; }
long=$(printf '%0200d' 7)

printf 'object a' >"$work/a.o"
printf 'a: b' >"$work/a.d"
head -c 300000 /dev/urandom >"$work/large.o"
index put aa01 --output a.o="$work/a.o" --output sub/a.d="$work/a.d" --stderr-file "$work/a.d" --exit-code 3 >/dev/null
index put "$long" --output large.o="$work/large.o" >/dev/null
index put 'no outputs' --stdout-file "$work/a.d" >/dev/null

for name in cache.tar cache.tar.gz cache.tar.zst cache.tar.xz; do
  before=$(state_of "$dir")
  expect_exit "export_to_$name" 0 index export "$work/$name" --json
  expect_json "export_to_${name}_says_what_it_wrote" 'd == {"entries": 3, "left_out": 0, "payload_bytes": 300012}'
  expect exporting_changes_nothing test "$before" = "$(state_of "$dir")"
  rm -rf "$work/there"
  expect_exit "import_of_$name" 0 there import "$work/$name" --json
  expect_json "import_of_${name}_says_what_it_did" 'd == {"added": 3, "replaced": 0, "kept": 0, "left_out": 0}'
  expect_exit "imported_payloads_of_${name}_are_whole" 0 there verify
done
there get aa01 --json >"$work/got"
expect the_entry_is_the_same cmp <(index get aa01 --json | grep -v age_secs) <(grep -v age_secs "$work/got")
there get "$long" --output large.o --to "$work/served.o"
expect the_payload_is_the_same cmp "$work/served.o" "$work/large.o"
expect imported_files_are_for_the_user_alone test -z "$(find "$work/there" -type d -not -perm 700 -o -type f -not -perm 600)"
expect_exit import_over_itself 0 there import "$work/cache.tar" --json
expect_json entries_that_are_as_new_stay 'd == {"added": 0, "replaced": 0, "kept": 3, "left_out": 0}'
expect nothing_is_left_aside test -z "$(find "$work/there" -name '.import-*')"

# A newer entry stays: import of an archive of entries that are years old.
python3 -B "$(dirname "$0")/bincode.py" "$work/index.bin" aa01:1700000000:a.o=8
mkdir "$work/old"
printf 'older a!' >"$work/old/aa01_0"
old() { "$bin/zccache-index" --dir "$work/old/cache" "$@"; }
old import --from-bincode "$work/index.bin" --objects "$work/old" >/dev/null
expect_exit export_of_an_old_cache 0 old export "$work/old.tar"
expect_exit import_of_an_old_cache 0 there import "$work/old.tar" --json
expect_json the_newer_entry_is_kept 'd == {"added": 0, "replaced": 0, "kept": 1, "left_out": 0}'
there get aa01 --output a.o --to "$work/served.o"
expect the_newer_payload_stays cmp "$work/served.o" "$work/a.o"
expect_exit import_into_an_older_cache 0 old import "$work/cache.tar" --json
expect_json the_older_entry_is_replaced 'd == {"added": 2, "replaced": 1, "kept": 0, "left_out": 0}'
old get aa01 --output a.o --to "$work/served.o"
expect the_older_payload_is_replaced cmp "$work/served.o" "$work/a.o"
expect_exit the_older_cache_is_whole 0 old verify

# An archive is a cache directory at rest: tar alone restores it too.
mkdir -m 700 "$work/untarred"
tar -xf "$work/cache.tar" -C "$work/untarred"
run "$bin/zccache-index" --dir "$work/untarred" verify
expect tar_alone_restores_the_payloads test "$code" -eq 0
expect tar_alone_restores_the_entries test "$("$bin/zccache-index" --dir "$work/untarred" list | grep -vc "^KEY ")" -eq 3

expect_exit export_without_payloads 0 index export "$work/bare.tar" --no-payloads
expect an_archive_without_payloads_has_none test "$(tar -tf "$work/bare.tar" | tr '\n' ' ')" = 'zccache-archive index.snap '
rm -rf "$work/there"
expect_exit import_without_payloads 0 there import "$work/bare.tar"
expect entries_are_there_without_payloads test "$(there list | grep -vc "^KEY ")" -eq 3

# A payload that is gone or damaged: its entry stays at home.
find "$dir/objects" -name 'aa01*' -delete
expect_exit export_of_a_damaged_cache 0 index export "$work/partial.tar" --json
expect_json incomplete_entries_are_left_out 'd["entries"] == 2 and d["left_out"] == 1'
expect exporting_repairs_nothing test "$(index list | grep -vc "^KEY ")" -eq 3

# What is no archive of ours, or is not whole: nothing of it goes in.
refused() { # name, archive
  rm -rf "$work/there"
  expect_exit "$1" 3 there import "$2"
  expect_stderr "$1"_says_what_became_of_it 'nothing was imported'
  expect "$1"_imports_nothing test "$(there list | grep -vc "^KEY ")" -eq 0
  expect "$1"_leaves_nothing_aside test -z "$(find "$work/there" -name '.import-*')"
}
size=$(stat -c %s "$work/cache.tar")
for part in 2 3; do
  head -c "$((size / part))" "$work/cache.tar" >"$work/cut.tar"
  refused "an_archive_cut_to_one_$part""th" "$work/cut.tar"
done
remade() { # commands that change the unpacked archive
  rm -rf "$work/unpacked" && mkdir "$work/unpacked"
  tar -xf "$work/cache.tar" -C "$work/unpacked"
  (cd "$work/unpacked" && eval "$1" && tar -cf "$work/remade.tar" --format=pax ${2-*})
}
remade true
rm -rf "$work/there"
expect_exit an_archive_made_by_tar_is_as_good 0 there import "$work/remade.tar"
refuse_remade() { # name, commands, members
  remade "$2" "${3-*}"
  refused "$1" "$work/remade.tar"
}
one=objects/aa/aa01_0
members='zccache-archive objects/*/* index.snap'
refuse_remade a_damaged_payload "printf 'object b' >$one" "$members"
refuse_remade a_missing_payload "rm $one" "$members"
refuse_remade a_damaged_index "printf X | dd of=index.snap bs=1 seek=300 conv=notrunc status=none" "$members"
refuse_remade an_archive_without_index "rm index.snap" 'zccache-archive objects/*/*'
refuse_remade an_archive_without_manifest "rm zccache-archive" 'objects/*/* index.snap'
refuse_remade an_archive_of_another_version "printf 'zccache-archive 2\npayloads yes\n' >zccache-archive" "$members"
refuse_remade a_stranger_in_it "touch stranger" "$members stranger"
refuse_remade a_file_of_the_live_index "touch index.live" "$members index.live"
refuse_remade a_symlink "rm $one && ln -s /etc/passwd $one" "$members"
refuse_remade a_hard_link "ln $one objects/aa/aa01_2" "$members"
refuse_remade a_member_twice true "$members $one"
refuse_remade a_payload_in_the_wrong_folder "mkdir objects/bb && cp $one objects/bb/aa01_3" "$members objects/bb/aa01_3"
(cd "$work/unpacked" && touch stranger && tar -cf "$work/remade.tar" -P --transform 's,stranger,../../stranger,' zccache-archive stranger index.snap)
refused a_name_that_leaves_the_folder "$work/remade.tar"
expect nothing_was_written_outside test ! -e "$work/stranger"
printf 'no archive' >"$work/other"
refused a_file_that_is_no_archive "$work/other"

mkfifo "$work/fifo"
expect_exit export_to_no_file 3 index export "$work/fifo"
expect_stderr export_to_no_file_says_so 'fifo is not a regular file; name a file'
expect export_to_no_file_leaves_it test -p "$work/fifo"
expect_exit export_to_nowhere 3 index export "$work/no/such/folder/cache.tar"
expect_exit export_of_nothing 1 "$bin/zccache-index" --dir "$work/nothing" export "$work/x.tar"
expect export_of_nothing_makes_nothing test ! -e "$work/nothing" -a ! -e "$work/x.tar"
longest=$work/$(printf '%0251d' 7).tar
expect_exit export_to_the_longest_name_that_a_file_can_have 0 index export "$longest"
expect_exit import_of_it 0 there import "$longest"
expect_exit import_of_a_missing_file 3 there import "$work/none.tar"
expect no_half_archive_is_left test -z "$(find "$work" -maxdepth 1 -name '.*.tmp')"

# What an import that was killed has left goes with the next one.
mkdir "$work/there/.import-killed"
expect_exit import_after_a_kill 0 there import "$work/cache.tar"
expect what_a_kill_left_is_gone test -z "$(find "$work/there" -name '.import-*')"
mkdir "$work/there/.import-killed"
expect_exit gc_after_a_kill 0 there gc
expect gc_removes_what_a_kill_left test -z "$(find "$work/there" -name '.import-*')"

# So does what an export has left in $TMPDIR; what a living one works in stays.
export TMPDIR=$work/tmp
mkdir -p "$TMPDIR/zccache-export-killed/index" "$TMPDIR/zccache-export-living"
exec 9<"$TMPDIR/zccache-export-living"
flock 9
expect_exit export_after_a_killed_one 0 index export "$work/cache.tar"
expect it_removes_what_that_left_and_its_own test "$(ls "$TMPDIR")" = zccache-export-living
mkdir "$TMPDIR/zccache-export-killed"
expect_exit gc_after_a_killed_export 0 index gc
expect it_removes_what_that_left test "$(ls "$TMPDIR")" = zccache-export-living
exec 9<&-
expect_exit gc_after_the_end_of_the_living_one 0 index gc
expect what_nobody_works_in_goes test -z "$(ls "$TMPDIR")"
finish
