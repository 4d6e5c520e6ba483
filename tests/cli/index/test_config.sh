#!/usr/bin/env bash
# config: values, where they come from, who wins, and what is wrong with them; launcher and index tool read the same.
source "$(dirname "$0")/../lib.sh" "$1"

unset ZCCACHE_CONFIG
export XDG_CONFIG_HOME=$work/configs
file=$XDG_CONFIG_HOME/zccache/config
index=$bin/zccache-index
config() { "$index" config "$@"; }
project=$work/project
mkdir -p "$project/build/deep"

value_and_origin() { # name, key, value, origin; in this directory
  run config "$2" --json
  expect_json "$1" "d['value'] == '$3' and d['origin'] == '$4'"
}

value_and_origin 'nothing is set: the default' max_size 5Gi default
expect 'looking makes no file' test ! -e "$file"
expect_exit 'a value is written' 0 config max_size=2Gi
expect 'into the file of the user' grep -qx 'max_size = 2Gi' "$file"
value_and_origin 'the file counts' max_size 2Gi user
run config max_size
expect_stdout 'where it stands is shown' "$file:1"
ZCCACHE_MAX_SIZE=3Gi value_and_origin 'the environment is above the file' max_size 3Gi environment
ZCCACHE_MAX_SIZE='' value_and_origin 'an empty variable asks for the default' max_size 5Gi default
run "$index" --dir "$dir" put key
run "$index" --dir "$dir" gc --dry-run --json
expect_json 'gc obeys the file' 'd["max_bytes"] == 2 << 30'

expect_exit 'a value that is not understood is not written' 2 config layout=x
expect_stderr 'and what is meant is said' 'flat, pack or auto'
expect_exit 'nor is an unknown key' 2 config layuot=flat
expect_exit 'a setting is taken out again' 0 config max_size=
value_and_origin 'the default is back' max_size 5Gi default

# --- A project
cd "$project/build/deep" || exit 1
echo 'layout = pack' >"$project/.zccache"
value_and_origin 'the file of a project that the user has not named is not read' layout auto default
(cd "$project" && config --project compress=zstd)
value_and_origin 'named, it is read from below it' layout pack project
value_and_origin 'what was written is there too' compress zstd project
config layout=flat
value_and_origin 'the project is above the user' layout pack project
echo "max_size = 1Ki" >>"$project/.zccache"
value_and_origin 'a project may not set a limit' max_size 5Gi default
run config
expect_stdout 'and that is said' "$project/.zccache:3: a project may not set max_size"
chmod g+w "$project/.zccache"
value_and_origin 'a file of a project that others may write to is not read' layout flat user
rm "$project/.zccache"

# --- What is wrong is named everywhere
printf 'max_age = 7\n' >"$file"
for wrong in ZCCACHE_LAYOUT=x ZCCACHE_BASEDIR=src ZCCACHE_MAX_AGE=7 ZCCACHE_DISABLE=maybe ZCCACHE_MAXSIZE=5G; do
  run env "$wrong" "$index" --dir "$dir" stats
  expect_stderr "stats names $wrong" "${wrong%%=*}"
  run env "$wrong" "$index" --dir "$dir" doctor
  expect_stdout "doctor names $wrong" "${wrong%%=*}"
  run env "$wrong" ZCCACHE_DIR="$dir" ZCCACHE_LOG="$work/log" "$bin/zccache-cc" gcc --version
  expect "the log names $wrong" grep -q "warning: ${wrong%%=*}" "$work/log"
done
run "$index" --dir "$dir" doctor
expect_stdout 'and the line of a file' "$file:1: max_age = 7"
rm "$file"

# --- The launcher
echo 'int f(void) { return 1; }' >"$work/a.c"
compile() { run env "$@" "$bin/zccache-cc" gcc -c "$work/a.c" -o "$work/a.o"; }
printf 'dir = %s\nlog = %s\n' "$work/of-file" "$work/log-of-file" >"$file"
compile A=
expect 'the launcher keeps its cache where the file says' test -e "$work/of-file/index.live"
expect 'and its log' grep -q 'miss' "$work/log-of-file"
while [[ -n $(find "$work/a.c" -newerct '0.02 seconds ago') ]]; do :; done
rm "$work/a.o"
compile A=
: >"$work/log-of-file"
compile ZCCACHE_DISABLE=false
expect 'DISABLE=false is not disabled' test "$(grep -c ': hit ' "$work/log-of-file")" -eq 1
rm "$file"
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
  ZCCACHE_DIR=$work/of-file strace -o "$work/calls" "$bin/zccache-cc" gcc --version >/dev/null 2>&1
  expect 'where there is no file it costs one call' test "$(grep -cE 'zccache/config|\.zccache' "$work/calls")" -eq 1
fi
finish
