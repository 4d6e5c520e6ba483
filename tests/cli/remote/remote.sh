# What the scripts in this folder share, on top of ../launcher/launcher.sh: machines that have nothing in common but a server.
source "$(dirname "${BASH_SOURCE[0]}")/../launcher/launcher.sh" "$1"

# Short enough that nothing is left running behind a test, long enough that one process serves a whole build.
export ZCCACHE_REMOTE_IDLE_MS=3000
# A machine under load is no server that hangs. Scripts about deadlines set their own.
export ZCCACHE_REMOTE_DEADLINE_MS=30000

# Waits until the cache directory has no mark of something that is to go up.
let_uploads_end() {
  local end=$((SECONDS + 60))
  while ((SECONDS < end)) && "$bin/zccache-index" list --all | grep -q '^upload:'; do sleep 0.02; done
}

# From here on another machine: nothing is in its cache, its sources have other inodes and times, and nothing goes up from it.
another_machine() {
  local file
  remove_cache
  for file in "$tree"/src/*; do cp "$file" "$work/copy" && mv "$work/copy" "$file"; done
  let_sources_age
  export ZCCACHE_REMOTE_MODE=read
}

# The processes that serve a cache directory of this name, whether or not it is still there.
remotes_of_this_machine() {
  local process
  for process in /proc/[0-9]*/exe; do
    [[ $(readlink "$process") == "$bin/zccache-remote" ]] && grep -qsF "$dir" "${process%exe}cmdline" && basename "${process%/exe}"
  done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

wait_for_port() { # port
  local end=$((SECONDS + 60))
  while ((SECONDS < end)) && ! (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do sleep 0.02; done
}

# Runs a server until the script ends; its process is the last one in `servers`.
servers=()
trap 'kill "${servers[@]}" 2>/dev/null; wait; let_maintenance_end; rm -rf "$work"' EXIT
start_server() { # command…
  "$@" >"$work/server.log" 2>&1 </dev/null &
  servers+=($!)
}

# One machine compiles three sources and sends them; another one, with nothing in its cache, gets all of them from the server.
shared_by() { # name
  local i
  mkdir -p "$tree/src"
  echo 'inline int h() { return 3; }' >"$tree/src/h.h"
  for i in 1 2 3; do printf '#include "h.h"\nint f%d(int unused) { return h() + %d; }\n' $i $i >"$tree/src/$i.cpp"; done
  remove_cache
  export ZCCACHE_REMOTE_MODE=write
  for i in 1 2 3; do launched g++ -Wall -Wextra -MMD -c src/$i.cpp -o $i.o; done
  decided "$1: the first machine compiles" miss
  let_uploads_end
  expect "$1: what was sent is counted" test "$(count_of launcher_remote_sent)" -eq 3
  expect "$1: no mark is left" test "$("$bin/zccache-index" list --all | grep -c '^upload:')" -eq 0
  another_machine
  for i in 1 2 3; do
    bare g++ -Wall -Wextra -MMD -c src/$i.cpp -o $i.o
    launched g++ -Wall -Wextra -MMD -c src/$i.cpp -o $i.o
    same_as_bare "$1: $i.cpp is the bare compiler's"
    decided "$1: $i.cpp comes from the server" hit
  done
  expect "$1: each is counted" test "$(count_of launcher_remote_hit)" -eq 3
  expect "$1: so are bytes that came, and what was waited" test \
    "$(count_of launcher_remote_received_bytes)" -gt 0 -a "$(count_of launcher_remote_wait_millis)" -gt 0
  ZCCACHE_REMOTE='' launched g++ -Wall -Wextra -MMD -c src/1.cpp -o 1.o
  decided "$1: from then on it is in the local cache" hit
}

# One of those sources, as shared_by compiles it.
compile=(g++ -Wall -Wextra -MMD -c src/1.cpp -o 1.o)

# After shared_by: another machine gets nothing from the server, compiles, and says why.
nothing_is_got() { # name, what the log says
  bare "${compile[@]}"
  another_machine
  launched "${compile[@]}"
  same_as_bare "$1: right"
  decided "$1: a miss" miss
  expect "$1: said" grep -qiE "$2" "$ZCCACHE_LOG"
}
