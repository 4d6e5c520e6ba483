#!/usr/bin/env bash
# Whatever a server does in the middle of a build, the build is right, and what the server had before that is served.
source "$(dirname "$0")/remote.sh" "$1"
here=$(dirname "$0")

if [[ -z $(command -v redis-server) || -z $(command -v openssl) ]]; then
  echo 'skipped: redis-server or openssl is not installed (tools/setup.sh installs them)'
  exit 0
fi
source "$here/certificates.sh"

mode=$work/mode
echo pass >"$mode"
sources=16
mkdir "$tree/src"
for ((i = 0; i < sources; ++i)); do printf 'int f%d(int unused) { return %d; }\n' $i $i >"$tree/src/$i.c"; done
build() { # folder, launcher…: all of them, as many at once as a build does
  let_sources_age
  : >"$ZCCACHE_LOG"
  (cd "$tree" && seq 0 $((sources - 1)) | xargs -P 8 -I{} "${@:2}" gcc -c src/{}.c -o {}.o)
  take_outputs "$1"
}
hits() { grep -c ': hit ' "$ZCCACHE_LOG"; }
behind_proxy() { # port of the server; sets `port`
  port=$(free_port)
  start_server python3 "$here/proxy.py" "$port" "$1" "$mode"
  wait_for_port "$1"
  wait_for_port "$port"
}

survives() { # what the server is; $ZCCACHE_REMOTE leads to it through the proxy
  local fault
  remove_cache
  export ZCCACHE_REMOTE_MODE=write
  build "$work/launched" "$cc"
  same_as_bare "$1: the first machine: right"
  let_uploads_end

  another_machine
  build "$work/launched" "$cc"
  same_as_bare "$1: a fresh machine: right"
  expect "$1: a fresh machine: all are hits ($(hits))" test "$(hits)" -eq $sources

  for fault in hang cut drip wrong rubbish endless refuse; do
    another_machine
    launched gcc -c src/0.c -o 0.o # from here on zccache-remote is connected
    decided "$1, $fault: before that, a hit" hit
    echo "$fault" >"$mode"
    build "$work/launched" "$cc"
    same_as_bare "$1, $fault: right"
    echo pass >"$mode"
    rm -f "$dir"/remote-*.breaker
    expect "$1, $fault: not all of the build was served ($(hits))" test "$(hits)" -lt $sources
  done

  another_machine
  build "$work/launched" "$cc"
  same_as_bare "$1: when all is over: right"
  expect "$1: when all is over: all are hits ($(hits))" test "$(hits)" -eq $sources
}

build "$work/bare" env

server_port=$(free_port)
start_server redis-server --port "$server_port" --bind 127.0.0.1 --save '' --dir "$work"
behind_proxy "$server_port"
export ZCCACHE_REMOTE=redis://127.0.0.1:$port
survives redis

server_port=$(free_port)
start_server redis-server --port 0 --tls-port "$server_port" --bind 127.0.0.1 --save '' --dir "$work" --tls-cert-file "$work/tls/server.crt" \
  --tls-key-file "$work/tls/server.key" --tls-ca-cert-file "$work/tls/ca.crt" --tls-auth-clients no
behind_proxy "$server_port"
export ZCCACHE_REMOTE=rediss://127.0.0.1:$port ZCCACHE_REMOTE_CA=$work/tls/ca.crt
survives 'redis over TLS'

# S3 is HTTP with a signature. The signature covers the port that was asked, and the server looks only at what it is told.
server_port=$(free_port)
mkdir "$work/objects"
start_server python3 "$here/s3_server.py" "$server_port" "$work/objects" team KEY secret eu
behind_proxy "$server_port"
printf '[default]\naws_access_key_id = KEY\naws_secret_access_key = secret\n' >"$work/keys"
export ZCCACHE_REMOTE_ACCESS_KEY_FILE=$work/keys
export ZCCACHE_REMOTE="s3://team/values?endpoint=http://127.0.0.1:$port&region=eu"
survives s3
finish
