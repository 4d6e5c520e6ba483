# What the scripts in this folder share. Source it with the directory of the programs as argument; end with `finish`.
#
# Each case prints one line. `run` keeps what a command printed and how it ended; the expectations look at that.
set -u

bin=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'let_maintenance_end; rm -rf "$work"' EXIT
dir=$work/cache # the cache directory of most cases
failures=0

# A developer's own settings are not part of a test.
unset "${!ZCCACHE_@}"
export ZCCACHE_CONFIG= # no file
export XDG_CACHE_HOME=$work/xdg
# Programs with AddressSanitizer in them handle faults and end by signals as the others do: both are tested.
export ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_abort=0:handle_sigfpe=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# The launcher leaves flushes and collections to a process of their own, which may outlive it. As long as it lives, it has the index mapped.
let_maintenance_end() {
  local end=$((SECONDS + 60))
  while ((SECONDS < end)) && grep -qsF "$work/" /proc/[0-9]*/maps; do sleep 0.01; done
}

remove_cache() {
  let_maintenance_end
  rm -rf "$dir"
}

run() { # command…
  "$@" >"$work/out" 2>"$work/err"
  code=$?
}

report() { # ok?, name
  if (($1 == 0)); then
    echo "ok: $2"
  else
    failures=$((failures + 1))
    echo "FAILED: $2"
    sed 's/^/    stdout: /' "$work/out" | head -n 20
    sed 's/^/    stderr: /' "$work/err" | head -n 20
  fi
}

expect() { # name, command…: the command succeeds
  "${@:2}" >/dev/null 2>&1
  report $? "$1"
}

expect_exit() { # name, code, command…: it is run, and ends like this
  run "${@:3}"
  expect "$1 (exit $code, wanted $2)" test "$code" -eq "$2"
}

expect_stdout() { # name, text that the last run printed
  expect "$1" grep -qF -e "$2" "$work/out"
}

expect_stderr() { # name, text that the last run complained with
  expect "$1" grep -qF -e "$2" "$work/err"
}

expect_json() { # name, Python expression about the printed document d
  expect "$1" python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' "$work/out" "$2"
}

# Everything of a directory but the times of reading.
state_of() { # directory
  let_maintenance_end
  (cd "$1" && find . -printf '%p %m %s %i %T@ %C@\n' | sort && find . -type f -exec sha256sum {} + | sort)
}

finish() {
  ((failures == 0)) || exit 1
}
