#!/usr/bin/env bash
# zccache-bench: each benchmark runs with every peer, checks its answers, reports, and leaves nothing behind. No time is looked at.
source "$(dirname "$0")/../lib.sh" "$1"
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
bench() { "$bin/zccache-bench" "$@"; }
small() { bench --allow-unoptimised --entries 500 --repeats 2 "$@"; }

expect_exit help_is_good 0 bench --help
expect_stdout help_shows_the_form 'Usage: zccache-bench lookup|attach|insert|mixed|snapshot|storm|payload|launcher|all'
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
run bench insert --engines original --entries 3 --repeats 1
expect an_unoptimised_build_says_why_it_refuses test "$code" -eq 0 -o "$code,$(grep -c 'build the release preset' "$work/err")" = 3,1

# All commands and all peers, in small. Which bars there are says that the rows that they compare are there.
declare -A bars=([lookup]=6 [attach]=3 [insert]=2 [mixed]=1 [snapshot]=8 [storm]=0 [payload]=0 [launcher]=5)
declare -A who=(
  [lookup]='zccache lmdb,renewed lmdb,held tdb sqlite sqlite,held files socket original'
  [attach]='zccache lmdb tdb sqlite files socket'
  [insert]='zccache lmdb tdb sqlite files socket original'
  [mixed]='zccache lmdb tdb sqlite files socket original'
  [snapshot]='zccache lmdb sqlite files original'
  [storm]='zccache lmdb tdb sqlite files socket'
  [payload]='zccache flat flat,linked pack pack,zstd1 pack,zstd3 intherecord floor:copiedfiles floor:memcpy'
  [launcher]='zccache ccache sccache'
)
for name in "${!bars[@]}"; do
  expect_exit "${name}_answers_right" 0 bench --quick "$name" --json
  expect_json "${name}_has_every_peer" "d['benchmark'] == '$name' and d['missing'] == [] and set('${who[$name]}'.split()) <= {r['name'].replace(' ', '') for r in d['rows']}"
  expect_json "${name}_rows_are_in_order" "all(r['min'] <= r['median'] <= r['max'] for r in d['rows'])"
  expect_json "${name}_has_its_bars" "len(d['bars']) == ${bars[$name]}"
  expect_json "${name}_names_the_environment" 'set(d["environment"]) == {"cpu", "cores", "kernel", "file_system", "compiler", "build_type", "boost"}'
done

few() { small --engines original "$@"; }
expect_exit table 0 few insert
expect_stdout table_has_a_heading '| what | who | entries | unit | median | min | max | / ours |'
expect_stdout table_has_the_chosen_engine '| insert, one at a time | original | 500 | us |'
expect_exit unknown_engine_is_a_usage_error 2 small lookup --engines frobnicate
expect_exit several_sizes 0 small attach --engines lmdb --entries 20,60 --json
expect_json attach_is_compared_across_sizes "any(b['bar'] == 'attach: ours, largest / smallest' for b in d['bars'])"
expect_exit larger_records 0 few insert --record-bytes 770
expect_exit plots 0 few insert --plot "$work/plots"
expect a_plot_for_each_figure test "$(head -qc 5 "$work"/plots/insert-*.svg)" = '<?xml<?xml<?xml<?xml'
mkdir "$work/objects"
head -c 5000 "$bin/zccache-bench" >"$work/objects/one.o"
expect_exit object_files_of_a_folder 0 bench --quick payload --objects "$work/objects" --json
expect_json object_files_are_compressed "next(r['median'] for r in d['rows'] if r['what'] == 'on disk, an object file' and r['name'] == 'pack, zstd 3') == 4096"
expect_exit a_folder_without_object_files_says_so 3 bench --quick payload --objects "$work/tmp"
echo 'int real(void) { return 1; }' >"$work/real.c"
cat >"$work/compile_commands.json" <<END
[{"directory": "$work", "file": "real.c", "command": "gcc '-DNAME=two words' -c real.c -o real.o"}]
END
expect_exit a_real_project_is_replayed 0 bench --quick launcher --commands "$work/compile_commands.json" --json
expect_json a_real_project_has_its_bars "len(d['bars']) == 5 and d['rows'][0]['entries'] == 1"
expect a_real_project_keeps_its_objects test ! -e "$work/real.o"
echo '[{"directory": "/", "file": "a.c", "command": "gcc -c a.c"}]' >"$work/compile_commands.json"
expect_exit a_command_without_an_object 3 bench --quick launcher --commands "$work/compile_commands.json"
expect_stderr a_command_without_an_object_is_named 'a command without -o: gcc -c a.c'
expect_exit no_compilation_database 3 bench --quick launcher --commands "$work/real.c"
expect_stderr no_compilation_database_is_named 'real.c is no compilation database'
expect_exit more_hot_keys_than_entries 0 few lookup --entries 3
mkdir "$work/elsewhere"
expect_exit directory_is_chosen 0 few insert --dir "$work/elsewhere"
expect nothing_is_left_behind test -z "$(ls -A "$TMPDIR" "$work/elsewhere" | grep zccache)"

# Killed in the middle of an hour of work.
"$bin/zccache-bench" --allow-unoptimised insert --engines original --entries 100000000 &
victim=$!
until compgen -G "$TMPDIR/zccache-bench-*/original" >"$work/out"; do kill -0 $victim && sleep 0.1 || break; done
kill -KILL $victim
wait $victim 2>"$work/err"
expect a_killed_one_is_tidied_up_after timeout 60 bash -c 'while compgen -G "$TMPDIR/zccache-bench-*"; do sleep 0.1; done'
finish
