# shellcheck shell=bash
# What the scripts here share: a directory `work` that goes at the end, `fail`, and `quietly`. Source it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
unset "${!ZCCACHE_@}"
export PYTHONDONTWRITEBYTECODE=1

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

quietly() { # command…: what it prints is shown if it fails, and is in $work/log
  "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "failed: $*"
  }
}
