#!/usr/bin/env bash
# tools/setup.sh against a package manager that is played by scripts: what it installs, when it leaves the network alone, and what it says
# where it may not install.
#
# usage: test_setup.sh SOURCE_DIR
set -euo pipefail
source_dir=$1

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
chmod 755 "$work"
mkdir -m 777 "$work/bin" "$work/state"

fail() {
  printf '%s\n' "$*" >&2
  cat "$work/output" >&2
  exit 1
}

# The machine: state/installed and state/offered hold lines "package version"; state/calls is what apt-get was asked for.
play() { # program, script
  printf '#!/bin/bash\ncd "%s"\n%s\n' "$work/state" "$2" >"$work/bin/$1"
  chmod 755 "$work/bin/$1"
}
# shellcheck disable=SC2016 # expanded by the played program
{
  play dpkg-query '
    package=${!#}
    version=$(awk -v p="$package" '\''$1 == p { print $2 }'\'' installed)
    [[ -n "$version" ]] || exit 1
    [[ "$*" == *Status* ]] && echo -n installed || echo -n "$version"'
  play apt-cache '
    awk -v p="$2" '\''$1 == p { print "  Candidate: " $2 }'\'' offered'
  play apt-get '
    [[ -n "$by_sudo" ]] || { echo "permission denied"; exit 100; }
    echo "$*" >>calls
    [[ "$*" == *update* ]] && cat mirror >offered
    [[ "$*" == *install* ]] || exit 0
    shopt -s extglob
    for package; do
      line=$(grep "^$package " offered) && echo "$line" >>installed
    done
    true'
  play sudo '[[ -e may_sudo ]] && by_sudo=1 exec "${@:2}"'
}

reset_machine() { # mirror: lines of packages beyond the usual ones
  rm -f "$work"/state/*
  touch "$work"/state/{installed,offered,calls}
  printf '%s 1\n' g++ cmake ninja-build libxxhash-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libarchive-dev libcurl4-openssl-dev libhiredis-dev libzstd-dev libsodium-dev python3 catch2 clang-format \
    btrfs-progs chromium clang-tidy dpkg-dev e2fsprogs file fish googletest groff-base make nginx-core openssl pkgconf redis-server spin xfsprogs zsh liblmdb-dev libtdb-dev libsqlite3-dev gnuplot-nox ccache sccache \
    >"$work/state/mirror"
  printf '%s\n' "$@" >>"$work/state/mirror"
  chmod 666 "$work"/state/*
}

readonly bookworm=('libboost-dev 1.74.0.3' 'libboost1.81-dev 1.81.0-5' 'clang 1:14.0-55' 'libclang-rt-14-dev 1:14.0.6')
readonly trixie=('libboost-dev 1.83.0.2' 'clang 1:19.0-63' 'libclang-rt-19-dev 1:19.1.7')

# As an ordinary user, so that the played sudo decides.
setup() { # expected status, arguments
  local status=0 as_user=()
  ((EUID != 0)) || as_user=(setpriv --reuid=65534 --clear-groups)
  "${as_user[@]}" env HOME="$work" PATH="$work/bin:$PATH" "$source_dir/tools/setup.sh" "${@:2}" >"$work/output" 2>&1 || status=$?
  ((status == $1)) || fail "setup.sh ${*:2}: status $status instead of $1"
}

has() { grep -q "^$1 " "$work/state/installed" || fail "$1 was not installed"; }
has_not() { ! grep -q "^$1 " "$work/state/installed" || fail "$1 was installed"; }

# A bare Debian 12 gets the newer Boost and the runtime of its clang.
reset_machine "${bookworm[@]}"
touch "$work/state/may_sudo"
setup 0
has libboost1.81-dev
has_not libboost-dev
has libclang-rt-14-dev
has googletest

# The second run asks apt for nothing.
: >"$work/state/calls"
setup 0
[[ ! -s "$work/state/calls" ]] || fail 'apt-get was called although nothing was missing'
[[ "$(wc -l <"$work/output")" == 1 ]] || fail 'more than one line was printed although nothing was missing'

# Lists that are there already are not fetched again.
sed -i '/^make /d' "$work/state/installed"
setup 0
! grep -q update "$work/state/calls" || fail 'the package lists were fetched although they were there'

# A release whose own Boost is new enough uses it.
reset_machine "${trixie[@]}"
touch "$work/state/may_sudo"
setup 0
has libboost-dev
has libclang-rt-19-dev

# A build alone needs neither clang nor googletest.
reset_machine "${bookworm[@]}"
touch "$work/state/may_sudo"
setup 0 --for build
has g++
has_not clang
has_not googletest

# Without the right to install it names what it would need.
reset_machine "${bookworm[@]}"
setup 3
grep -q 'g++ .*ninja-build .*libboost1.81-dev' "$work/output" || fail 'the missing packages are not named'
[[ ! -s "$work/state/calls" ]] || fail 'apt-get was called without the right to'

# A package that no mirror has is named.
reset_machine "${trixie[@]}"
sed -i '/^catch2 /d' "$work/state/mirror"
touch "$work/state/may_sudo"
setup 3
grep -q 'still missing: catch2' "$work/output" || fail 'the package that is still missing is not named'

setup 2 --for nothing
setup 2 --wrong
