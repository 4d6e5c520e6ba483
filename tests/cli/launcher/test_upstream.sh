#!/usr/bin/env bash
# ZCCACHE_UPSTREAM: a second directory that is looked at on a miss, and never written.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir "$tree/src"
echo 'int f(int unused) { return 1; }' >"$tree/src/a.c"
compile=(gcc -Wall -Wextra -MMD -c src/a.c -o a.o)
upstream=$work/upstream

bare "${compile[@]}"
ZCCACHE_DIR=$upstream launched "${compile[@]}"
"$bin/zccache-index" --dir "$upstream" flush >/dev/null
state_of "$upstream" >"$work/before"
export ZCCACHE_UPSTREAM=$upstream

launched "${compile[@]}"
same_as_bare 'from upstream: right'
decided 'from upstream: a hit' hit
expect 'from upstream: says so' grep -q 'found upstream, copied: ' "$ZCCACHE_LOG"
state_of "$upstream" >"$work/after"
expect 'the upstream was not changed' cmp "$work/before" "$work/after"
expect 'it counts as a hit' test "$(count_of hits)" -eq 1

ZCCACHE_UPSTREAM=$work/missing launched "${compile[@]}"
same_as_bare 'copied up: right'
decided 'copied up: a hit without the upstream' hit

rm -rf "$dir"
ZCCACHE_UPSTREAM=$work/missing launched "${compile[@]}"
same_as_bare 'missing upstream: right'
decided 'missing upstream: a miss' miss

rm -rf "$dir"
find "$upstream/objects" -type f -exec truncate -s 1 {} +
launched "${compile[@]}"
same_as_bare 'damaged upstream: right'
decided 'damaged upstream: a miss' miss
finish
