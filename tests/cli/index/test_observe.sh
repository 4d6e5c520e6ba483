#!/usr/bin/env bash
# zccache-index observe: any command runs as it would without, and what it asked is told.
source "$(dirname "$0")/../lib.sh" "$1"
observe() { "$bin/zccache-index" observe "$@"; }

cd "$work" || exit 1
echo '#include "header.h"' >main.c
echo 'int main(void) { return 0; }' >header.h
gcc -c main.c -o bare.o

for mode in auto notify ptrace; do
  rm -f main.o
  expect_exit "storable_by_$mode" 0 observe --json --mode $mode -- gcc -c main.c
  expect_json "reads_by_$mode" 'any(q["call"] == "open_read" and q["path"].endswith("/header.h") and q["answer"] == "ok" for q in d["questions"])'
  expect_json "output_by_$mode" '[o["path"].rsplit("/", 1)[1] for o in d["outputs"]] == ["main.o"]'
  expect_json "how_by_$mode" "d['how'] in ('notify' if '$mode' == 'auto' else '$mode', 'ptrace')"
  expect "same_object_by_$mode" cmp main.o bare.o
done

# The same questions and answers, whichever way they are watched, and without the preloaded library. Names of temporary files differ.
mkdir alone
cp "$bin/zccache-index" alone/
same_questions() { # file, file
  python3 - "$1" "$2" <<'END'
import json, re, sys
def questions(name):
    with open(name) as file:
        asked = json.load(file)["questions"]
    keep = lambda text: re.sub(r"/tmp/cc\w{6}|main-\w+\.o\.tmp|/proc/\d+", "TEMPORARY", text)
    return {(q["call"], keep(q["path"]), q["answer"], keep(q.get("target", ""))) for q in asked if "libzccache-observe" not in q["path"]}
one, other = map(questions, sys.argv[1:])
print(*sorted(one ^ other), sep="\n")
sys.exit(one != other or len(one) < 100)
END
}
for compiler in gcc clang; do
  observe --json --mode notify -- $compiler -O2 -c main.c >notify.json
  observe --json --mode ptrace -- $compiler -O2 -c main.c >ptrace.json
  alone/zccache-index observe --json --mode notify -- $compiler -O2 -c main.c >alone.json
  run same_questions notify.json ptrace.json
  expect "${compiler}_asks_the_same_by_ptrace" test "$code" -eq 0
  run same_questions notify.json alone.json
  expect "${compiler}_asks_the_same_without_the_library" test "$code" -eq 0
done

expect_exit end_is_told 0 observe --json -- sh -c 'echo out; echo err >&2; exit 3'
expect_json exit_code 'd["end"] == "exit code 3" and d["stdout"] == "out\n" and d["stderr"] == "err\n"'

touch victim
expect_exit unstorable 1 observe -- rm victim
expect_stdout reason "cannot be stored: removes $work/victim"
expect_exit off_is_not_observed 1 observe --mode off -- gcc -c main.c
expect_stdout off_says_so 'was not observed'
expect_exit by_the_environment 1 env ZCCACHE_OBSERVE=off "$bin/zccache-index" observe -- gcc -c main.c

expect_exit missing_program 3 observe -- ./nothing
expect_stderr missing_program_is_named './nothing: does not exist'
expect_exit unknown_mode 2 observe --mode some -- true
expect_exit no_command 2 observe
finish
