#!/usr/bin/env bash
# Builds the Debian packages of this tree. dpkg wants the directory debian at the top of it, so that happens in a copy.
#
# usage: tools/packaging/debian/build.sh [DIRECTORY [DPKG-BUILDPACKAGE-OPTION…]]
#   DIRECTORY  where the packages go; default: build/debian
#   options    default: -us -uc -b, packages alone, without signature. -us -uc makes the source package as well
# environment: DEB_BUILD_OPTIONS=nocheck builds and runs no tests
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
mkdir -p "${1:-$source_dir/build/debian}"
cd "${1:-$source_dir/build/debian}"
options=("${@:2}")
((${#options[@]})) || options=(-us -uc -b)

version=$(dpkg-parsechangelog -l "$source_dir/tools/packaging/debian/changelog" -S Version)
name=zccache-${version%-*}
rm -rf -- "$name"
mkdir "$name"
tar -C "$source_dir" --exclude=./build --exclude-vcs --exclude=./debian -c . | tar -x -C "$name"
tar -cJf "zccache_${version%-*}.orig.tar.xz" "$name"
cp -r "$name/tools/packaging/debian" "$name/debian"
cd "$name"
exec dpkg-buildpackage "${options[@]}"
