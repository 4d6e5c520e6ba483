#!/usr/bin/env bash
# Whatever is wrong with the compiler, the build hears of it as it would without the launcher; whatever is wrong with the cache, it does not.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir "$tree/src"
echo 'int f(void) { return 1; }' >"$tree/src/a.c"
compile=(gcc -c src/a.c -o a.o)

# How a command ended, as its parent sees it: negative for a signal.
ended() { python3 -c 'import subprocess, sys; print(subprocess.run(sys.argv[1:], stdout=2).returncode)' "$@"; }

# --- The compiler
expect_exit 'no such compiler' 127 "$cc" no-such-compiler -c a.c
expect_stderr 'no such compiler: is named' "zccache-cc: cannot run 'no-such-compiler': No such file or directory"
expect_exit 'no such compiler by path' 127 "$cc" ./no-such-compiler -c a.c
echo 'not executable' >"$work/plain_file"
expect_exit 'compiler that is not executable' 126 "$cc" "$work/plain_file" -c a.c
expect_stderr 'compiler that is not executable: is named' "cannot run '$work/plain_file': Permission denied"
expect_exit 'compiler that is a folder' 126 "$cc" "$work" -c a.c

ln -s "$cc" "$work/gcc"
ln -s "$cc" "$work/no_compiler"
expect_exit 'launcher as its own compiler' 3 "$cc" "$cc"
expect_stderr 'launcher as its own compiler: says so' 'leads back to zccache-cc itself'
expect_exit 'launcher as its own compiler by symlink' 3 "$cc" "$work/no_compiler"
expect_exit 'launcher as its own compiler by PATH' 3 env PATH="$work" "$cc" gcc -c a.c
expect_exit 'launcher twice as its own compiler by PATH' 3 env PATH="$work" "$cc" "$cc" gcc -c a.c
mkdir "$work/wrapper"
printf '#!/bin/sh\nexec "%s" gcc "$@"\n' "$cc" >"$work/wrapper/gcc"
chmod +x "$work/wrapper/gcc"
expect_exit 'script that runs the launcher on itself' 3 env PATH="$work/wrapper:$PATH" "$cc" gcc --version
expect_stderr 'script that runs the launcher on itself: says so' 'leads back to zccache-cc itself'
bare gcc -c src/a.c -o a.o
PATH=$work:$PATH launched gcc -c src/a.c -o a.o
same_as_bare 'launcher in PATH under the name of the compiler is passed over'

for signal in SEGV KILL TERM; do
  fake_gcc "$work/killed" <<<"kill -$signal \$\$"
  run ended "$cc" "$work/killed/gcc" -c "$tree/src/a.c" -o "$tree/a.o"
  expect "compiler killed by SIG$signal: so are we" grep -qx -- "-$(kill -l $signal)" "$work/out"
  run ended "$cc" "$work/killed/gcc" --version
  expect "compiler killed by SIG$signal, not cacheable: so are we" grep -qx -- "-$(kill -l $signal)" "$work/out"
done
expect 'a killed compiler leaves no core file of ours' test -z "$(find "$work" -name 'core*')"
echo 'int f(' >"$tree/src/wrong.c"
for compiler in gcc clang; do
  expect_exit "$compiler fails where SIGCHLD is ignored: its exit code" 1 env --ignore-signal=CHLD "$cc" "$compiler" -c "$tree/src/wrong.c" -o "$tree/wrong.o"
  expect_exit "$compiler succeeds where SIGCHLD is ignored" 0 env --ignore-signal=CHLD "$cc" "$compiler" -c "$tree/src/a.c" -o "$tree/a.o"
done
rm "$tree/src/wrong.c" "$tree/a.o"
fake_gcc "$work/odd" <<<'echo out; echo err >&2; exit 42'
failing 'exit code, standard output and error of a failing compiler' "$work/odd/gcc" -c src/a.c -o a.o
printf '#!/bin/sh\nexit 1\n' >"$work/odd/gcc"
failing 'compiler that does nothing but fail' "$work/odd/gcc" -c src/a.c -o a.o
cp "$work/odd/gcc" "$work/odd/mycc"
passed_on 'compiler of another family' "$work/odd/mycc" -c src/a.c -o a.o

