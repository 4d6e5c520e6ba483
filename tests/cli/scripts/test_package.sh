#!/usr/bin/env bash
# The .deb: it installs beside what is on this machine, its programs, library, pages and units work, and nothing of it stays when it is removed.
# Into a folder, by dpkg itself; what it depends on is checked against what is installed here.
#
# usage: test_package.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
source_dir=$1
build_dir=$2
((EUID == 0)) || exec unshare --map-root-user "$0" "$@" # dpkg gives its files to root

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset "${!ZCCACHE_@}"

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

quietly() {
  "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "failed: $*"
  }
}

quietly cpack --config "$build_dir/CPackConfig.cmake" -B "$work/packed"
package=$(find "$work/packed" -maxdepth 1 -name 'zccache_*.deb')
[[ -f "$package" ]] || fail 'cpack made no package'
depends=$(dpkg-deb --field "$package" Depends)
[[ "$depends" == *libc6* && "$depends" == *libstdc++6* ]] || fail "the package depends on '$depends'"
[[ "$depends" != *libsodium* ]] || fail "libsodium is to be linked in, but the package depends on '$depends'"
[[ -z "$(dpkg-deb --contents "$package" | grep -v ' root/root ')" ]] || fail 'the package has files that do not belong to root'

# A system of its own that believes to have what this machine has.
root=$work/root
mkdir -p "$root" "$work/admin/updates" "$work/admin/info" "$work/admin/triggers"
cp /var/lib/dpkg/status "$work/admin/status"
run_dpkg() { quietly dpkg --instdir="$root" --admindir="$work/admin" --log=/dev/null --force-script-chrootless --no-triggers "$@"; }
run_dpkg --install "$package"
[[ "$(dpkg-query --admindir="$work/admin" -W -f='${db:Status-Status}' zccache)" == installed ]] || fail 'the package is not installed'

cd "$work"
printf 'int main(void) { return 0; }\n' >source.c
while [[ -n "$(find source.c -newerct '0.02 seconds ago')" ]]; do :; done # younger, it would be compiled and not stored
export ZCCACHE_DIR=$work/cache
for pass in miss hit; do quietly "$root/usr/bin/zccache-cc" gcc -c source.c -o source.o; done
"$root/usr/bin/zccache-index" stats --json | grep -q '"hits": 1' || fail 'the installed launcher served nothing'
# The library that answers within the compiler lies where the installed programs look for it.
"$root/usr/bin/zccache-index" observe --json -- env | grep -q '"variables_complete": true' || fail 'the preloaded library is not found'
quietly "$root/usr/bin/zccache-recover" --check
quietly "$root/usr/bin/zccache-bench" --version

library=$(dirname "$(find "$root/usr" -name libzccache.so.1)")
read -ra flags <<<"$(PKG_CONFIG_PATH=$library/pkgconfig pkg-config --cflags --libs zccache)"
quietly gcc -std=c11 "$source_dir/tests/consumer/main.c" "${flags[@]}" -o example
LD_LIBRARY_PATH=$library quietly ./example "$work/cache" source.o served.o

for page in "$root"/usr/share/man/man1/zccache-{cc,index,recover,remote,bench}.1; do quietly groff -man -Tascii -ww "$page"; done
for file in bash-completion/completions/zccache-index zsh/vendor-completions/_zccache-index fish/vendor_completions.d/zccache-index.fish; do
  [[ -s "$root/usr/share/$file" ]] || fail "no $file"
done

# file(1) knows the files by the entry that the package brings, which is the one in the format document.
magic=$root/usr/share/zccache/zccache.magic
quietly "$root/usr/bin/zccache-index" flush
[[ "$(file -b -m "$magic" cache/index.live)" =~ ^'zccache live index, version '[0-9]+$ ]] || fail "file says: $(file -m "$magic" cache/index.live)"
[[ "$(file -b -m "$magic" cache/index.snap)" =~ ^'zccache index snapshot, version '[0-9]+$ ]] || fail "file says: $(file -m "$magic" cache/index.snap)"
awk '/^## For `file`/ { here = 1 } here && /^```/ { inside = !inside; next } here && inside { print } here && /^## V/ { exit }' \
  "$source_dir/docs/format.md" | diff - "$magic" || fail 'docs/format.md shows another magic entry'

# systemd takes the units as they are. It looks for the programs where they will be, so they are named where they are.
units=$work/units
cp -r "$root/usr/lib/systemd/user" "$units"
sed -i "s|^ExecStart=|&$root/usr/bin/|; /^Documentation=/d" "$units"/*
mkdir -m 700 "$work/run"
: >"$work/log"
! command -v systemd-analyze >/dev/null || XDG_RUNTIME_DIR=$work/run quietly systemd-analyze --user verify "$units"/*
[[ ! -s "$work/log" ]] || fail "systemd-analyze: $(<"$work/log")"
for unit in "$units"/*.service; do
  while read -r program arguments; do
    read -ra words <<<"$arguments"
    status=0
    "$program" "${words[@]}" >"$work/log" 2>&1 || status=$?
    ((status <= 1)) || fail "${unit##*/}: $program $arguments: exit $status: $(<"$work/log")"
  done < <(sed -n 's/^ExecStart=//p' "$unit")
done

run_dpkg --purge zccache
left=$(find "$root" -mindepth 1 -not -type d -o -type d -name '*zccache*')
[[ -z "$left" ]] || fail "removing the package left: $left"
dpkg-query --admindir="$work/admin" -W zccache >/dev/null 2>&1 && fail 'dpkg still knows the package'
exit 0
