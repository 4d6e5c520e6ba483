#!/usr/bin/env bash
# Every header compiles as the only include of a file, twice in a row, under the project's warnings: the public ones with g++ and with clang++,
# the others, which the build has g++ read anyway, with clang++.
#
# usage: test_headers_stand_alone.sh SOURCE_DIR [COMPILER-FLAG…]
set -euo pipefail
source_dir=$1
readonly flags=(-std=c++20 -fsyntax-only "${@:2}")
cd "$source_dir"

any_compiler='g++ clang++'
other_compiler=clang++
command -v clang++ >/dev/null || {
  any_compiler=g++
  other_compiler=g++
}

headers_below() { find "$1" -name '*.hpp' -printf '%P\n' | sort; }

# One compile per (compiler, include folders, header), as many at a time as there are processors.
compile_alone() { # bracket-open, header, bracket-close, compiler, flags…
  local known_flags=()
  [[ "$4" != clang++ ]] || known_flags=(-Wno-unknown-warning-option) # some of the flags are for g++ alone
  printf '#include %s%s%s\n#include %s%s%s\n' "$1" "$2" "$3" "$1" "$2" "$3" | "${@:4}" "${known_flags[@]}" -x c++ - || {
    printf 'does not stand alone with %s: %s\n' "$4" "$2" >&2
    return 1
  }
}
export -f compile_alone

check_headers() { # compilers, bracket-open, bracket-close, folder, include flags…
  local compiler
  for compiler in $1; do
    headers_below "$4" | xargs -r -P "$(nproc)" -I{} bash -c 'compile_alone "$@"' _ "$2" {} "$3" "$compiler" "${flags[@]}" "${@:5}"
  done
}

check_headers "$any_compiler" '<' '>' lib/include -Ilib/include
check_headers "$other_compiler" '"' '"' lib/src -Ilib/include -Ilib/src
check_headers "$other_compiler" '"' '"' tools -Ilib/include -Ilib/src -Itools
check_headers "$other_compiler" '"' '"' bench -Ilib/include -Ilib/src -Itools -Ibench
printf '%d headers stand alone\n' "$(find lib tools bench -name '*.hpp' | wc -l)"
