#!/usr/bin/env bash
# A cache on a read-only mount, which nobody has told the launcher of: it serves hits, compiles misses, and writes and complains about nothing.
source "$(dirname "$0")/launcher.sh" "$1"

# Runs a command that sees the cache on a read-only mount: as root, or as the root of a user namespace of its own.
in_mount_of_its_own() {
  unshare "${unshare[@]}" bash -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"' _ "$dir" "$@"
}
mkdir "$dir"
unshare=(--mount)
if ! in_mount_of_its_own true 2>/dev/null; then unshare=(--mount --map-root-user); fi
if ! in_mount_of_its_own true 2>/dev/null; then
  echo 'not run: this user may not mount'
  exit 0
fi
rmdir "$dir"

mkdir "$tree/src"
echo 'int known(int unused) { return 1; }' >"$tree/src/known.c"
echo 'int news(int unused) { return 1; }' >"$tree/src/news.c"
compile=(-Wextra -g -MD -c src/known.c -o a.o)

launched_read_only() {
  let_sources_age
  : >"$ZCCACHE_LOG"
  observe "$work/launched" in_mount_of_its_own "$cc" "$@"
}
bare gcc "${compile[@]}"
launched gcc "${compile[@]}"
launched gcc "${compile[@]}"
decided 'before: a hit' hit
let_maintenance_end
before=$(state_of "$dir")

launched_read_only gcc "${compile[@]}"
same_as_bare 'a hit is what the compiler makes'
decided 'a hit' hit
launched_read_only gcc "${compile[@]}" -DOTHER
decided 'a known source with another option' pass
bare gcc -Wextra -c src/news.c -o a.o
launched_read_only gcc -Wextra -c src/news.c -o a.o
same_as_bare 'a miss is what the compiler makes'
decided 'a miss' pass
expect 'nothing is written' test "$before" = "$(state_of "$dir")"

# After a restart there is no live index that can be trusted, and nobody who could make one.
"$bin/zccache-index" flush >/dev/null
rm "$dir/index.live"
bare gcc "${compile[@]}"
launched_read_only gcc "${compile[@]}"
same_as_bare 'without a live index: a hit is what the compiler makes'
decided 'without a live index: a hit' hit

remove_cache
mkdir "$dir"
launched_read_only gcc "${compile[@]}"
same_as_bare 'an empty cache: what the compiler makes'
decided 'an empty cache: the compiler does it alone' pass
expect 'an empty cache stays empty' test -z "$(ls -A "$dir")"
finish
