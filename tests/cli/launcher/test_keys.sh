#!/usr/bin/env bash
# What must lead to another object leads to another key; what cannot, does not.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir -p "$tree/src"
reset_sources() {
  printf '#define VALUE 1\n' >"$tree/src/value.h"
  printf '#include "value.h"\nint f(int unused) { return VALUE; }\n' >"$tree/src/a.c"
}

# The same command before and after a change: the second is compiled anew, or served, and right in either case.
after() { # name, decision, change, command…
  reset_sources
  bare "${@:4}"
  launched "${@:4}"
  launched "${@:4}"
  expect "$1: it was served before" test "$(decision)" = hit
  eval "$3"
  bare "${@:4}"
  launched "${@:4}"
  same_as_bare "$1: right after the change"
  decided "$1: decision after the change" "$2"
  launched "${@:4}"
  same_as_bare "$1: right when served"
}

for c in gcc clang; do
  after "$c: header edited" miss "echo '#define VALUE 2' >'$tree/src/value.h'" $c -c src/a.c -o a.o
  after "$c: source edited" miss "echo 'int g;' >>'$tree/src/a.c'" $c -c src/a.c -o a.o
  after "$c: comment moves a column with -g" miss "sed -i 's:int f:/* new */ int f:' '$tree/src/a.c'" $c -g -c src/a.c -o a.o
  after "$c: comment moves a warning" miss "sed -i 's:int f:/* new */ int f:' '$tree/src/a.c'" $c -Wall -Wextra -c src/a.c -o a.o
  after "$c: text of a comment in a header" miss "echo '/* new */' >>'$tree/src/value.h'" $c -c src/a.c -o a.o
  after "$c: touched only" hit "touch '$tree/src/a.c' '$tree/src/value.h'" $c -g -c src/a.c -o a.o
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
  remove_cache
  launched "${first[@]}"
  expect "$name: the first is stored" test "$(decision)" = miss
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
  differ "$c: other search path" hit $c -Inowhere -c src/a.c -o a.o -- $c -Ielsewhere -c src/a.c -o a.o
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
remove_cache
launched gcc -Wall -Wextra -c src/a.c -o a.o
LC_ALL=C.UTF-8 bare gcc -Wall -Wextra -c src/a.c -o a.o
LC_ALL=C.UTF-8 launched gcc -Wall -Wextra -c src/a.c -o a.o
same_as_bare 'other message language: right'
decided 'other message language: decision' miss

# With -g the working directory gets into the object, and without it does not.
mkdir "$work/elsewhere"
cp -r "$tree/src" "$work/elsewhere"
for c in gcc clang; do
  remove_cache
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
  remove_cache
  launched gcc $option -frandom-seed=1 -c src/offload.c -o a.o
  (tree=$work/elsewhere && bare gcc $option -frandom-seed=1 -c src/offload.c -o a.o)
  (tree=$work/elsewhere && launched gcc $option -frandom-seed=1 -c src/offload.c -o a.o)
  same_as_bare "gcc: other working directory with $option: right"
done
rm "$tree/src/offload.c"

# A file that may have changed under the compiler is not stored: here a header that the compiler itself writes to.
fake_gcc "$work/fake" <<COMPILER
echo '/* changed meanwhile */' >>"$tree/src/value.h"
exec gcc "\$@"
COMPILER
reset_sources
remove_cache
launched "$work/fake/gcc" -c src/a.c -o a.o
expect 'a header that changes during the compile: not stored' grep -q 'not stored: src/value.h changed' "$ZCCACHE_LOG"
expect 'a header that changes during the compile: nothing in the cache' test "$(results)" -eq 0

