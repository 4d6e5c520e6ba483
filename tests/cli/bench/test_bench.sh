#!/usr/bin/env bash
# zccache-bench: each benchmark runs, checks its answers, reports, and leaves nothing behind.
source "$(dirname "$0")/../lib.sh" "$1"
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
bench() { "$bin/zccache-bench" "$@"; }
small() { bench --allow-unoptimised --entries 500 --repeats 2 "$@"; }

expect_exit help_is_good 0 bench --help
expect_stdout help_shows_the_form 'Usage: zccache-bench lookup|attach|insert|snapshot'
expect_exit version_is_good 0 bench --version
expect_exit no_benchmark_is_a_usage_error 2 bench
expect_exit unknown_benchmark_is_a_usage_error 2 bench frobnicate
expect_stderr unknown_benchmark_shows_the_form 'Usage: zccache-bench'
expect_exit unknown_option_is_a_usage_error 2 bench lookup --frobnicate
expect_exit no_entries_are_a_usage_error 2 bench lookup --entries 0
expect_exit bad_number_is_a_usage_error 2 bench lookup --entries many
expect_exit absent_directory_is_a_usage_error 2 bench lookup --dir "$work/absent"

expect_exit each_option_once 2 bench lookup --seed 3 --seed 4
# Whether this is such a build, the program alone knows.
run bench lookup --entries 3 --repeats 1
expect an_unoptimised_build_says_why_it_refuses test "$code" -eq 0 -o "$code,$(grep -c 'build the release preset' "$work/err")" = 3,1

for name in lookup attach insert snapshot; do
  expect_exit "${name}_runs" 0 small "$name"
  expect_stdout "${name}_prints_a_table" '| what | who | entries | unit | median | min | max | : ours |'
  expect_exit "${name}_as_json" 0 small "$name" --json
  expect_json "${name}_json_has_rows" "d['benchmark'] == '$name' and all(r['entries'] == 500 and r['min'] <= r['median'] <= r['max'] for r in d['rows'])"
  expect_json "${name}_json_names_the_environment" 'set(d["environment"]) == {"cpu", "cores", "kernel", "file_system", "compiler", "build_type", "boost"}'
done
expect_exit more_hot_keys_than_entries 0 bench --allow-unoptimised --repeats 2 lookup --entries 3
mkdir "$work/elsewhere"
expect_exit directory_is_chosen 0 small lookup --dir "$work/elsewhere"
expect nothing_is_left_behind test -z "$(ls -A "$TMPDIR" "$work/elsewhere" | grep zccache)"
finish
