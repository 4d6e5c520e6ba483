#!/usr/bin/env bash
# What must lead to another object leads to another key; what cannot, does not.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir -p "$tree/src"
reset_sources() {
  rm -rf "$tree"/src/*
  printf '#define VALUE 1\n' >"$tree/src/value.h"
  printf '#include "value.h"\nint f(int unused) { return VALUE; }\n' >"$tree/src/a.c"
}

for c in gcc clang; do
  after "$c: header edited" miss "echo '#define VALUE 2' >'$tree/src/value.h'" $c -c src/a.c -o a.o
  after "$c: source edited" miss "echo 'int g;' >>'$tree/src/a.c'" $c -c src/a.c -o a.o
  after "$c: comment moves a column with -g" miss "sed -i 's:int f:/* new */ int f:' '$tree/src/a.c'" $c -g -c src/a.c -o a.o
  after "$c: comment moves a warning" miss "sed -i 's:int f:/* new */ int f:' '$tree/src/a.c'" $c -Wall -Wextra -c src/a.c -o a.o
  after "$c: text of a comment in a header" miss "echo '/* new */' >>'$tree/src/value.h'" $c -c src/a.c -o a.o
  after "$c: touched only" hit "touch '$tree/src/a.c' '$tree/src/value.h'" $c -g -c src/a.c -o a.o
done

# As configure scripts do it: many sources, one after the other at one path, by one command.
each_of_many() { # decision wanted
  local i
  for i in {1..40}; do
    reset_sources
    echo "int f$i(void) { return VALUE; }" >>"$tree/src/a.c"
    bare gcc -c src/a.c -o a.o
    launched gcc -c src/a.c -o a.o
    same_as_bare "source $i of 40 at one path, $1: right"
    decided "source $i of 40 at one path: decision" "$1"
  done
}
forget_compiles
each_of_many miss
each_of_many hit

# As configure scripts do it, too: compiled in the clock tick in which it was written.
reset_sources
for i in {1..12}; do
  : >"$ZCCACHE_LOG"
  echo "int written_just_now_$i;" >"$tree/src/a.c"
  observe "$work/launched" "$cc" gcc -c src/a.c -o a.o
  decided "source $i that was written just before" miss
done

# Two commands, one after the other: the second must not, or may, be served what the first stored.
reset_sources
differ() { # name, decision on the second, first command, --, second command
  local first=() name=$1 wanted=$2
  shift 2
  while [[ $1 != -- ]]; do
    first+=("$1")
    shift
  done
  shift
  forget_compiles
  launched "${first[@]}"
  decided "$name: the first is stored" miss
  bare "$@"
  launched "$@"
  same_as_bare "$name: right"
  decided "$name: decision" "$wanted"
}

for c in gcc clang; do
  differ "$c: other object path" hit $c -c src/a.c -o a.o -- $c -c src/a.c -o b.o
  differ "$c: other object path with -g" hit $c -g -c src/a.c -o a.o -- $c -g -c src/a.c -o b.o
  differ "$c: other object path with -flto" hit $c -flto -frandom-seed=1 -c src/a.c -o a.o -- $c -flto -frandom-seed=1 -c src/a.c -o b.o
  differ "$c: other object path with sanitizers" hit $c -fsanitize=address,undefined -c src/a.c -o a.o -- \
    $c -fsanitize=address,undefined -c src/a.c -o b.o
  differ "$c: other search path" miss $c -Inowhere -c src/a.c -o a.o -- $c -Ielsewhere -c src/a.c -o a.o
  differ "$c: other dependency file" hit $c -MD -MT x -MF a.d -c src/a.c -o a.o -- $c -MD -MT x -MF b.d -c src/a.c -o a.o
  differ "$c: other object path in the dependency file" miss $c -MD -MF a.d -c src/a.c -o a.o -- $c -MD -MF a.d -c src/a.c -o b.o
  differ "$c: other target in the dependency file" miss $c -MD -MF a.d -MT x -c src/a.c -o a.o -- $c -MD -MF a.d -MT y -c src/a.c -o a.o
  differ "$c: other outputs" miss $c -c src/a.c -o a.o -- $c -MD -c src/a.c -o a.o
  differ "$c: other .dwo" miss $c -g -gsplit-dwarf -c src/a.c -o a.o -- $c -g -gsplit-dwarf -c src/a.c -o b.o
  differ "$c: other optimisation" miss $c -O1 -c src/a.c -o a.o -- $c -O2 -c src/a.c -o a.o
  differ "$c: other warnings" miss $c -c src/a.c -o a.o -- $c -Wall -Wextra -c src/a.c -o a.o
  differ "$c: other language" miss $c -c src/a.c -o a.o -- $c -x c++ -c src/a.c -o a.o
  # The text is the same, the macros that a warning quotes are not.
  echo 'int f(int x) { return DIVIDE(x); }' >"$tree/src/divide.c"
  differ "$c: macro that only a warning shows" miss $c '-DDIVIDE(x)=(x/0)' -c src/divide.c -o a.o -- \
    $c '-DDIVIDE(x)=BY_ZERO(x)' '-DBY_ZERO(x)=(x/0)' -c src/divide.c -o a.o
done

# Quotes in messages follow the locale.
forget_compiles
launched gcc -Wall -Wextra -c src/a.c -o a.o
LC_ALL=C.UTF-8 bare gcc -Wall -Wextra -c src/a.c -o a.o
LC_ALL=C.UTF-8 launched gcc -Wall -Wextra -c src/a.c -o a.o
same_as_bare 'other message language: right'
decided 'other message language: decision' miss

# With -g the working directory gets into the object, and without it does not.
mkdir "$work/elsewhere"
cp -r "$tree/src" "$work/elsewhere"
for c in gcc clang; do
  forget_compiles
  launched $c -g -c src/a.c -o a.o
  launched $c -c src/a.c -o a.o
  (tree=$work/elsewhere && bare $c -g -c src/a.c -o a.o)
  (tree=$work/elsewhere && launched $c -g -c src/a.c -o a.o)
  same_as_bare "$c: other working directory with -g: right"
  decided "$c: other working directory with -g: decision" miss
  (tree=$work/elsewhere && launched $c -c src/a.c -o a.o)
  decided "$c: other working directory without -g: decision" hit
done

# So it does where gcc leaves code to the linker or to an accelerator.
printf 'int g(int a) {\n_Pragma("omp target map(tofrom:a)")\n  a++;\n  return a;\n}\n' | tee "$tree/src/offload.c" >"$work/elsewhere/src/offload.c"
for option in -flto -fopenmp; do
  forget_compiles
  launched gcc $option -frandom-seed=1 -c src/offload.c -o a.o
  (tree=$work/elsewhere && bare gcc $option -frandom-seed=1 -c src/offload.c -o a.o)
  (tree=$work/elsewhere && launched gcc $option -frandom-seed=1 -c src/offload.c -o a.o)
  same_as_bare "gcc: other working directory with $option: right"
done
rm "$tree/src/offload.c"

# A compiler that leaves an old output alone: so does a hit.
fake_gcc "$work/fake" <<<'exit 0'
old_output() { echo old >"$tree/old.o"; }
forget_compiles
for decision in miss hit; do
  old_output
  launched "$work/fake/gcc" -c src/a.c -o old.o
  expect "an output that the compiler did not renew: as it was on a $decision" test "$(<"$work/launched/old.o")" = old
  decided 'an output that the compiler did not renew' $decision
done
differ 'other compiler' miss gcc -c src/a.c -o a.o -- clang -c src/a.c -o a.o
differ 'other name of the same file' miss clang -c src/a.c -o a.o -- clang++ -c src/a.c -o a.o
finish
