#!/usr/bin/env bash
# The installed C interface: plain C11, found by pkg-config, with the examples in C and in Python; and the symbols that it promises for ever.
#
# usage: test_c_interface.sh SOURCE_DIR BUILD_DIR
source "$(dirname "$0")/quietly.sh"
source_dir=$1
build_dir=$2
here=$source_dir/tests/cli/scripts

cmake --install "$build_dir" --prefix "$work/prefix" >/dev/null
mv "$work/prefix" "$work/moved" # nothing may remember where it was installed
library=$(find "$work/moved" -name libzccache.so.1)
[[ -n "$library" ]] || fail 'no libzccache.so.1 was installed'
export LD_LIBRARY_PATH=${library%/*} PKG_CONFIG_PATH=${library%/*}/pkgconfig

# The promise: these names, all of one version, and nothing else. A name that is missing breaks programs that are out there; a new one is added
# to the list, and never taken off again.
nm -D --defined-only --with-symbol-versions "$library" | awk '$2 == "T" { print $3 }' | sort >"$work/shown"
diff "$here/zccache.symbols" "$work/shown" || fail 'the library does not show the symbols of zccache.symbols'
nm -D --defined-only "$library" | awk '$2 !~ /^[TA]$/ { print $3 }' >"$work/others"
[[ ! -s "$work/others" ]] || fail "the library shows more than its calls: $(<"$work/others")"
grep -o 'zccache_[a-z_]*(' "$source_dir/lib/include/zccache/zccache.h" | tr -d '(' | sort -u >"$work/declared"
sed 's/@.*//' "$work/shown" | diff "$work/declared" - || fail 'zccache.h and the library do not agree about the calls'

readelf -d "$library" | grep -q 'SONAME.*\[libzccache\.so\.1\]' || fail 'the soname is not libzccache.so.1'
needed=$(readelf -d "$library" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -Ev '^(lib(stdc\+\+|gcc_s|m|c|zstd)\.so|ld-linux)' || true)
[[ -z "$needed" ]] || fail "the library needs more than the C++ runtime and zstd: $needed"

read -ra flags <<<"$(pkg-config --cflags --libs zccache)"
printf 'int main(void) { return 0; }\n' >"$work/object"
for compiler in gcc clang; do
  command -v "$compiler" >/dev/null || continue
  "$compiler" -std=c11 -pedantic-errors -Wall -Wextra -Wstrict-prototypes -Wold-style-definition -Werror \
    "$source_dir/tests/consumer/main.c" "${flags[@]}" -o "$work/example"
  printed=$("$work/example" "$work/cache" "$work/object" "$work/served")
  [[ "$printed" == '1 output of 29 bytes; the compiler said: foo.c:1: warning: something' ]] || fail "the example in C printed '$printed'"
  cmp "$work/object" "$work/served"
  rm "$work/served"
done

printed=$(python3 "$source_dir/tests/consumer/main.py" "$work/cache")
[[ "$printed" == '8f3a0c foo.o (29 bytes)' ]] || fail "the example in Python printed '$printed'"
complaint=$(python3 "$source_dir/tests/consumer/main.py" "$work/none" 2>&1) && fail 'the example in Python found a cache where there is none'
[[ "$complaint" == *"$work/none: "* ]] || fail "the example in Python complained '$complaint'"
