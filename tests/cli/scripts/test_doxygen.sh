#!/usr/bin/env bash
# The public headers are what doxygen understands, without a warning.
#
# usage: test_doxygen.sh SOURCE_DIR
command -v doxygen >/dev/null || {
  echo 'skipped: this needs doxygen'
  exit 77
}
source "$(dirname "$0")/quietly.sh"

cd "$1"
(
  cat docs/Doxyfile
  printf 'OUTPUT_DIRECTORY = %s\n' "$work"
) >"$work/Doxyfile"
quietly doxygen "$work/Doxyfile"
[[ ! -s "$work/log" ]] || fail "$(<"$work/log")"
[[ -s "$work/html/classzccache_1_1ArtifactStore.html" ]] || fail 'there is no page for ArtifactStore'
