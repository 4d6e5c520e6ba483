#!/usr/bin/env bash
# ZCCACHE_REMOTE=file://: two machines share what they compile through a directory. And what a server gets wrong is a miss.
source "$(dirname "$0")/remote.sh" "$1"

shared=$work/shared
mkdir "$shared"
export ZCCACHE_REMOTE=file://$shared
shared_by 'a shared directory'

# --- What was fetched is not sent back, and a machine that only reads sends nothing.
expect 'a machine that reads marks nothing' test "$("$bin/zccache-index" list --all | grep -c '^upload:')" -eq 0

# --- Another namespace knows nothing of it.
compile=(g++ -Wall -Wextra -MMD -c src/1.cpp -o 1.o)
bare "${compile[@]}"
another_machine
ZCCACHE_NAMESPACE=other launched "${compile[@]}"
same_as_bare 'another namespace: right'
decided 'another namespace: a miss' miss

# --- A changed header is no hit, whatever the server has.
another_machine
cp "$tree/src/h.h" "$work/h.h"
echo 'inline int g() { return 4; }' >>"$tree/src/h.h"
let_sources_age
bare "${compile[@]}"
launched "${compile[@]}"
same_as_bare 'a changed header: right'
decided 'a changed header: a miss' miss
cp "$work/h.h" "$tree/src/h.h"

# --- Whatever is wrong with a value, it is a miss.
bare "${compile[@]}"
damage() { # name, command for each file
  cp -r "$shared" "$work/whole"
  find "$shared" -type f -print0 | xargs -0 -n 1 bash -c "$2" damage
  another_machine
  launched "${compile[@]}"
  same_as_bare "$1: right"
  decided "$1: a miss" miss
  rm -rf "$shared"
  mv "$work/whole" "$shared"
}
damage 'truncated values' 'truncate -s -1 "$1"'
damage 'empty values' ': >"$1"'
damage 'values with a byte changed' 'printf x | dd of="$1" bs=1 seek=300 conv=notrunc status=none'
damage 'values of another version' 'printf x | dd of="$1" bs=1 seek=8 conv=notrunc status=none'
# Each value under the name of another one: whole, and the answer to something else.
cp -r "$shared" "$work/whole"
mapfile -t files < <(find "$shared" -type f | sort)
cp "${files[0]}" "$work/first"
for ((i = 0; i + 1 < ${#files[@]}; ++i)); do cp "${files[i + 1]}" "${files[i]}"; done
cp "$work/first" "${files[-1]}"
another_machine
launched "${compile[@]}"
same_as_bare 'exchanged values: right'
decided 'exchanged values: a miss' miss
rm -rf "$shared" && mv "$work/whole" "$shared"

# --- Who trusts a key takes nothing else.
echo 0000000000000000000000000000000000000000000000000000000000000001 >"$work/strangers"
another_machine
ZCCACHE_REMOTE_TRUST=$work/strangers launched "${compile[@]}"
same_as_bare 'unsigned values where a signature is wanted: right'
decided 'unsigned values where a signature is wanted: a miss' miss
another_machine
launched "${compile[@]}"
decided 'and whole again: a hit' hit

# --- What is signed is taken by those who trust the public half of the key, and by nobody who trusts only others.
printf '%064d\n' 42 >"$work/sign-key"
expect_exit 'the public key can be had' 0 env ZCCACHE_REMOTE_SIGN_KEY="$work/sign-key" "$bin/zccache-remote" public-key
cp "$work/out" "$work/trusted"
expect_exit 'no key, no public key' 3 "$bin/zccache-remote" public-key
signed=(gcc -DSIGNED -c src/1.cpp -o 1.o)
bare "${signed[@]}"
another_machine
ZCCACHE_REMOTE_MODE=write ZCCACHE_REMOTE_SIGN_KEY=$work/sign-key launched "${signed[@]}"
let_uploads_end
another_machine
ZCCACHE_REMOTE_TRUST=$work/trusted launched "${signed[@]}"
same_as_bare 'a signed value: right'
decided 'a signed value: a hit' hit
another_machine
ZCCACHE_REMOTE_TRUST=$work/strangers launched "${signed[@]}"
decided 'a value that a stranger signed: a miss' miss
bare "${compile[@]}"

# --- No server at all, or none that can be used.
for url in "file://$work/not/there" nonsense:// 'redis://127.0.0.1:1' 'http://user:secret@127.0.0.1:1/'; do
  another_machine
  ZCCACHE_REMOTE=$url launched "${compile[@]}"
  same_as_bare "$url: right"
  decided "$url: a miss" miss
  expect "$url: nothing secret is logged" bash -c '! grep -q secret "$1"' log "$ZCCACHE_LOG"
done

# --- Uploads survive the process: what a kill leaves is sent by the next one.
another_machine
export ZCCACHE_REMOTE_MODE=write
rm -rf "$shared"
: >"$shared" # no directory: nothing can be sent
launched "${compile[@]}"
decided 'an upload that fails: the compile is stored' miss
expect 'an upload that fails: its mark is there' bash -c '"$1" list --all | grep -q ^upload:' mark "$bin/zccache-index"
kill -9 $(remotes_of_this_machine) 2>/dev/null || true
rm "$shared" && mkdir "$shared"
rm -f "$dir"/remote-*.breaker
launched g++ -DOTHER -c src/2.cpp -o 2.o # starts the next one
let_uploads_end
expect 'the next process sends it' test "$("$bin/zccache-index" list --all | grep -c '^upload:')" -eq 0
another_machine
launched "${compile[@]}"
same_as_bare 'sent after a kill: right'
decided 'sent after a kill: a hit' hit

# --- A process that is stopped costs a deadline once, and not for each compile.
kill -9 $(remotes_of_this_machine) 2>/dev/null || true # that of the machine before: its directory had the same name
another_machine
ZCCACHE_REMOTE_IDLE_MS=60000 launched g++ -DSTART -c src/2.cpp -o 2.o # starts it
stopped=$(remotes_of_this_machine)
kill -STOP "$stopped"
export ZCCACHE_REMOTE_DEADLINE_MS=200
launched "${compile[@]}"
same_as_bare 'stopped: right'
decided 'stopped: a miss' miss
expect 'stopped: the breaker is open for all' bash -c 'compgen -G "$1"' breaker "$dir/remote-*.breaker"
ZCCACHE_REMOTE_DEADLINE_MS=600000 launched g++ -DNEXT -c src/2.cpp -o 2.o # would wait ten minutes if it asked
decided 'stopped: the next one does not ask' miss
kill -KILL "$stopped"
finish
