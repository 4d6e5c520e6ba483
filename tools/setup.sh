#!/usr/bin/env bash
# Installs the Debian packages that are needed and missing. Does nothing, and uses no network, when all are there.
#
# usage: tools/setup.sh [--for build|quickstart|test]     default: test; each includes those before it
# Exit codes: 0 all there, 2 usage, 3 something is missing and could not be installed.
set -euo pipefail

readonly build_packages=(g++ cmake ninja-build libxxhash-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libarchive-dev libcurl4-openssl-dev libhiredis-dev libzstd-dev libsodium-dev python3)
readonly quickstart_packages=(catch2 googletest)
readonly test_packages=(btrfs-progs chromium clang clang-format clang-tidy dpkg-dev e2fsprogs file fish groff-base make nginx-core openssl pkgconf redis-server spin xfsprogs zsh)
readonly bench_packages=(liblmdb-dev libtdb-dev libsqlite3-dev gnuplot-nox ccache sccache) # what zccache-bench compares with
readonly oldest_boost=1.81

fail() { # exit code, message
  printf 'setup: %s\n' "$2" >&2
  exit "$1"
}

installed() { # package
  [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# The installed version, else the one that apt would install; empty where there is neither.
version_of() { # package
  if installed "$1"; then
    dpkg-query -W -f='${Version}' "$1"
  else
    apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
  fi
}

boost_is_new_enough() { # version
  [[ -n "$1" ]] && dpkg --compare-versions "$1" ge "$oldest_boost"
}

# Debian 12 has Boost 1.74 by default and 1.81 under a name of its own; later releases have a default that is new enough.
boost_package() {
  if installed libboost1.81-dev || ! boost_is_new_enough "$(version_of libboost-dev)"; then
    echo libboost1.81-dev
  else
    echo libboost-dev
  fi
}

# The sanitizer and profile runtimes of clang carry its major version in their name. Nothing until clang's version is known.
clang_runtime_package() {
  local version
  version=$(version_of clang)
  version=${version#*:}
  [[ -z "$version" ]] || echo "libclang-rt-${version%%.*}-dev"
}

wanted_packages() {
  printf '%s\n' "${build_packages[@]}"
  boost_package
  [[ "$purpose" == build ]] || printf '%s\n' "${quickstart_packages[@]}"
  [[ "$purpose" != test ]] || printf '%s\n' "${test_packages[@]}" "${bench_packages[@]}" "$(clang_runtime_package)"
}

find_missing() {
  missing=()
  local package
  while read -r package; do
    [[ -z "$package" ]] || installed "$package" || missing+=("$package")
  done < <(wanted_packages)
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

apt_knows() { # packages
  local package
  for package in "$@"; do
    [[ -n "$(version_of "$package")" ]] || return 1
  done
}

purpose='test'
while (($#)); do
  case "$1" in
    --for)
      purpose=${2-}
      [[ "$purpose" =~ ^(build|quickstart|test)$ ]] || fail 2 "--for takes 'build', 'quickstart' or 'test'"
      shift 2
      ;;
    -h | --help)
      sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) fail 2 "unknown argument '$1'; usage: tools/setup.sh [--for build|quickstart|test]" ;;
  esac
done

[[ -n "$(command -v dpkg-query)" && -n "$(command -v apt-get)" ]] ||
  fail 3 "this is not a Debian system; install by its own means: a C++20 compiler, CMake 3.25, Ninja, Boost >= $oldest_boost, xxHash, spdlog, fmt, CLI11, nlohmann-json, libarchive, libcurl, hiredis, zstd, libsodium, Python 3; for the tests btrfs-progs, Catch2, Chromium, clang, clang-format, clang-tidy, dpkg-dev, e2fsprogs, file, fish, googletest, groff, make, nginx, openssl, pkgconf, redis, spin, xfsprogs, zsh"

find_missing
if ((${#missing[@]} == 0)); then
  echo "setup: all that a $purpose needs is installed"
  exit 0
fi
((EUID == 0)) || sudo -n true 2>/dev/null ||
  fail 3 "neither root nor sudo without a password; please install: ${missing[*]}"

# The lists of a fresh machine are empty, and then the names of Boost's and clang's packages are not known yet either.
if ! apt_knows clang libboost-dev "${missing[@]}"; then
  apt_get update
  find_missing
fi
echo "setup: installing ${missing[*]}"
# Stale lists name versions that the mirrors have dropped: once more with new ones.
apt_get install -y --no-install-recommends "${missing[@]}" ||
  { apt_get update && apt_get install -y --no-install-recommends "${missing[@]}"; } ||
  fail 3 "apt-get could not install: ${missing[*]}"

find_missing
((${#missing[@]} == 0)) || fail 3 "still missing: ${missing[*]}"
echo "setup: all that a $purpose needs is installed"
