#!/usr/bin/env bash
# What changes while it is compiled: a result is stored only under answers that are the same before, during and after the compile.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir -p "$tree/src"
search_path=(-Isrc/top/first -Isrc/link -Isrc/first -Isrc/second)
reset_sources() { # further by $prepare
  rm -rf "$tree"/src/*
  mkdir "$tree"/src/{first,second}
  printf '#define VALUE 1\n' >"$tree/src/second/value.h"
  printf '#include <value.h>\nint f(int unused) { return VALUE; }\n' >"$tree/src/a.c"
  echo '-O2' >"$tree/src/options"
  eval "${prepare-}"
}

# The change is made by a process of its own, so that the launcher does not see who makes it. The compiler, a script, asks for it by a signal
# and goes on when it is answered by one. It is made once.
meddle() { # change
  python3 -c '
import os, pathlib, signal, subprocess, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
change, ready = sys.argv[1:]
pathlib.Path(ready).touch()
while True:
    asked = signal.sigwaitinfo([signal.SIGUSR1])
    subprocess.run(["bash", "-c", change])
    change = ":"
    os.kill(asked.si_pid, signal.SIGUSR1)' "cd $tree/src; $1" "$work/ready" &
  meddler=$!
  until [[ -e $work/ready ]]; do read -rt 0.01 <> <(:) || true; done
  rm "$work/ready"
}
stop_meddling() {
  kill "$meddler"
  wait "$meddler" 2>/dev/null
}
ask_for_it() { echo "go=; trap go=1 USR1; kill -USR1 $meddler; until [ \"\$go\" ]; do :; done"; }

# Before it compiles, the result is that of the new sources: it may be stored. After it has, it is not.
changes() { # name, change by a script in src, further arguments…
  local order
  for order in before after; do
    reset_sources
    meddle "$2"
    if [[ $order == before ]]; then
      fake_gcc "$work/fake" <<<"$(ask_for_it); exec gcc \"\$@\""
    else
      fake_gcc "$work/fake" <<<"gcc \"\$@\"; code=\$?; $(ask_for_it); exit \$code"
    fi
    forget_compiles
    local compile=("$work/fake/gcc" "${search_path[@]}" "${@:3}" -c src/a.c -o a.o)
    launched "${compile[@]}"
    if [[ $order == after ]]; then
      decided "$1, when it has been compiled" unstored
      expect "$1, when it has been compiled: nothing in the cache" test "$(results)" -eq 0
    fi
    bare "${compile[@]}"
    for again in next third; do
      launched "${compile[@]}"
      same_as_bare "$1, $order the compile: right the $again time"
    done
    decided "$1, $order the compile: the third time" hit
    stop_meddling
  done
}

old='mkdir "$tree/src/old"; echo "#define VALUE 2" >"$tree/src/old/value.h"'
asks='sed -i "1i#if __has_include(<optional.h>)\nint there;\n#endif" "$tree/src/a.c"; : >"$tree/src/second/optional.h"'
changes 'a header that is written to' 'echo "/* changed meanwhile */" >>second/value.h'
changes 'a header that is replaced' 'echo "#define VALUE 2" >new; touch -r second/value.h new; mv new second/value.h'
changes 'a header that appears' 'echo "#define VALUE 2" >first/value.h'
prepare=$old changes 'a header that is moved' 'mv old/value.h first'
prepare="$old; rmdir '$tree/src/first'" changes 'a folder that is moved' 'mv old first'
prepare="$old; rmdir '$tree/src/first'" changes 'a folder that is moved, and written to' 'mv old first; echo >first/more.h'
prepare="$old; ln -s first '$tree/src/link'" changes 'a link that is set' 'ln -sfn old link'
prepare=$asks changes 'a header that is asked for and goes' 'rm second/optional.h'
prepare="$asks; mkdir '$tree/src/link'; mv '$tree/src/second/optional.h' '$tree/src/link'" changes 'a folder that goes' 'mv link other'
prepare="mkdir -p '$tree/src/top/first' '$tree/src/old/first'; echo '#define VALUE 2' >'$tree/src/old/first/value.h'" \
  changes 'a folder above that is moved' 'mv top gone; mv old top'
changes 'a response file that is written to' 'echo -O1 >options' @src/options

# Something else in a folder that is searched: nobody asked for it.
reset_sources
meddle ': >second/other.h'
fake_gcc "$work/fake" <<<"gcc \"\$@\"; code=\$?; $(ask_for_it); exit \$code"
forget_compiles
for decision in miss hit; do
  launched "$work/fake/gcc" "${search_path[@]}" -c src/a.c -o a.o
  decided 'a header that nobody asks for' $decision
done
stop_meddling

# A compiler that changes its own sources.
reset_sources
forget_compiles
fake_gcc "$work/fake" <<<"echo '/* changed */' >>$tree/src/second/value.h; exec gcc \"\$@\""
launched "$work/fake/gcc" "${search_path[@]}" -c src/a.c -o a.o
decided 'a compiler that writes to a header' unstored
is_not_stored 'a compiler that writes to a header' 'updates in place .*value.h'
finish