# Nor one that finds another header than the preprocessor did: a new one, or an old one that is moved or linked to.
appears() { # name, sources are made by, change while it is compiled, what is said
  make_sources "$2"
  fake_gcc "$work/fake" <<<"cd $tree/src; $3; cd ..; exec gcc \"\$@\""
  is_not_stored "$1 during the compile" "$4"
}
make_sources() { # further by
  rm -rf "$tree"/src/*
  reset_sources
  mkdir "$tree"/src/{first,second}
  mv "$tree/src/value.h" "$tree/src/second"
  sed -i 's/"value.h"/<value.h>/' "$tree/src/a.c"
  eval "$1"
}
is_not_stored() { # name, what is said
  remove_cache
  launched "$work/fake/gcc" -Isrc/link -Isrc/first -Isrc/second -c src/a.c -o a.o
  expect "$1: not stored" grep -q "not stored: $2" "$ZCCACHE_LOG"
  expect "$1: nothing in the cache" test "$(results)" -eq 0
}
old='mkdir "$tree/src/old"; echo "#define VALUE 2" >"$tree/src/old/value.h"'
appears 'a header that appears' : 'echo "#define VALUE 2" >first/value.h' 'src/first/value.h appeared'
appears 'a header that is moved' "$old" 'mv old/value.h first' 'src/first/value.h appeared'
appears 'a folder that is moved' "$old; rmdir '$tree/src/first'" 'mv old first' 'another header may be found: src'
appears 'a link that is set' "$old; ln -s first '$tree/src/link'" 'ln -sfn old link' 'another header may be found: src/link'
fake_gcc "$work/fake" <<<"echo >$tree/src/first/other.h; exec gcc \"\$@\""
launched "$work/fake/gcc" -Isrc/link -Isrc/first -Isrc/second -c src/a.c -o a.o
expect 'a header that nobody asks for, during the compile: stored' test "$(results)" -eq 1
# The same as soon as it has been preprocessed, before the launcher can look around for the first time.
follows() { # name, sources are made by, change
  make_sources "$2"
  gcc_that_preprocesses_and "[[ -e $work/done ]] || { : >$work/done; $3; }"
  rm -f "$work/done"
  is_not_stored "$1 after preprocessing" '.* changed while it was compiled, or just before'
  compile_again=("$work/fake/gcc" -Isrc/link -Isrc/first -Isrc/second -c src/a.c -o a.o)
  bare "${compile_again[@]}"
  launched "${compile_again[@]}"
  same_as_bare "$1 after preprocessing: right the next time"
}
gcc_that_preprocesses_and() { # what it does next; not where it is only asked for its search path
  printf '#!/bin/bash\n[[ " $* " != *" -v "* ]] || exec gcc "$@"\nfor argument; do [[ $argument != -E ]] || { gcc "$@"; code=$?; cd %s/src; %s; exit $code; }; done\nexec gcc "$@"\n' "$tree" "$1" >"$work/fake/gcc"
}
asks='sed -i "1i#if __has_include(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"; : >"$tree/src/second/optional.h"'
follows 'a header that is asked for and goes' "$asks" 'rm second/optional.h'
follows 'a folder that goes' "$asks; mkdir \"\$tree/src/link\"; mv \"\$tree/src/second/optional.h\" \"\$tree/src/link\"" 'mv link other'
follows 'a folder that is moved' "$old; rmdir '$tree/src/first'" 'mv old first'
follows 'a folder that is moved, and written to' "$old; rmdir '$tree/src/first'" 'mv old first; echo >first/more.h'
follows 'a link that is set' "$old; ln -s first '$tree/src/link'" 'ln -sfn old link'
# A folder above, which nothing is looked for in.
make_sources "mkdir -p '$tree/src/top/first' '$tree/src/old/first'; echo '#define VALUE 2' >'$tree/src/old/first/value.h'"
gcc_that_preprocesses_and "[[ -e $work/done ]] || { : >$work/done; mv top gone; mv old top; }"
rm -f "$work/done"
remove_cache
launched "$work/fake/gcc" -Isrc/top/first -Isrc/second -c src/a.c -o a.o
expect 'a folder above that is moved after preprocessing: nothing in the cache' test "$(results)" -eq 0
# Something else in a folder that is searched: the text stays the same.
make_sources "$asks"
gcc_that_preprocesses_and ': >second/other.h'
remove_cache
launched "$work/fake/gcc" -Isrc/link -Isrc/first -Isrc/second -c src/a.c -o a.o
expect 'a header that nobody asks for, after preprocessing: stored' test "$(results)" -eq 1
rm -rf "$tree"/src/*
reset_sources

# A compiler that leaves an old output alone made nothing to be stored.
fake_gcc "$work/fake" <<<'exit 0'
touch -d '1 hour ago' "$tree/src/old.o"
launched "$work/fake/gcc" -c src/a.c -o src/old.o
expect 'an output that the compiler did not renew: not stored' grep -q 'not stored: the compiler did not renew src/old.o' "$ZCCACHE_LOG"
rm "$tree/src/old.o"
differ 'other compiler' miss gcc -c src/a.c -o a.o -- clang -c src/a.c -o a.o
differ 'other name of the same file' miss clang -c src/a.c -o a.o -- clang++ -c src/a.c -o a.o
finish
