#!/usr/bin/env bash
# Measures how long one waits for a Redis that is 20 ms away: compile by compile, and with `zccache-index pull` before the build.
#
# usage: measure_pull.sh DIRECTORY_OF_THE_PROGRAMS [RESULTS]
#
# Each is done with the server near and far. The difference is what was waited for it.
source "$(dirname "$0")/remote.sh" "$1"
sources=${2:-1000}

server_port=$(free_port)
start_server redis-server --port "$server_port" --bind 127.0.0.1 --save '' --dir "$work"
wait_for_port "$server_port"
port=$(free_port)
echo pass >"$work/mode"
start_server python3 "$(dirname "$0")/proxy.py" "$port" "$server_port" "$work/mode"
wait_for_port "$port"
export ZCCACHE_REMOTE=redis://127.0.0.1:$port ZCCACHE_REMOTE_IDLE_MS=60000

mkdir "$tree/src"
for ((i = 0; i < sources; ++i)); do echo "int f$i;" >"$tree/src/$i.c"; done
python3 - "$tree" "$sources" >"$work/compile_commands.json" <<'PYTHON'
import json, sys
print(json.dumps([{"directory": sys.argv[1], "file": f"src/{i}.c", "command": f"gcc -c src/{i}.c -o {i}.o"} for i in range(int(sys.argv[2]))]))
PYTHON
build() { (cd "$tree" && seq 0 $((sources - 1)) | xargs -P 1 -I{} "$cc" gcc -c src/{}.c -o {}.o); }
seconds() { # command…
  local begin=$EPOCHREALTIME
  "$@" >"$work/out"
  echo "$begin $EPOCHREALTIME" | awk '{ printf "%.2f", $2 - $1 }'
}
declare -A took

let_sources_age
ZCCACHE_REMOTE_MODE=write build
ZCCACHE_REMOTE_MODE=write "$bin/zccache-index" push --wait 10m
pull() { "$bin/zccache-index" pull "$work"; }
for what in pull build; do
  for mode in pass far; do
    another_machine
    echo "$mode" >"$work/mode"
    took[$what-$mode]=$(seconds $what)
    kill $(remotes_of_this_machine)
  done
  echo "$what: near ${took[$what-pass]} s, far ${took[$what-far]} s"
done
awk -v a="${took[build-far]}" -v b="${took[build-pass]}" -v c="${took[pull-far]}" -v d="${took[pull-pass]}" -v n="$sources" \
  'BEGIN { printf "waited for the server, %d results: %.2f s one by one, %.2f s ahead\n", n, a - b, c - d }'
