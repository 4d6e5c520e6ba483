#!/usr/bin/env bash
# ZCCACHE_REMOTE=redis://: two machines share what they compile through Redis, by TCP and by socket, with a password and a user of its own.
source "$(dirname "$0")/remote.sh" "$1"

if ! command -v redis-server >/dev/null; then
  echo 'skipped: redis-server is not installed (tools/setup.sh installs it)'
  exit 0
fi

port=$(free_port)
cat >"$work/acl" <<'ACL'
user default off
user team on >secret-of-a-team ~zccache:* +get +set +select
user reader on >secret-of-a-reader ~zccache:* +get +select
ACL
start_server redis-server --port "$port" --bind 127.0.0.1 --unixsocket "$work/redis.socket" --save '' --dir "$work" --aclfile "$work/acl"
wait_for_port "$port"
echo secret-of-a-team >"$work/password"
echo secret-of-a-reader >"$work/reader"
echo wrong >"$work/wrong"
export ZCCACHE_REMOTE_PASSWORD_FILE=$work/password

ZCCACHE_REMOTE=redis://team@127.0.0.1:$port/2
export ZCCACHE_REMOTE
shared_by 'redis by TCP'
export ZCCACHE_REMOTE=redis+unix://team@$work/redis.socket?db=3 ZCCACHE_REMOTE_TTL_SECS=1000
shared_by 'redis by socket'

compile=(g++ -Wall -Wextra -MMD -c src/1.cpp -o 1.o)
bare "${compile[@]}"
another_machine
ZCCACHE_REMOTE_PASSWORD_FILE=$work/wrong launched "${compile[@]}"
same_as_bare 'a wrong password: right'
decided 'a wrong password: a miss' miss
expect 'a wrong password: said' grep -q 'WRONGPASS' "$ZCCACHE_LOG"
expect 'a wrong password: no secret is logged' bash -c '! grep -qE "secret-of|wrong$" "$1"' log "$ZCCACHE_LOG"

another_machine
ZCCACHE_REMOTE=redis+unix://reader@$work/redis.socket?db=3 ZCCACHE_REMOTE_PASSWORD_FILE=$work/reader launched "${compile[@]}"
same_as_bare 'a user who may only read: right'
decided 'a user who may only read: a hit' hit

# A server that goes in the middle of a build, with a connection that is kept.
another_machine
launched "${compile[@]}"
decided 'before the server goes: a hit' hit
rm "$tree"/*.o 2>/dev/null
forget_compiles
{ kill -KILL "${servers[-1]}" && wait "${servers[-1]}"; } 2>/dev/null
launched "${compile[@]}"
same_as_bare 'the server is gone: right'
decided 'the server is gone: a miss' miss
finish
