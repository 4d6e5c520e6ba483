#!/usr/bin/env bash
# zccache-index gc: limits, a dry run, what belongs to nothing, bad input.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

expect_exit no_index 1 index gc
head -c 200000 /dev/zero >"$work/a.o"
export ZCCACHE_COMPRESS=off # the limits below are of this size
for key in aa01 aa02 aa03; do index put $key --output a.o="$work/a.o" >/dev/null; done

expect_exit under_the_limit 0 index gc --json
expect_json nothing_goes_under_the_limit '(d["evicted"], d["entries_before"], d["max_bytes"], d["dry_run"]) == (0, 3, 5 << 30, False)'
expect_json the_size_is_what_the_disk_says "d[\"bytes_before\"] == $(du -s --block-size=1 --exclude=gc.state "$dir" | cut -f1) - 4096 * $(find "$dir" -type d | wc -l)"

before=$(state_of "$dir")
expect_exit dry_run 0 index gc --dry-run --max-size 500K --json
expect_json dry_run_tells 'd["evicted"] >= 1 and d["dry_run"]'
expect dry_run_changes_nothing test "$before" = "$(state_of "$dir")"
expect_exit dry_run_as_text 0 index gc --dry-run --max-size 500K
expect_stdout dry_run_says_so 'nothing was changed; this would go:'

expect_exit over_the_limit 0 index gc --max-size 1600K --json
expect_json some_go '1 <= d["evicted"] < 3 and d["bytes_after"] <= 1280000'
expect_exit environment_limits_too 0 env ZCCACHE_MAX_SIZE=1K "$bin/zccache-index" --dir "$dir" gc --json
expect_json all_go 'd["max_bytes"] == 1000'
expect_exit all_have_gone 0 index list --json
expect_json the_index_is_empty 'd == []'
expect evictions_are_counted test "$(index stats --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["evictions"])')" -eq 3
expect payloads_have_gone_too test -z "$(find "$dir/objects" -type f)"

index put aa01 --output a.o="$work/a.o" >/dev/null
echo left >"$dir/objects/aa/aa09_0"
echo left >"$dir/objects/aa/.0123456789abcde8.tmp"
echo mine >"$dir/objects/aa/notes"
touch -d '1 hour ago' "$dir/objects/aa/.0123456789abcde8.tmp"
expect_exit leftovers_are_reported 1 index verify --json
expect_json each_by_its_kind 'sorted(x["kind"] for x in d["disagreements"]) == ["payload_without_entry", "stale_temporary", "unknown_file"]'
expect_exit leftovers_go 0 index gc --json
expect_json leftovers_are_counted '(d["orphans"], d["stale_temporaries"]) == (1, 1)'
expect what_is_not_ours_stays test -e "$dir/objects/aa/notes"
rm "$dir/objects/aa/notes"
expect_exit all_is_well 0 index verify

expect_exit bad_size 2 index gc --max-size 5X
expect_stderr bad_size_shows_the_form "--max-size takes 500M, 5Gi or 10%, not '5X'"
expect_exit bad_age 2 index gc --max-age soon
expect_exit bad_environment 2 env ZCCACHE_MAX_AGE=soon "$bin/zccache-index" --dir "$dir" gc
expect_stderr bad_environment_is_named ZCCACHE_MAX_AGE=soon
finish
