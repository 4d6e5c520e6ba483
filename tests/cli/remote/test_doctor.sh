#!/usr/bin/env bash
# zccache-index doctor tries each server: whether it answers, and what it lets us do.
source "$(dirname "$0")/remote.sh" "$1"
doctor=("$bin/zccache-index" doctor)

if ! command -v redis-server >/dev/null; then
  echo 'skipped: redis-server is not installed (tools/setup.sh installs it)'
  exit 0
fi
port=$(free_port)
cat >"$work/acl" <<'ACL'
user default off
user team on >secret-of-a-team ~zccache:* +get +set
user reader on >secret-of-a-team ~zccache:* +get
ACL
start_server redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$work" --aclfile "$work/acl"
wait_for_port "$port"
echo secret-of-a-team >"$work/password"
echo wrong >"$work/wrong"
export ZCCACHE_REMOTE_PASSWORD_FILE=$work/password
is_said() { expect_stdout "$1: said" "$2"; }

expect_exit 'no server: nothing is said of one' 0 "${doctor[@]}"
expect 'no server: indeed nothing' bash -c '! grep -q server "$1"' none "$work/out"

export ZCCACHE_REMOTE=redis://team@127.0.0.1:$port
expect_exit 'a server that is read' 0 "${doctor[@]}"
is_said 'a server that is read' "ok    server       redis://team@127.0.0.1:$port: connected in"
is_said 'a server that is read: its round trip' ', answers in '
is_said 'a server that is read: that nothing goes there' ', may read; nothing is sent from here'
export ZCCACHE_REMOTE_MODE=write
expect_exit 'a server that is written' 0 "${doctor[@]}"
is_said 'a server that is written' 'may read and write'

ZCCACHE_REMOTE=redis://reader@127.0.0.1:$port expect_exit 'no right to write' 1 "${doctor[@]}"
is_said 'no right to write' 'may read, not write: redis: NOPERM'
ZCCACHE_REMOTE_PASSWORD_FILE=$work/wrong expect_exit 'a wrong password' 1 "${doctor[@]}"
is_said 'a wrong password' 'WRONGPASS'
is_said 'a wrong password: the cure' '-> look at user, password'
ZCCACHE_REMOTE=redis://127.0.0.1:1 expect_exit 'a server that is not there' 1 "${doctor[@]}"
is_said 'a server that is not there' 'bad   server       redis://127.0.0.1:1: redis: '
ZCCACHE_REMOTE=http://user:secret@127.0.0.1:1/ expect_exit 'a password in the URL' 1 "${doctor[@]}"
is_said 'a password in the URL' 'has a password in it'
expect 'a password in the URL: it is not shown' bash -c '! grep -q secret "$1"' none "$work/out"
ZCCACHE_REMOTE="redis://team@127.0.0.1:$port file://$work/wrong" expect_exit 'several servers' 1 "${doctor[@]}"
is_said 'several servers: the first' 'may read and write'
: >"$work/file"
ZCCACHE_REMOTE=file://$work/file expect_exit 'a directory that is none' 1 "${doctor[@]}"
is_said 'a directory that is none' 'Not a directory'
ZCCACHE_REMOTE_SIGN_KEY=$work/wrong expect_exit 'no key to sign with' 1 "${doctor[@]}"
is_said 'no key to sign with' 'what is sent is not signed'
ZCCACHE_REMOTE_TRUST=$work/wrong expect_exit 'no key that is trusted' 1 "${doctor[@]}"
is_said 'no key that is trusted' 'nothing is served'
run "${doctor[@]}" --json
expect_json 'as JSON: the server is one of the findings' "[one['state'] for one in d if one['about'] == 'server'] == ['ok']"
expect 'no cache directory is made' test ! -e "$dir"
finish
