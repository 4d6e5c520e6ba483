#!/usr/bin/env bash
# A hit leaves every output with the mode that the compiler would have left: that of a new file by the umask, or that of the file that was there.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir "$tree/src"
echo 'int f(void) { return 1; }' >"$tree/src/a.c"
outputs=(a.o a.d a.dwo a.gcno)

put_outputs() { # mode or none, content
  (cd "$tree" && rm -f "${outputs[@]}")
  [[ $1 != none ]] || return 0
  for output in "${outputs[@]}"; do
    printf %s "$2" >"$tree/$output"
    chmod "$1" "$tree/$output"
  done
}
modes() { (cd "$tree" && stat -c '%n %a %h' "${outputs[@]}"); }

for c in 'gcc -o a.o' 'clang -o a.o' gcc; do
  read -ra command <<<"$c -g -gsplit-dwarf --coverage -frandom-seed=1 -MD -c src/a.c"
  remove_cache
  put_outputs 755 'what was there' # that says nothing of what a compiler makes
  launched "${command[@]}"
  for mask in 022 077 002; do
    for before in none 600 664 755; do
      for content in '' 'what was there'; do
        [[ $before != none || -z $content ]] || continue
        name="$c, umask $mask, over files of mode $before${content:+ that are not empty}"
        put_outputs $before "$content"
        (umask $mask && cd "$tree" && "${command[@]}")
        modes >"$work/bare.modes"
        put_outputs $before "$content"
        : >"$ZCCACHE_LOG"
        (umask $mask && cd "$tree" && "$cc" "${command[@]}")
        modes >"$work/launched.modes"
        decided "$name" hit
        expect "$name: the same modes" diff "$work/bare.modes" "$work/launched.modes"
      done
    done
  done
done
finish
