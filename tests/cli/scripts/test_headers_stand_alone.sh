#!/usr/bin/env bash
# Every header compiles as the only include of a file, twice in a row, with g++ and with clang++, under the project's warnings.
#
# usage: test_headers_stand_alone.sh SOURCE_DIR [COMPILER-FLAG…]
set -euo pipefail
source_dir=$1
readonly flags=(-std=c++20 -fsyntax-only "${@:2}")
cd "$source_dir"

compilers=(g++)
if command -v clang++ >/dev/null; then compilers+=(clang++); fi

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

check_headers() { # bracket-open, bracket-close, folder, include flags…
  local compiler
  for compiler in "${compilers[@]}"; do
    headers_below "$3" | xargs -r -P "$(nproc)" -I{} bash -c 'compile_alone "$@"' _ "$1" {} "$2" "$compiler" "${flags[@]}" "${@:4}"
  done
}

check_headers '<' '>' lib/include -Ilib/include
check_headers '"' '"' lib/src -Ilib/include -Ilib/src
check_headers '"' '"' tools -Ilib/include -Ilib/src -Itools
check_headers '"' '"' bench -Ilib/include -Ilib/src -Itools -Ibench
printf '%d headers stand alone with %s\n' "$(find lib tools bench -name '*.hpp' | wc -l)" "${compilers[*]}"
