#!/usr/bin/env bash
# zccache-index top: samples, rates, and who is attached.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

expect_exit top_of_nothing 1 index top --count 1
index put k >/dev/null

expect_exit top_shows_samples 0 index top --count 3 --interval 0.01 --json
expect one_line_per_sample test "$(wc -l <"$work/out")" -eq 3
head -n 1 "$work/out" >"$work/first" && mv "$work/first" "$work/out"
expect_json a_sample_has_the_numbers 'd["entries"] == 1 and d["inserts"] == 1 and d["generation"] == 1 and d["inserts_per_second"] == 0'
expect_json nobody_is_attached 'd["attached"] == []'

# One that stays attached: another top, between two of its samples. Its entry appears with the first look that finds it.
"$bin/zccache-index" --dir "$dir" top --interval 0.01 >"$work/other" &
other=$!
sees_the_other() { index top --count 200 --interval 0.01 --json | grep -q "\"pid\":$other,\"name\":\"zccache-index\""; }
expect an_attached_process_is_seen sees_the_other
kill -INT "$other"
wait "$other"
expect an_interrupt_ends_it_well test "$?" -eq 0
expect text_has_no_escapes_in_a_pipe bash -c '! grep -q "$(printf "\033")" "$1"' _ "$work/other"
expect text_shows_the_rates grep -q 'per second .* hits .* misses .* inserts' "$work/other"

expect_exit interval_must_be_positive 2 index top --interval -1
finish
