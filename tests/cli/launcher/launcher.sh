# What the scripts in this folder share, on top of ../lib.sh: the launcher beside the bare compiler, and what the launcher decided.
#
# ZCCACHE_OBSERVE=notify, ptrace or off runs a script with compiles observed in that way. With "off" nothing is stored, and all else holds.
observed_by=${ZCCACHE_OBSERVE:-auto}
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" "$1"

# What this script was started with besides its streams: a compile that reads such a descriptor is not stored.
for descriptor in /proc/$$/fd/*; do
  descriptor=${descriptor##*/}
  ((descriptor <= 2 || descriptor == 255)) || eval "exec $descriptor>&-"
done

cc=$bin/zccache-cc
tree=$work/tree # where compilers are started; holds nothing but sources between two runs
export ZCCACHE_DIR=$dir ZCCACHE_LOG=$work/log ZCCACHE_OBSERVE=$observed_by
export LC_ALL=C TMPDIR=$work/tmp
mkdir "$tree" "$TMPDIR"

# Moves what a command made out of the tree, so that the next one starts from the same.
take_outputs() { # folder
  rm -rf "$1"
  mkdir "$1"
  (cd "$tree" && find . -type f ! -path './src/*' -printf '%P\0' | while IFS= read -r -d '' file; do
    mkdir -p "$1/$(dirname "$file")"
    mv "$file" "$1/$file"
  done)
}

# Runs in the tree and leaves everything that can be seen of it in a folder. Standard input is $work/stdin or the pipe out of $work/piped.
observe() { # folder, command…
  if [[ -e $work/stdin ]]; then
    run_in_tree "${@:2}" <"$work/stdin" >"$work/out" 2>"$work/err"
  elif [[ -e $work/piped ]]; then
    cat "$work/piped" | run_in_tree "${@:2}" >"$work/out" 2>"$work/err"
  else
    run_in_tree "${@:2}" </dev/null >"$work/out" 2>"$work/err"
  fi
  code=$?
  take_outputs "$1"
  cp "$work/out" "$1/.stdout"
  cp "$work/err" "$1/.stderr"
  echo "$code" >"$1/.code"
}
run_in_tree() { (cd "$tree" && "$@"); }

# What was compiled in the clock tick in which something was written that it depends on is not stored: waits until all of that is older.
aging=("$tree/src") # a script that replaces compilers adds where they are
let_sources_age() {
  while [[ -n $(find "${aging[@]}" -newerct '0.02 seconds ago' -print -quit) ]]; do read -rt 0.005 <> <(:) || true; done
}

bare() { observe "$work/bare" "$@"; }
launched() {
  let_sources_age
  : >"$ZCCACHE_LOG"
  observe "$work/launched" "$cc" "$@"
}

# What the launcher decided: hit; miss, which was stored; unstored, which is a miss that was not; pass, which went straight to the compiler.
decision() {
  sed -nE -e 's/^[^]]*\] [a-z]+: hit .*/hit/p' -e 's/^[^]]*\] [a-z]+: miss .*: stored$/miss/p' \
    -e 's/^[^]]*\] [a-z]+: miss .*: not stored: .*/unstored/p' -e 's/^[^]]*\] [a-z]+: not cacheable: .*/pass/p' "$ZCCACHE_LOG" | tail -n 1
}

same_as_bare() { # name
  if diff -r "$work/bare" "$work/launched" >"$work/out" 2>&1; then report 0 "$1"; else report 1 "$1"; fi
}

decided() { # name, decision
  local wanted=$2
  [[ $observed_by == off && $wanted =~ ^(hit|miss)$ ]] && wanted=unstored
  cp "$ZCCACHE_LOG" "$work/err"
  expect "$1 ($(decision), wanted $wanted)" test "$(decision)" = "$wanted"
}

is_not_stored() { # name, pattern of the reason
  [[ $observed_by == off ]] && return
  cp "$ZCCACHE_LOG" "$work/err"
  expect "$1: is not stored, and why" grep -qE ": not stored: .*$2" "$ZCCACHE_LOG"
}

# Forgets each compile. What is known of the compiler's own files stays: to find that out anew takes longer than all else.
forget_compiles() {
  [[ ! -e $dir/index.live ]] || "$bin/zccache-index" list --all | grep -oE '^([0-9a-f]{64}|manifest:[0-9a-f]+)' | xargs -r "$bin/zccache-index" remove >/dev/null
}

# Of a compile that nothing is known of: the bare compiler, then the launcher twice: all that can be seen is the same, and the launcher decides as it should.
compare() { # name, first decision, second decision, compiler and arguments…
  forget_compiles
  bare "${@:4}"
  launched "${@:4}"
  same_as_bare "$1: first run is the bare compiler's"
  decided "$1: first decision" "$2"
  launched "${@:4}"
  same_as_bare "$1: second run is the bare compiler's"
  decided "$1: second decision" "$3"
}
cached() { compare "$1" miss hit "${@:2}"; }
passed_on() { compare "$1" pass pass "${@:2}"; }
failing() { compare "$1" unstored unstored "${@:2}"; } # cacheable, but a compile that fails is not stored
unstored() { # name, pattern of the reason, compiler and arguments…
  compare "$1" unstored unstored "${@:3}"
  is_not_stored "$1" "$2"
}

# The same command before and after a change. Before, it is served. After, it is right, and served or not as it should be; and right again.
# The sources are made by the script's reset_sources, and then by $prepare.
after() { # name, decision after the change, change, compiler and arguments…
  reset_sources
  eval "${prepare-}"
  forget_compiles
  launched "${@:4}"
  launched "${@:4}"
  decided "$1: served before" hit
  eval "$3"
  bare "${@:4}"
  launched "${@:4}"
  same_as_bare "$1: right after"
  decided "$1: decision after" "$2"
  launched "${@:4}"
  same_as_bare "$1: right again"
  if [[ $2 == hit || $2 == miss ]]; then decided "$1: served again" hit; fi
}

count_of() { # name in `zccache-index stats --json`
  "$bin/zccache-index" stats --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# How many compiles are stored. What only helps to find them does not count.
results() { "$bin/zccache-index" list 2>/dev/null | grep -cE '^[0-9a-f]{64} '; }

# A script by gcc's name: what is on standard input. Scripts may depend on anything, so results are stored only where the user names them.
fake_gcc() { # folder
  mkdir -p "$1"
  { echo '#!/bin/sh' && cat; } >"$1/gcc"
  chmod +x "$1/gcc"
  [[ " ${aging[*]} " == *" $1 "* ]] || aging+=("$1")
  export ZCCACHE_PROGRAMS=gcc
}
