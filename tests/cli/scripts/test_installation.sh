#!/usr/bin/env bash
# What `cmake --install` leaves below a prefix such as ~/.local works there: programs, preloaded library, pages, completions, units.
#
# usage: test_installation.sh SOURCE_DIR BUILD_DIR
source "$(dirname "$0")/quietly.sh"
source "$(dirname "$0")/installed.sh"

prefix=$work/.local
quietly cmake --install "$2" --prefix "$prefix"

check_launcher "$prefix"
check_pages "$prefix" zccache-{cc,index,recover,remote,bench}
# Where systemd looks for the units of somebody who installs for themselves.
check_units "$prefix" "$prefix/share/systemd/user"

# The installation that the README shows has no zccache-bench, and no build type is named there.
quietly cmake -S "$1" -B "$work/programs" -G Ninja -DZCCACHE_BUILD_TESTS=OFF -DZCCACHE_BUILD_BENCH=OFF
grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Release$' "$work/programs/CMakeCache.txt" || fail 'a build without a type is not optimised'
for file in man1 zccache-cc.bash zccache-maintain.timer; do
  grep -q "$file" "$work/programs/tools/packaging/cmake_install.cmake" || fail "without zccache-bench $file is not installed"
done

awk '/^## For `file`/ { here = 1 } here && /^```/ { inside = !inside; next } here && inside { print } here && /^## V/ { exit }' \
  "$1/docs/format.md" | diff - "$prefix/share/zccache/zccache.magic" || fail 'docs/format.md shows another magic entry'