# --- The cache. From here on the bare compiler's result is the same in each case.
bare "${compile[@]}"
built() { # name: the launcher makes what the bare compiler makes
  launched "${compile[@]}"
  same_as_bare "$1"
}
fill() {
  remove_cache
  launched "${compile[@]}"
}

emptied() { : >"$1"; }
replaced() { echo garbage >"$1"; }
removed() { rm "$1"; }
flipped() { printf X | dd of="$1" conv=notrunc status=none; }
for damage in emptied replaced removed flipped; do
  fill
  $damage "$dir"/objects/*/*
  built "payload is $damage: object"
  decided "payload is $damage: compiled anew" miss
  built "payload is $damage: object, again"
  decided "payload is $damage: stored anew" hit
done

garbage() { head -c "$1" /dev/urandom; }
declare -A broken=(
  [empty]=': >"$dir/index.live"'
  [garbage]='garbage 1048576 >"$dir/index.live"'
  [short]='truncate -s 5000 "$dir/index.live"'
  ['garbage behind its header']='garbage 900000 | dd of="$dir/index.live" bs=4096 seek=1 conv=notrunc status=none'
  [gone]='rm "$dir/index.live"'
  ['a folder']='rm "$dir/index.live"; mkdir "$dir/index.live"'
  ['everything garbage']='for file in "$dir"/index.*; do garbage 70000 >"$file"; done'
)
for what in "${!broken[@]}"; do
  fill
  "$bin/zccache-index" flush >/dev/null
  eval "${broken[$what]}"
  built "index is $what: object"
  built "index is $what: object, again"
done

# With closed streams, files of the cache must not take their numbers. The compiler warns into one of them.
remove_cache
echo 'int f(int unused) { return 1; }' >"$tree/src/warns.c"
(cd "$tree" && gcc -Wall -Wextra -c src/warns.c -o bare.o 2>/dev/null)
let_sources_age
for again in miss hit; do
  : >"$ZCCACHE_LOG"
  (cd "$tree" && "$cc" gcc -Wall -Wextra -c src/warns.c -o a.o <&- >&- 2>&-)
  expect "closed streams: object on a $again" cmp "$tree/a.o" "$tree/bare.o"
  decided "closed streams: decision" $again
done
expect_exit 'closed streams: the cache is whole' 0 "$bin/zccache-index" verify
rm "$tree"/*.o

remove_cache
touch "$dir"
built 'cache directory is a file: object'
decided 'cache directory is a file: passed on' pass
expect 'cache directory is a file: logged' grep -q "no cache: $dir" "$ZCCACHE_LOG"
rm "$dir"
mkdir "$work/target"
ln -s "$work/target" "$dir"
built 'cache directory is a symlink: object'
decided 'cache directory is a symlink: passed on' pass
rm "$dir"
mkdir -m 0777 "$dir"
chmod 0777 "$dir"
built 'cache directory is writable by all: object'
decided 'cache directory is writable by all: passed on' pass
rmdir "$dir"
ZCCACHE_DIR=/proc/nowhere built 'cache directory cannot be made: object'
if ((EUID != 0)); then
  mkdir -m 0500 "$dir"
  built 'cache directory is not writable: object'
  remove_cache
fi
(
  unset ZCCACHE_DIR XDG_CACHE_HOME HOME
  built 'nowhere to put a cache: object'
)
ZCCACHE_LOG=/proc/nowhere observe "$work/launched" "$cc" "${compile[@]}"
same_as_bare 'log that cannot be written: object'
mkfifo "$work/fifo"
ZCCACHE_LOG=$work/fifo observe "$work/launched" timeout 20 "$cc" "${compile[@]}"
same_as_bare 'log that nobody reads: object'
truncate -s 3M "$work/full_log"
(
  ulimit -f 2000
  ZCCACHE_LOG=$work/full_log observe "$work/launched" "$cc" "${compile[@]}"
  same_as_bare 'log that may not grow: object'
)
fill
(
  ulimit -n 5
  cd "$tree" && "$cc" "${compile[@]}"
)
rm "$tree/a.o"
built 'after a hit without descriptors: object'
decided 'after a hit without descriptors: nothing is lost' hit
(
  ulimit -f 1 # KiB: nothing fits
  trap '' XFSZ
  remove_cache
  launched "${compile[@]}" 2>/dev/null
  : # what counts is that it ends
)
remove_cache
built 'after a cache that ran out of room: object'
finish
