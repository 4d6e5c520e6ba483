#!/usr/bin/env bash
# The Debian packages: they are built from this tree, lintian has nothing to say, they install beside what is on this machine, what is in them
# works, and nothing of them stays when they are removed. Into a folder, by dpkg itself; what they depend on is checked against what is here.
#
# usage: test_debian.sh SOURCE_DIR [DIRECTORY_OF_BUILT_PACKAGES]
[[ -n "$(command -v dh)" && -n "$(command -v lintian)" ]] || {
  echo 'skipped: this needs debhelper and lintian'
  exit 77
}
((EUID == 0)) || exec unshare --map-root-user "$0" "$@" # dpkg gives its files to root
source "$(dirname "$0")/quietly.sh"
source "$(dirname "$0")/installed.sh"
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8
source_dir=$1
packages=${2-}

if [[ -z "$packages" ]]; then
  packages=$work/packages
  DEB_BUILD_OPTIONS=nocheck quietly "$source_dir/tools/packaging/debian/build.sh" "$packages" -us -uc
fi
quietly lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$packages"/zccache_*.changes

built() { find "$packages" -maxdepth 1 -name "$1_*.deb"; }
readonly names=(zccache libzccache1 libzccache-dev zccache-bench)
for name in "${names[@]}"; do
  [[ -f "$(built "$name")" ]] || fail "no package $name"
  [[ -z "$(dpkg-deb --contents "$(built "$name")" | grep -v ' root/root ')" ]] || fail "$name has files that do not belong to root"
done
depends=$(dpkg-deb --field "$(built zccache)" Depends)
[[ "$depends" == *libc6* && "$depends" == *libstdc++6* ]] || fail "zccache depends on '$depends'"
[[ "$depends" != *libsodium* ]] || fail "libsodium is to be linked in, but zccache depends on '$depends'"
[[ "$(dpkg-deb --field "$(built libzccache-dev)" Depends)" == *"libzccache1 (= "* ]] || fail 'libzccache-dev does not depend on its libzccache1'

# A system of its own that believes to have what this machine has.
root=$work/root
mkdir -p "$root" "$work/admin/updates" "$work/admin/info" "$work/admin/triggers"
cp /var/lib/dpkg/status "$work/admin/status"
run_dpkg() { quietly dpkg --instdir="$root" --admindir="$work/admin" --log=/dev/null --force-script-chrootless --no-triggers "$@"; }
for name in libzccache1 libzccache-dev zccache zccache-bench; do run_dpkg --install "$(built "$name")"; done

check_launcher "$root/usr"
check_pages "$root/usr" zccache-{cc,index,recover,remote,bench}
check_units "$root/usr" "$root/usr/lib/systemd/user"

library=$(dirname "$(find "$root/usr" -name libzccache.so.1)")
read -ra flags <<<"$(PKG_CONFIG_PATH=$library/pkgconfig pkg-config --cflags --libs zccache)"
quietly gcc -std=c11 "$root/usr/share/doc/libzccache-dev/examples/main.c" "${flags[@]}" -o "$work/example"
(cd "$work/launched" && LD_LIBRARY_PATH=$library quietly "$work/example" "$work/library-cache" source.o served.o)
quietly cmake -S "$source_dir/tests/consumer" -B "$work/consumer" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$root/usr"
quietly cmake --build "$work/consumer"

run_dpkg --purge "${names[@]}"
left=$(find "$root" -mindepth 1 -not -type d -o -type d -name '*zccache*')
[[ -z "$left" ]] || fail "removing the packages left: $left"
for name in "${names[@]}"; do
  ! dpkg-query --admindir="$work/admin" -W "$name" >/dev/null 2>&1 || fail "dpkg still knows $name"
done
