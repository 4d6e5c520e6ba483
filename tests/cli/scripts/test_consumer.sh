#!/usr/bin/env bash
# A project of somebody else finds the installed library with find_package, builds the README's example against it, and runs it.
#
# usage: test_consumer.sh SOURCE_DIR BUILD_DIR
source "$(dirname "$0")/quietly.sh"
source_dir=$1
build_dir=$2

quietly cmake --install "$build_dir" --prefix "$work/prefix"

# Moved after the installation: nothing in it may point to where it was built or installed.
mv "$work/prefix" "$work/elsewhere"
if grep -rIlF -e "$build_dir" -e "$source_dir" -e "$work" "$work/elsewhere"; then
  fail 'these installed files name a folder of the build'
fi
if grep -rE '[;" ]/[^;"]+\.(so|a)\b' "$work/elsewhere" --include='*.cmake'; then
  fail 'the package names a library by its absolute path on this machine'
fi

quietly cmake -S "$source_dir/tests/consumer" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$work/elsewhere"
quietly cmake --build "$work/build"

cd "$work"
for pass in first second; do
  printed=$("$work/build/consumer")
  [[ "$printed" == 'foo.o, 1234 bytes' ]] || fail "$pass run printed '$printed'"
done
[[ "$("$work/elsewhere/bin/zccache-index" --dir "$work/example-cache" list)" == *8f3a0c* ]] || fail 'the installed zccache-index does not list the entry'
