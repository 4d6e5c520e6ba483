#!/usr/bin/env bash
# Whatever a server does in the middle of a build, the build is right, and what the server had before that is served.
source "$(dirname "$0")/remote.sh" "$1"

if ! command -v redis-server >/dev/null; then
  echo 'skipped: redis-server is not installed (tools/setup.sh installs it)'
  exit 0
fi

server_port=$(free_port)
start_server redis-server --port "$server_port" --bind 127.0.0.1 --save '' --dir "$work"
wait_for_port "$server_port"
port=$(free_port)
mode=$work/mode
echo pass >"$mode"
start_server python3 "$(dirname "$0")/proxy.py" "$port" "$server_port" "$mode"
wait_for_port "$port"
export ZCCACHE_REMOTE=redis://127.0.0.1:$port
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

build "$work/bare" env
export ZCCACHE_REMOTE_MODE=write
build "$work/launched" "$cc"
same_as_bare 'the first machine: right'
let_uploads_end

another_machine
build "$work/launched" "$cc"
same_as_bare 'a fresh machine: right'
expect "a fresh machine: all are hits ($(hits))" test "$(hits)" -eq $sources

for fault in hang cut drip wrong rubbish endless refuse; do
  another_machine
  launched gcc -c src/0.c -o 0.o # from here on zccache-remote is connected
  decided "$fault: before that, a hit" hit
  echo "$fault" >"$mode"
  build "$work/launched" "$cc"
  same_as_bare "$fault: right"
  echo pass >"$mode"
  rm -f "$dir"/remote-*.breaker
  expect "$fault: not all of the build was served ($(hits))" test "$(hits)" -lt $sources
done

another_machine
build "$work/launched" "$cc"
same_as_bare 'when all is over: right'
expect "when all is over: all are hits ($(hits))" test "$(hits)" -eq $sources
finish
