#!/usr/bin/env bash
# Builds zccache, then compiles real C++ through zccache-cc with parallel jobs: once into an empty cache, once out of it, and once more after
# a build was killed and the cache recovered. Fails unless the second and the third pass are served from the cache alone.
#
# usage: tools/quickstart.sh
# environment: ZCCACHE_QUICKSTART_DIR   work in this empty or new folder and keep it; default: a temporary one, removed at the end
#              ZCCACHE_QUICKSTART_JOBS  parallel compiles; default: one per processor, at least 4
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root bin="$root/build/release/bin"
readonly -a programs=(zccache-cc zccache-index zccache-recover)
work=
jobs=${ZCCACHE_QUICKSTART_JOBS:-$(($(nproc) > 4 ? $(nproc) : 4))}

fail() {
  printf 'quickstart: %s\n' "$*" >&2
  if [[ -n "$work" ]]; then
    trap - EXIT
    echo "quickstart: kept for a look: $work" >&2
  fi
  exit 3
}

# Runs a command whose output is of interest only when it fails.
quietly() {
  "$@" >"$work/last.log" 2>&1 || {
    cat "$work/last.log" >&2
    fail "failed: $*"
  }
}

# The launcher leaves flushes and collections to a process of their own. As long as it lives, it has the index mapped.
let_maintenance_end() {
  local end=$((SECONDS + 60))
  while ((SECONDS < end)) && grep -qsF "$work/" /proc/[0-9]*/maps; do sleep 0.01; done
}

make_work_folder() {
  if [[ -n "${ZCCACHE_QUICKSTART_DIR-}" ]]; then
    work=$ZCCACHE_QUICKSTART_DIR
    mkdir -p "$work"
    [[ -z "$(ls -A "$work")" ]] || fail "$work is not empty; name a new folder in ZCCACHE_QUICKSTART_DIR"
    work=$(cd "$work" && pwd)
  else
    work=$(mktemp -d "${TMPDIR:-/tmp}/zccache-quickstart.XXXXXX")
    trap 'let_maintenance_end; rm -rf -- "$work"' EXIT
  fi
}

# The cache of this run, whatever the caller's environment says.
isolate_cache() {
  local name
  for name in "${!ZCCACHE_@}"; do unset "$name"; done
  export ZCCACHE_DIR="$work/cache"
}

stat_of() { # name in `zccache-index stats --json`
  local json='{}'
  [[ ! -d "$ZCCACHE_DIR" ]] || json=$("$bin/zccache-index" stats --json) || return
  python3 -c 'import json, sys; print(json.loads(sys.argv[1]).get(sys.argv[2], 0))' "$json" "$1"
}

# Always the same path, so that a pass differs from the one before it in nothing. Without precompiled headers, which are not cached.
configure_clean() { # folder, further arguments for cmake
  rm -rf -- "$1"
  quietly cmake -S "$root/tools/quickstart" -B "$1" -G Ninja -DCMAKE_BUILD_TYPE=Release -DZCCACHE_SOURCE="$root" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$bin/zccache-cc" -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON "${@:2}"
}

seconds_since() { # microseconds since the epoch
  local micros=$((${EPOCHREALTIME/./} - $1))
  printf '%d.%02d s' $((micros / 1000000)) $((micros % 1000000 / 10000))
}

object_digests() {
  (cd "$work/build" && find . -name '*.o' -print0 | sort -z | xargs -0 sha256sum)
}

# Builds everything into a clean folder. Prints a line, and leaves `hits` and `misses`.
run_pass() { # name
  configure_clean "$work/build"
  local hits_before misses_before start
  hits_before=$(stat_of hits) misses_before=$(stat_of misses) start=${EPOCHREALTIME/./}
  quietly cmake --build "$work/build" --parallel "$jobs"
  local elapsed
  elapsed=$(seconds_since "$start")
  hits=$(($(stat_of hits) - hits_before)) misses=$(($(stat_of misses) - misses_before))
  printf '  %-36s %9s %7d %7d\n' "$1" "$elapsed" "$hits" "$misses"
}

expect() { # name of a pass, hits, misses
  ((hits == $2 && misses == $3)) || fail "$1 pass: expected $2 hits and $3 misses"
}

expect_same_objects() { # name of a pass
  [[ "$(object_digests)" == "$first_objects" ]] || fail "$1 pass: its object files differ from those of the first"
}

# Process ids of a session, or of those in it that run one program. Ninja gives each compile a process group of its own, so a group is not enough.
processes_of_session() { # session, program
  { cat /proc/[0-9]*/stat 2>/dev/null || true; } | awk -v session="$1" -v program="${2-}" '$6 == session && (program == "" || $2 == "(" program ")") { print $1 }'
}

# A build that misses the cache is killed, compilers, launchers and all, when it has stored something and is busy with more.
kill_a_build_midway() {
  configure_clean "$work/killed" -DCMAKE_CXX_FLAGS=-DTHIS_BUILD_WILL_BE_KILLED
  local inserts_before build running=''
  inserts_before=$(stat_of inserts)
  setsid cmake --build "$work/killed" --parallel "$jobs" >"$work/killed.log" 2>&1 &
  build=$!
  until [[ -n "$running" ]] && (($(stat_of inserts) > inserts_before)); do
    kill -0 "$build" 2>/dev/null || fail "the build that was to be killed ended by itself; its output is in killed.log"
    running=$(processes_of_session "$build" zccache-cc)
  done
  # shellcheck disable=SC2046 # one argument per process
  kill -KILL $(processes_of_session "$build") 2>/dev/null || true
  wait "$build" 2>/dev/null || true
  printf '\n  killed a build with %d compiles under way (SIGKILL)\n' "$(wc -l <<<"$running")"
}

recover() {
  local status=0
  "$bin/zccache-recover" --check >"$work/check.log" || status=$?
  ((status <= 1)) || fail "zccache-recover --check ended with $status"
  quietly "$bin/zccache-recover" --repair
  sed 's/^/    /' "$work/last.log"
  quietly "$bin/zccache-recover" --check
  quietly "$bin/zccache-index" verify
}

(($# == 0)) || {
  sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
  [[ "$1" == -h || "$1" == --help ]] && exit 0 || exit 2
}

"$root/tools/setup.sh" --for quickstart
make_work_folder
isolate_cache

echo "Building zccache (release) …"
cd "$root"
quietly cmake --preset release
quietly cmake --build --preset release --target "${programs[@]}"

configure_clean "$work/build"
sources=$(grep -c '"file":' "$work/build/compile_commands.json")
printf '\n%d C++ sources: googletest, the main of Catch2, and this library; %d compiles at a time\n\n' "$sources" "$jobs"
printf '  %-36s %9s %7s %7s\n' '' time hits misses

run_pass 'first pass, into an empty cache'
expect first 0 "$sources"
first_objects=$(object_digests)
run_pass 'second pass, clean build folder'
expect second "$sources" 0
expect_same_objects second

kill_a_build_midway
recover
echo
run_pass 'third pass, after the kill'
expect third "$sources" 0
expect_same_objects third

printf '\nThe index now (zccache-index stats):\n'
"$bin/zccache-index" stats | sed 's/^/  /'
printf '\nAll object files of the three passes are the same, byte for byte.\n'
