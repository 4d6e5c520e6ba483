#!/usr/bin/env bash
# What became of each compile, by reason; and what would become of the next, and why.
source "$(dirname "$0")/launcher.sh" "$1"

index=$bin/zccache-index
mkdir -p "$tree"/src/{first,second}
echo '#define VALUE 1' >"$tree/src/second/value.h"
printf '#include <value.h>\nint f(void) { return VALUE; }\n' >"$tree/src/a.c"
compile=(gcc -Isrc/first -Isrc/second -c src/a.c -o a.o)
counted() { "$index" stats --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["launcher_" + sys.argv[1]])' "$1"; }
explain() { # exit code, command…
  expect_exit "explain ${*:2}" "$1" env -C "$tree" "$index" explain --json -- "${@:2}"
}

# --- Statistics by reason
launched "${compile[@]}"
launched "${compile[@]}"
count_one() { # counter, command…: it is counted so, once, and under nothing else
  "$index" stats --zero >/dev/null
  launched "${@:2}"
  expect "counted: $1" test "$(counted "$1")" -eq 1
  expect "counted: $1: and nothing else" test "$("$index" stats --json | python3 -c 'import json, sys; print(sum(v for k, v in json.load(sys.stdin).items() if k.startswith("launcher_") and not k.endswith("_millis")))')" -eq 1
}
expect 'counted: miss' test "$(counted miss)" -eq 1
expect 'counted: hit' test "$(counted hit)" -eq 1
expect_exit 'stats' 0 "$index" stats
expect_stdout 'stats: hit rate' 'hit rate          50.0 %'
expect_exit 'stats --zero' 0 "$index" stats --zero
expect 'stats --zero: hits' test "$(count_of hits)" -eq 0
expect 'stats --zero: by reason' test "$(counted hit)" -eq 0
expect 'stats --zero: entries stay' test "$(results)" -eq 1

count_one hit "${compile[@]}"
count_one not_a_compile gcc src/a.c
count_one query gcc --version
count_one standard_input gcc -c -x c - -o a.o
count_one bad_command_line gcc -c src/a.c -o
count_one unusual_output gcc -Isrc/second -c src/a.c -o /dev/null
count_one unknown_compiler ls -c
# Compiles that are not stored are misses, and counted by reason as well.
count_unstored() { # counter, command…
  "$index" stats --zero >/dev/null
  launched "${@:2}"
  expect "counted: $1" test "$(counted "$1")" -eq 1
  expect "counted: $1: as a miss" test "$(counted miss)" -eq 1
}
count_unstored compiler_failed gcc --unknown -c src/a.c
count_unstored compiler_failed gcc -c src/a.c
echo 'const char *when = __DATE__;' >"$tree/src/when.c"
count_unstored clock gcc -c src/when.c
fake_gcc "$work/script" <<<'exec gcc "$@"'
ZCCACHE_PROGRAMS= count_unstored script "$work/script/gcc" -Isrc/second -c src/a.c
fake_gcc "$work/changes" <<<"echo '/* more */' >>$tree/src/when.c; exec gcc \"\$@\""
count_unstored other_effects "$work/changes/gcc" -c src/when.c
ZCCACHE_OBSERVE=off count_unstored not_observed gcc -O2 -Isrc/second -c src/a.c -o a.o
unset ZCCACHE_PROGRAMS
"$index" stats --zero >/dev/null
echo 'int g(void) { return undeclared; }' >"$tree/src/fails.c"
launched gcc -c src/fails.c
expect 'counted: compiler_failed' test "$(counted compiler_failed)" -eq 1
for payload in "$dir"/objects/*/*; do printf X | dd of="$payload" conv=notrunc status=none; done
launched "${compile[@]}"
expect 'counted: damaged_entry' test "$(counted damaged_entry)" -ge 1
before=$(state_of "$dir")
ZCCACHE_READONLY=1 launched "${compile[@]}"
expect 'read-only: counts nothing' test "$before" = "$(state_of "$dir")"

# --- Explain
explain 0 "${compile[@]}"
expect_json 'hit' 'd["outcome"] == "hit" and d["known"] and d["key"]'
expect_exit 'hit, for a person' 0 env -C "$tree" "$index" explain -- "${compile[@]}"
expect_stdout 'hit, for a person: says so' 'hit: src/a.c'
expect_stdout 'hit, for a person: what is stored' 'object ('

explain 1 "${compile[@]}" -O2
expect_json 'other arguments: what is new' 'd["nearest"]["only_now"] == [{"label": "argument", "value": "-O2"}] and not d["nearest"]["only_then"]'
explain 1 "${compile[@]:0:1}" -Isrc/second -O2 -c src/a.c -o a.o
expect_json 'other arguments: what is gone' 'd["nearest"]["only_then"] == [{"label": "argument", "value": "-Isrc/first"}]'
run env -C "$tree" "$index" explain -- "${compile[@]:0:1}" -Isrc/second -O2 -c src/a.c -o a.o
expect_stdout 'other arguments: in words' 'only then argument '
CPATH=src/third LC_ALL=de_DE explain 1 "${compile[@]}"
expect_json 'other environment' 'd["known"] and any("variable" in change for change in d["candidates"][0]["changes"])'
ZCCACHE_RECACHE=1 explain 1 "${compile[@]}"
expect_json 'recache' 'd["outcome"] == "miss" and d["reason"] == "ZCCACHE_RECACHE is set"'
ZCCACHE_DISABLE=1 explain 1 "${compile[@]}"
expect_json 'disabled' 'd["outcome"] == "not_cacheable" and d["reason"] == "ZCCACHE_DISABLE is set"'
explain 1 clang "${compile[@]:1}"
expect_json 'other compiler' 'any(part["label"] == "compiler" for part in d["nearest"]["only_now"])'

let_sources_age
cp -r "$tree/src" "$work/src"
restore_sources() { rm -rf "$tree/src" && cp -rp "$work/src" "$tree/src"; }
explain_change() { # name, change, text of the change
  restore_sources
  eval "$2"
  run env -C "$tree" "$index" explain --json -- "${compile[@]}"
  expect_json "$1" "d['outcome'] == 'miss' and any('''$3''' in change for change in d['candidates'][0]['changes'])"
}
explain_change 'header changed' 'echo "#define VALUE 2" >"$tree/src/second/value.h"' 'src/second/value.h has changed'
explain_change 'header shadowed' 'echo "#define VALUE 2" >"$tree/src/first/value.h"' 'src/first/value.h is new'
explain_change 'source changed' 'echo "int g;" >>"$tree/src/a.c"' 'src/a.c has changed'
restore_sources
rm "$tree/src/second/value.h"
explain 1 "${compile[@]}"
expect_json 'header gone' 'd["outcome"] == "miss" and "is gone" in d["candidates"][0]["changes"][0]'
restore_sources
explain 1 gcc src/a.c
expect_json 'not cacheable' 'd["outcome"] == "not_cacheable" and "no -c" in d["reason"]'
before=$(state_of "$dir")
explain 1 "${compile[@]}" -O3
expect 'explain changes nothing' test "$before" = "$(state_of "$dir")"
expect_exit 'explain without a command' 2 "$index" explain
expect_exit 'explain without such a compiler' 1 "$index" explain -- no-such-compiler -c a.c
finish
