#!/usr/bin/env bash
# However a compile is observed, the same is found out; where it cannot be, builds are right and hits are served.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir -p "$tree/src" "$work/static"
reset_sources() {
  rm -rf "$tree"/src/*
  echo '#define VALUE 1' >"$tree/src/value.h"
  printf '#include <stddef.h>\n#include "value.h"\nint f(int unused) { return VALUE; }\n' >"$tree/src/a.c"
}
reset_sources
keys() { "$bin/zccache-index" list | sed -nE 's/^([0-9a-f]{64}) .*/\1/p' | sort; }

# A program without any library, that starts the compiler by vfork.
cat >"$work/static/gcc.c" <<'SOURCE'
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int status = 0;
  pid_t child = vfork();
  if (child == 0) {
    argv[0] = "gcc"; // which looks for its parts beside the program of its name
    execv("/usr/bin/gcc", argv);
    _exit(127);
  }
  waitpid(child, &status, 0);
  return argc > 1 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
SOURCE
gcc -static -O1 "$work/static/gcc.c" -o "$work/static/gcc"
# Scripts that take away what observation may lean on: descriptors, the preloaded library, the environment.
closes='exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec gcc "$@"'
fake_gcc "$work/closes" <<<"$closes"
fake_gcc "$work/clears" <<<'unset LD_PRELOAD; exec gcc "$@"'
fake_gcc "$work/empties" <<<'exec env -i PATH="$PATH" gcc "$@"'

for compiler in gcc clang "$work/static/gcc" "$work/closes/gcc" "$work/clears/gcc" "$work/empties/gcc"; do
  name=${compiler#"$work/"}
  compile=("$compiler" -g -MD -pipe -Wall -Wextra -c src/a.c -o a.o)
  for mode in notify ptrace; do
    ZCCACHE_OBSERVE=$mode cached "$name, $mode" "${compile[@]}"
    keys >"$work/keys.$mode"
    # What one way found out is good for all.
    for other in notify ptrace auto off; do
      ZCCACHE_OBSERVE=$other launched "${compile[@]}"
      same_as_bare "$name, stored under $mode, served under $other"
      decided "$name, stored under $mode, served under $other" hit
    done
    ZCCACHE_OBSERVE=$mode after "$name, $mode: header edited" miss 'echo "#define VALUE 2" >"$tree/src/value.h"' "${compile[@]}"
    reset_sources
  done
  expect "$name: the same key of its result, however it was observed" cmp "$work/keys.notify" "$work/keys.ptrace"
  remove_cache
  for again in first second; do
    bare "${compile[@]}"
    ZCCACHE_OBSERVE=off launched "${compile[@]}"
    same_as_bare "$name, off: $again"
    decided "$name, off: $again" unstored
  done
done
expect 'off: says so' grep -q 'not stored: .*observe' "$ZCCACHE_LOG"
ZCCACHE_OBSERVE=anything cached 'a word that means nothing' gcc -c src/a.c -o a.o

# Without /proc the launcher finds out less, and is right.
hides_proc() { unshare --mount bash -c 'mount -t tmpfs none /proc && cd "$1" && exec "${@:2}"' _ "$tree" "$@"; }
if hides_proc true 2>/dev/null; then
  remove_cache
  bare gcc -g -c src/a.c -o a.o
  for again in first second; do
    observe "$work/launched" hides_proc "$cc" gcc -g -c src/a.c -o a.o
    same_as_bare "without /proc: $again"
  done
fi
finish
