#!/usr/bin/env bash
# Fuzzes from a kept corpus without adding to it.
#
# usage: tests/fuzz/run.sh PROGRAM CORPUS LIBFUZZER-OPTION…
# An input that breaks something is left in the working directory.
set -euo pipefail
# Where there is one, a file system in memory: some targets sync what they write, thousands of times.
[[ -w /dev/shm ]] && export TMPDIR=/dev/shm
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
# A warning of the library's about damage is what it should say here, and nobody needs to read it.
"$1" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 "${@:3}" "$new" "$2" 2>"$new.log" || {
  tail -n 60 "$new.log"
  rm -f "$new.log"
  exit 1
}
grep -E '^(stat::|Done|#[0-9]+.DONE)' "$new.log"
rm -f "$new.log"
