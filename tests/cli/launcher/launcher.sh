# What the scripts in this folder share, on top of ../lib.sh: the launcher beside the bare compiler, and what the launcher decided.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" "$1"

cc=$bin/zccache-cc
tree=$work/tree # where compilers are started; holds nothing but sources between two runs
export ZCCACHE_DIR=$dir ZCCACHE_LOG=$work/log
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

# What was compiled in the clock tick in which a source was written is not stored: waits until the sources are older than that.
let_sources_age() {
  while [[ -n $(find "$tree/src" -newerct '0.02 seconds ago' -print -quit) ]]; do :; done
}

bare() { observe "$work/bare" "$@"; }
launched() {
  let_sources_age
  : >"$ZCCACHE_LOG"
  observe "$work/launched" "$cc" "$@"
}

# What the launcher decided: hit, miss or pass.
decision() {
  sed -nE 's/^[^]]*\] [a-z]+: (hit|miss|not cacheable).*/\1/p' "$ZCCACHE_LOG" | sed 's/not cacheable/pass/' | tail -n 1
}

same_as_bare() { # name
  if diff -r "$work/bare" "$work/launched" >"$work/out" 2>&1; then report 0 "$1"; else report 1 "$1"; fi
}

decided() { # name, decision
  cp "$ZCCACHE_LOG" "$work/err"
  expect "$1 ($(decision))" test "$(decision)" = "$2"
}

# From an empty cache: the bare compiler, then the launcher twice: all that can be seen is the same, and the launcher decides as it should.
compare() { # name, first decision, second decision, compiler and arguments…
  remove_cache
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
failing() { compare "$1" miss miss "${@:2}"; } # cacheable, but a compile that fails is not stored

count_of() { # name in `zccache-index stats --json`
  "$bin/zccache-index" stats --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# How many compiles are stored. What only helps to find them does not count.
results() { "$bin/zccache-index" list | grep -cE '^[0-9a-f]{32} '; }

# A compiler by gcc's name that preprocesses as gcc does, and compiles by what is on standard input.
fake_gcc() { # folder
  mkdir -p "$1"
  {
    printf '#!/bin/bash\nfor argument; do [[ $argument != -E ]] || exec gcc "$@"; done\n'
    cat
  } >"$1/gcc"
  chmod +x "$1/gcc"
}
