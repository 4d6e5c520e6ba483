#!/usr/bin/env bash
# What a compile leaves behind, and what was there before: names, modes, links, other files of the same names.
source "$(dirname "$0")/launcher.sh" "$1"

reset_sources() { # further by $prepare
  rm -rf "$tree"
  mkdir -p "$tree/src" "$tree/out"
  echo '#define VALUE 1' >"$tree/src/value.h"
  printf '#include "value.h"\nint f(int unused) { return VALUE; }\n' >"$tree/src/a.c"
  echo 'int g(void) { return 2; }' >"$tree/src/b.c"
}
reset_sources

# --- The mode of what is made is the compiler's under the present umask.
for c in gcc clang; do
  forget_compiles
  for mask in 022 077 002 027; do
    for way in bare launched; do
      (
        umask $mask
        let_sources_age
        launcher=("$cc")
        [[ $way == launched ]] || launcher=()
        cd "$tree" && : >"$ZCCACHE_LOG" && "${launcher[@]}" $c -MD -g -gsplit-dwarf -c src/a.c -o out/a.o
      )
      (cd "$tree" && stat -c '%n %a' out/* | sort >"$work/modes.$way" && rm out/*)
    done
    expect "$c, umask $mask ($(decision)): modes" diff "$work/modes.bare" "$work/modes.launched"
    [[ $mask == 022 ]] || decided "$c, umask $mask" hit
  done
done

# --- Two outputs of one path: the compiler does as it does, and nothing of it is remembered for the right command.
for c in gcc clang; do
  for names in '-MF out/a.o -o out/a.o' '-MF out/a.o -o ./out/a.o' '-MF out/../out/a.o -o out/a.o' '-MF link/a.o -o out/a.o'; do
    reset_sources
    ln -s out "$tree/link"
    forget_compiles
    for way in bare launched; do
      $way $c -MD $names -c src/a.c
      ln -sfn out "$tree/link"
    done
    same_as_bare "$c: $names"
    expect "$c: $names: nothing in the cache" test "$(results)" -eq 0
    for decision in miss hit; do
      bare $c -MD -MF out/a.d -o out/a.o -c src/a.c
      launched $c -MD -MF out/a.d -o out/a.o -c src/a.c
      same_as_bare "$c: after $names, the right command: right"
      decided "$c: after $names, the right command" $decision
    done
  done
done
reset_sources

# --- Outputs of every kind, once named by the command and once after it; for another object they are named after that one.
for c in gcc clang; do
  forget_compiles
  for options in -save-temps=obj -fstack-usage '-g -gsplit-dwarf' --coverage '-MD' '-fsave-optimization-record -O2' '-ftime-report -w'; do
    [[ $options == -ftime-report* || ($c == gcc && $options == -fsave*) ]] && continue # gcc writes the time into these
    for object in out/a.o out/b.o b.o; do
      for again in first second; do
        bare $c $options -frandom-seed=1 -c src/a.c -o $object
        launched $c $options -frandom-seed=1 -c src/a.c -o $object
        same_as_bare "$c: $options, $object: $again"
      done
      decided "$c: $options, $object: $again" hit
    done
  done
done

# --- What is there already
for c in gcc clang; do
  for there in '' 'ln -s real.o out/a.o' 'echo old >out/a.o' 'echo old >out/a.o; chmod 600 out/a.o' 'mkdir out/a.o' 'echo old >out/old; ln out/old out/a.o' 'echo old >out/a.o; chmod 400 out/a.o'; do
    reset_sources
    forget_compiles
    for again in first second; do
      for way in bare launched; do
        reset_outputs="rm -rf out; mkdir out; $there"
        (cd "$tree" && eval "$reset_outputs")
        $way $c -c src/a.c -o out/a.o
      done
      same_as_bare "$c: ${there:-nothing there}: $again"
    done
  done
done
rm -rf "$tree/out"
mkdir "$tree/out"

# gcc appends to what it is told of by these variables: what is there counts.
for variable in DEPENDENCIES_OUTPUT=out/deps SUNPRO_DEPENDENCIES=out/deps; do
  forget_compiles
  for there in '' '' 'old.o: old.c' 'older.o: old.c' ''; do
    for way in bare launched; do
      rm -f "$tree/out/deps"
      [[ ! $there ]] || echo "$there" >"$tree/out/deps"
      launcher=("$cc")
      [[ $way == launched ]] || launcher=()
      let_sources_age
      observe "$work/$way" env $variable "${launcher[@]}" gcc -c src/a.c -o out/a.o
    done
    same_as_bare "gcc: $variable, ${there:-nothing} there"
  done
done

# --- A profile that is used, that appears, that another replaces; that coverage removes.
prepare= after 'profile that appears' miss 'echo garbage >"$tree/src/a.gcda"' gcc -fprofile-use=src/a.gcda -Wno-missing-profile -O2 -c src/a.c -o out/a.o
reset_sources
forget_compiles
for there in 0 1 0; do
  for way in bare launched; do
    ((there == 0)) && rm -f "$tree/out/a.gcda" || echo old >"$tree/out/a.gcda"
    $way gcc --coverage -frandom-seed=1 -c src/a.c -o out/a.o
  done
  same_as_bare "counts of earlier runs, $there there, before a compile with coverage"
done

# --- Precompiled headers
for c in gcc clang; do
  made='echo "#define FORCED 5" >"$tree/src/pre.h"; (cd "$tree" && $c -x c-header src/pre.h -o src/pre.h.gch)'
  prepare=$made after "$c: precompiled header that goes" miss 'rm "$tree/src/pre.h.gch"' $c -include src/pre.h -c src/a.c -o out/a.o
  prepare=$made after "$c: precompiled header of another content" miss 'echo "#define VALUE 7" >"$tree/src/pre.h"; (cd "$tree" && $c -x c-header src/pre.h -o src/pre.h.gch)' \
    $c -include src/pre.h -c src/a.c -o out/a.o
done
prepare='echo "#define FORCED 5" >"$tree/src/pre.h"; (cd "$tree" && clang -x c-header src/pre.h -o src/pre.h.gch)' \
  after 'clang: precompiled header, and its source is touched' unstored 'touch -d 2020-01-01 "$tree/src/pre.h"' clang -include src/pre.h -c src/a.c -o out/a.o
prepare='echo "#define FORCED 5" >"$tree/src/pre.h"; (cd "$tree" && clang -x c-header src/pre.h -o src/pre.pch)' \
  after 'clang: -include-pch, and its source is touched' unstored 'touch -d 2020-01-01 "$tree/src/pre.h"' clang -include-pch src/pre.pch -c src/a.c -o out/a.o
finish
