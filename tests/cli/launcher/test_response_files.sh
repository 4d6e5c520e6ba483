#!/usr/bin/env bash
# Arguments in a file count as if they stood in the command, and the compiler gets the command as it was given.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir -p "$tree/src/with space"
printf '#ifndef VALUE\n#define VALUE "none"\n#endif\nconst char *f(void) { return VALUE; }\n' >"$tree/src/a.c"
cp "$tree/src/a.c" "$tree/src/with space/a.c"
options() { printf '%b' "$1" >"$tree/src/options"; } # content
# Whether the compiler takes it or not, and by whichever rules.
right_each_time() { # name, command…
  forget_compiles
  bare "${@:2}"
  for again in first second; do
    launched "${@:2}"
    same_as_bare "$1: $again run is the bare compiler's"
  done
  if [[ $(<"$work/bare/.code") == 0 ]]; then decided "$1: second decision" hit; else decided "$1: second decision" unstored; fi
}

for c in gcc clang; do
  options '-O2\n -c\tsrc/a.c -o a.o -MD'
  cached "$c: all in a file" "$c" @src/options
  options '-g'
  cached "$c: some in a file" "$c" -O1 @src/options -c src/a.c -o a.o
  options ''
  cached "$c: empty file" "$c" @src/options -c src/a.c -o a.o
  options '@src/more -O2'
  printf -- '-DVALUE="\\"nested\\""' >"$tree/src/more"
  cached "$c: file in a file" "$c" @src/options -c src/a.c -o a.o
  printf '@src/options' >"$tree/src/more"
  failing "$c: file in itself" "$c" @src/options -c src/a.c -o a.o
  rm "$tree/src/more"
  failing "$c: file that is not there, in a file" "$c" @src/options -c src/a.c -o a.o
  failing "$c: file that is not there" "$c" @src/nowhere -c src/a.c -o a.o
  failing "$c: folder" "$c" @src -c src/a.c -o a.o
  for quoted in '-DVALUE=\\"bare\\"' "'-DVALUE=\"single quoted\"'" '"-DVALUE=\\"double quoted\\""' '-DVALUE="\\"half"\\ "quoted\\""' "-I'src/with space'" '"src/with space/a.c"'; do
    options "$quoted"
    source=(src/a.c)
    [[ $quoted == *a.c* ]] && source=()
    cached "$c: $quoted" "$c" @src/options -c "${source[@]}" -o a.o
  done
  for unclear in "'-DVALUE=\\\\\"x\\\\\"'" '-DVALUE="\\"x\\n\\""' '-DVALUE="open' "''" '-O2\\\\\n' '-DA=1\f-DB=2' '-DA=1\v-DB=2'; do
    options "$unclear"
    right_each_time "$c: not read alike by all: $unclear" "$c" @src/options -c src/a.c -o a.o
  done
  options 'src/a.c -fplugin=nowhere.so'
  failing "$c: plugin that is not there, in a file" "$c" @src/options -c -o a.o

  # Another content is another compile, at once.
  forget_compiles
  for value in one two one two; do
    options "-DVALUE='\"$value\"'"
    bare "$c" @src/options -c src/a.c -o a.o
    launched "$c" @src/options -c src/a.c -o a.o
    same_as_bare "$c: changed to $value: right"
    [[ -e $work/seen_$value ]] && decided "$c: changed to $value: seen before" hit || decided "$c: changed to $value: new" miss
    : >"$work/seen_$value"
  done
  rm "$work"/seen_*
done

# Written in the same moment as the compile begins, as build tools do: its content decides.
forget_compiles
options '-O2'
launched gcc @src/options -c src/a.c -o a.o
for level in -O2 -O1 -O2; do
  options $level
  bare gcc @src/options -c src/a.c -o a.o
  : >"$ZCCACHE_LOG"
  options $level
  observe "$work/launched" "$cc" gcc @src/options -c src/a.c -o a.o
  same_as_bare "new file with $level: right"
  [[ $level == -O1 ]] || decided "new file with $level, as before" hit
done
finish
