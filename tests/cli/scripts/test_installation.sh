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

awk '/^## For `file`/ { here = 1 } here && /^```/ { inside = !inside; next } here && inside { print } here && /^## V/ { exit }' \
  "$1/docs/format.md" | diff - "$prefix/share/zccache/zccache.magic" || fail 'docs/format.md shows another magic entry'
