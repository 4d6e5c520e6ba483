#!/usr/bin/env bash
# Checks the protocol of the live index (index.pml), and of what becomes of its directory (lives.pml), with spin; then shows that each fails with any
# one of its checks and orderings taken away.
#
# usage: tests/model/check.sh [--full]
#   --full  two readers; a kill and a stop; two kills, three changes and two lookups: ten minutes, three gigabytes of memory
# Exit codes: 0 the protocol holds and every mutant fails, 1 not so, 3 spin or a C compiler is missing.
set -euo pipefail
readonly models=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
model=$models/index.pml
for tool in spin cc; do
  command -v "$tool" >/dev/null || {
    echo "check.sh: $tool is missing; tools/setup.sh installs it" >&2
    exit 3
  }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# What may go wrong around the processes. The protocol holds under each; a mutant fails under one.
worlds=('-DKILLS=1' '-DKILLS=0 -DSTOPS=1' '-DKILLS=1 -DSTRANGERS=1')
failures=0

# Prints what the verifier says at its end; `errors` is 0 or 1.
verify() { # optimisation, definitions…
  spin -a "${@:2}" "$model" >/dev/null && cc "$1" -w -DSAFETY -DCOLLAPSE -DVECTORSZ=1024 -DMEMLIM=16000 -o pan pan.c && ./pan -m100000 >out || true
  errors=$(sed -nE 's/.* errors: ([0-9]+)$/\1/p' out)
  ! grep -q 'max search depth too small\|reached -DMEMLIM' out || errors='no answer'
  states=$(sed -nE 's/^ *([0-9.e+]+) states, stored.*/\1/p' out)
}

say() { # ok?, text
  if (($1 == 0)); then echo "ok: $2"; else
    failures=$((failures + 1))
    echo "FAILED: $2"
    sed 's/^/    /' out | head -n 20
  fi
}

holds() { # definitions…
  verify -O2 "$@"
  say $([[ $errors == 0 ]]; echo $?) "the protocol holds with $* ($states states)"
}

fails() { # mutant
  local world
  for world in "${worlds[@]}"; do
    # shellcheck disable=SC2086 # several definitions
    verify -O0 $world "-DM=$1"
    [[ $errors == 0 ]] || break
  done
  say $([[ $errors == 1 ]]; echo $?) "the protocol with $1 fails ($(sed -nE 's/^pan:1: (.*) \(at depth.*/\1/p' out))"
}

for world in "${worlds[@]}"; do
  # shellcheck disable=SC2086
  holds $world
done
if [[ ${1-} == --full ]]; then
  holds -DREADERS=2 -DKILLS=1
  holds -DREADERS=2 -DKILLS=0 -DSTOPS=1
  holds -DREADERS=2 -DKILLS=1 -DSTRANGERS=1
  holds -DREADERS=1 -DKILLS=1 -DSTOPS=1
  holds -DREADERS=1 -DLOOKUPS=2 -DKILLS=2 -DCHANGES=3 -DRECORDS=4 -DGENERATIONS=4
fi
mutants() { sed -nE '/^\/\* mutants/,/^\/\* end/s/^#define ([a-z_]+) .*/\1/p' "$model"; }
for mutant in $(mutants); do fails "$mutant"; done

model=$models/lives.pml
worlds=('-DKILLS=1')
holds -DKILLS=1
[[ ${1-} != --full ]] || holds -DKILLS=2 -DEVENTS=3 -DFILES=5
for mutant in $(mutants); do fails "$mutant"; done
((failures == 0))
