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

# What would be served from there is told, and nothing is changed by that.
launched gcc -DOTHER -c src/a.c -o other.o
state_of "$dir" >"$work/here"
explained() { # name, exit code, condition, arguments…
  expect_exit "$1: exit code" "$2" env -C "$tree" "$bin/zccache-index" explain --json -- "${@:4}"
  expect_json "$1" "$3"
}
explained 'explain: from upstream' 0 'd["outcome"] == "hit" and d["upstream"]' "${compile[@]}"
explained 'explain: from here' 0 'd["outcome"] == "hit" and not d["upstream"]' gcc -DOTHER -c src/a.c -o other.o
explained 'explain: from neither' 1 'd["outcome"] == "miss" and not d["upstream"]' "${compile[@]}" -DANOTHER
ZCCACHE_UPSTREAM=$work/missing explained 'explain: the upstream is missing' 1 'd["outcome"] == "miss" and not d["upstream"]' "${compile[@]}"
expect_exit 'explain: from upstream, for a person' 0 env -C "$tree" "$bin/zccache-index" explain -- "${compile[@]}"
expect_stdout 'explain: says from where' 'hit, from upstream: src/a.c'
state_of "$dir" >"$work/still"
expect 'explain: nothing has changed here' cmp "$work/here" "$work/still"
state_of "$upstream" >"$work/after"
expect 'explain: nothing has changed upstream' cmp "$work/before" "$work/after"

# Of several the first that can serve it does: one that is not there, or that has other compiles, is passed over.
remove_cache
ZCCACHE_DIR=$work/others launched gcc -DOTHER -c src/a.c -o other.o
"$bin/zccache-index" --dir "$work/others" flush >/dev/null
ZCCACHE_UPSTREAM=$work/missing:$work/others:$upstream/ explained 'explain: from the third of a list' 0 'd["outcome"] == "hit" and d["upstream"]' "${compile[@]}"
ZCCACHE_UPSTREAM=$work/missing:$work/others:$upstream/ launched "${compile[@]}"
same_as_bare 'from the third of a list: right'
decided 'from the third of a list: a hit' hit

remove_cache
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

remove_cache
ZCCACHE_UPSTREAM=$work/missing launched "${compile[@]}"
same_as_bare 'missing upstream: right'
decided 'missing upstream: a miss' miss

# --- In another image nothing has the stamps that it had: neither sources, nor the programs that the compiler runs. What is in them decides.
mkdir "$work/programs"
cp -p "$(readlink -f "$(command -v as)")" "$work/programs/as"
export PATH=$work/programs:$PATH
aging+=("$work/programs")
remove_cache
rm -rf "$upstream"
echo 'int g();' >"$tree/src/a.h"
echo '#include "a.h"' >>"$tree/src/a.c"
let_sources_age
bare "${compile[@]}"
ZCCACHE_DIR=$upstream launched "${compile[@]}"
"$bin/zccache-index" --dir "$upstream" flush >/dev/null
another_image() {
  local file
  for file in "$tree"/src/* "$work/programs/as"; do cp -p "$file" "$work/copy" && mv "$work/copy" "$file"; done
  let_sources_age
  remove_cache
}
another_image
launched "${compile[@]}"
same_as_bare 'another image: right'
decided 'another image: a hit' hit
ZCCACHE_UPSTREAM= launched "${compile[@]}"
same_as_bare 'another image, without the upstream: right'
decided 'another image, without the upstream: a hit' hit

another_image
touch -d '2001-01-01' "$work/programs/as"
launched "${compile[@]}"
same_as_bare 'assembler of another time: right'
decided 'assembler of another time: a hit' hit
another_image
echo more >>"$work/programs/as"
let_sources_age
launched "${compile[@]}"
same_as_bare 'another assembler: right'
decided 'another assembler: a miss' miss
another_image
echo '/* another comment */' >>"$tree/src/a.h"
let_sources_age
launched "${compile[@]}"
same_as_bare 'another header: right'
decided 'another header: a miss' miss

remove_cache
find "$upstream/objects" -type f -exec truncate -s 1 {} +
launched "${compile[@]}"
same_as_bare 'damaged upstream: right'
decided 'damaged upstream: a miss' miss
finish
