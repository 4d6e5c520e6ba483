#!/usr/bin/env bash
# Search directories that are there or not, are one by a link or two, and where the compile itself runs.
source "$(dirname "$0")/launcher.sh" "$1"

reset_sources() { # further by $prepare
  rm -rf "$tree"
  mkdir -p "$tree"/src/{first,second}
  echo '#define VALUE 1' >"$tree/src/second/value.h"
  printf '#include <value.h>\nint f(int unused) { return VALUE; }\n' >"$tree/src/a.c"
}
options=(-Isrc/first -Isrc/absent -Isrc/second)
second_value='echo "#define VALUE 2"'

for c in gcc clang; do
  compile=("$c" "${options[@]}" -Wall -Wextra -c src/a.c -o a.o)

  # --- Links that lead nowhere
  prepare='ln -s nowhere.h "$tree/src/first/value.h"' \
    after "$c: header that is a link to nowhere, to a file from then on" miss "$second_value"' >"$tree/src/first/nowhere.h"' "${compile[@]}"
  prepare='ln -s nowhere "$tree/src/absent"' \
    after "$c: folder that is a link to nowhere, to a folder from then on" miss 'mkdir "$tree/src/nowhere"; '"$second_value"' >"$tree/src/nowhere/value.h"' "${compile[@]}"
  prepare='ln -s one "$tree/src/absent"; ln -s nowhere "$tree/src/one"' \
    after "$c: folder that is a link to a link to nowhere, to a folder from then on" miss 'mkdir "$tree/src/nowhere"; '"$second_value"' >"$tree/src/nowhere/value.h"' "${compile[@]}"
  after "$c: folder that becomes a link to nowhere" miss 'ln -s nowhere "$tree/src/absent"' "${compile[@]}"
  after "$c: header that becomes a link to itself" unstored 'ln -sf value.h "$tree/src/second/value.h"' "${compile[@]}"

  # --- Folders that become one by a link: the compiler drops the second, and #include_next does not find what is in it.
  next='printf "#if __has_include_next(<value.h>)\n#include_next <value.h>\nint next;\n#endif\n#define VALUE 1\n" | tee "$tree/src/first/value.h" >"$tree/src/second/value.h"'
  prepare=$next after "$c: folder that becomes another one by a link" miss 'rm -r "$tree/src/second"; ln -s first "$tree/src/second"' "${compile[@]}"
  prepare="$next; "'rm -r "$tree/src/second"; ln -s first "$tree/src/second"' \
    after "$c: folder that was another one by a link" miss 'rm "$tree/src/second"; cp -r "$tree/src/first" "$tree/src/second"' "${compile[@]}"
  prepare='mkdir "$tree/src/absent"' after "$c: empty folder that becomes another one by a link" miss 'rmdir "$tree/src/absent"; ln -s second "$tree/src/absent"' "${compile[@]}"
  prepare='mkdir "$tree/src/absent"' after "$c: empty folder that becomes an empty one by a link, with -MD" miss 'rmdir "$tree/src/absent"; ln -s first "$tree/src/absent"' "${compile[@]}" -MD
  prepare='mkdir "$tree/src/system"; cp "$tree/src/second/value.h" "$tree/src/system"; echo "int unused(int x) { int y; return 1; }" >>"$tree/src/second/value.h"' \
    after "$c: -I folder that becomes one of the system's by a link" miss 'cp "$tree"/src/{second,system}/value.h; rm -r "$tree/src/second"; ln -s system "$tree/src/second"' \
    "${compile[@]}" -isystem src/system

  # --- Folders in which nothing is looked for, but that the compiler complains of
  for kind in -I -isystem -iquote -idirafter; do
    complain=("$c" -Wmissing-include-dirs -Isrc/second "$kind" src/asked -c src/a.c -o a.o)
    after "$c: $kind that comes" miss 'mkdir "$tree/src/asked"' "${complain[@]}"
    after "$c: $kind that comes as a file" miss ': >"$tree/src/asked"' "${complain[@]}"
    prepare='mkdir "$tree/src/asked"' after "$c: $kind that goes" miss 'rmdir "$tree/src/asked"' "${complain[@]}"
    prepare='mkdir "$tree/src/asked"' after "$c: $kind that becomes a file" miss 'rmdir "$tree/src/asked"; : >"$tree/src/asked"' "${complain[@]}"
  done

  # --- Files with #pragma once that are one, or of one content and one time
  twins='printf "#pragma once\nint twin[__COUNTER__ + 1];\n" | tee "$tree/src/first/one.h" >"$tree/src/second/two.h"; touch -d 2020-01-01 "$tree"/src/*/*.h; sed -i "1i#include <one.h>\n#include <two.h>" "$tree/src/a.c"'
  prepare="$twins; "'ln -sf ../first/one.h "$tree/src/second/two.h"' \
    after "$c: twins by a link that become two of other times" unstored 'rm "$tree/src/second/two.h"; cp "$tree/src/first/one.h" "$tree/src/second/two.h"' "${compile[@]}"
  prepare="$twins; "'ln -f "$tree/src/first/one.h" "$tree/src/second/two.h"' \
    after "$c: twins by a hard link that become two of other times" unstored 'rm "$tree/src/second/two.h"; cp "$tree/src/first/one.h" "$tree/src/second/two.h"' "${compile[@]}"
  prepare="$twins; "'ln -f "$tree/src/first/one.h" "$tree/src/second/two.h"' \
    after "$c: twins that are touched" hit 'touch "$tree/src/first/one.h"' "${compile[@]}"

  # --- The folder in which it runs
  forget_compiles
  reset_sources
  ln -sfn "$tree" "$work/link"
  for place in "$tree" "$work/link" "$tree" "$work/link"; do
    (tree=$place && bare "$c" -g "${options[@]}" -c src/a.c -o a.o)
    (tree=$place && launched "$c" -g "${options[@]}" -c src/a.c -o a.o)
    same_as_bare "$c -g in ${place##*/}: right"
  done
  decided "$c -g, in a folder by the name of a link, again" hit
  # Another folder with another header, and the same command
  mkdir -p "$work/one/deep/src" "$work/two/deep/src"
  echo '#define VALUE 1' >"$work/one/value.h"
  echo '#define VALUE 2' >"$work/two/value.h"
  for place in one two; do cp "$tree/src/a.c" "$work/$place/deep/src"; done
  forget_compiles
  for place in one two one; do
    (tree=$work/$place/deep && bare "$c" -I.. -c src/a.c -o a.o)
    (tree=$work/$place/deep && launched "$c" -I.. -c src/a.c -o a.o)
    same_as_bare "$c: -I.. in $place/deep: right"
  done
done
finish
