#!/usr/bin/env bash
# The whole test suite: formatting, then per preset configure, build and ctest. Ends with one line "N passed, N failed".
#
# usage: tests/run.sh [--quick | --full] [--tidy] [PRESET…]      presets: release debug asan tsan fuzz; default: release asan tsan fuzz
#   --quick  the release preset only, and of its tests those labelled unit
#   --full   release, debug and fuzz also run the tests labelled full: the long forms, hours
#   --tidy   clang-tidy over the whole tree as well (minutes)
# environment: ZCCACHE_TEST_JOBS  parallel tests; default 2
# Exit codes: 0 all passed, 1 a test or a check failed, 2 usage, 3 a package is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly jobs=${ZCCACHE_TEST_JOBS:-2}
seconds_per_test=900 # long enough to tell a hanging test from a slow one on a busy machine
readonly format_major=14 # formatting differs between versions of clang-format
passed=0
failed=0

usage() { sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

headline() { printf '\n== %s (at %d:%02d)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }

finish() { # the line that a continuous integration reads, whatever happened before
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}

# A check that is one test by itself. The first failure ends the run: what follows would only bury its message.
check() { # name, command…
  headline "$1"
  if "${@:2}"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'failed: %s\n' "$1" >&2
    finish || exit 1
  fi
}

sources() { find lib tools bench tests \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' -o -name '*.c' \) -print0; }

formatting() {
  local tool=clang-format-$format_major
  command -v "$tool" >/dev/null || {
    echo "skipped: there is no $tool here"
    return 0
  }
  sources | xargs -0 "$tool" --dry-run -Werror
}

tidiness() {
  cmake --preset release >/dev/null
  # Some of g++'s flags are not clang's.
  run-clang-tidy -quiet -p build/release -j "$(nproc)" -extra-arg=-Wno-unknown-warning-option "^$PWD/(lib|tools|bench)/.*\.cpp$"
}

# The ThreadSanitizer of gcc 12 finds no room for its shadow where the kernel randomises more than 28 bits of an address.
run_for() { # preset, command…
  local bits=0
  [[ "$1" != tsan ]] || bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)
  if ((bits > 28)); then setarch -R "${@:2}"; else "${@:2}"; fi
}

# A build runs the test programs to ask for the names of their tests.
configure_and_build() { # preset
  cmake --preset "$1" >/dev/null && run_for "$1" cmake --build --preset "$1"
}

# Sanitizers run what is about memory and threads, and most of what the programs do; what looks at the tree or at the installation is the same in each of them.
choice_of_tests() { # preset
  case "$quick,$full,$1" in
    1,*) echo '--label-regex unit' ;;
    *,asan | *,tsan) echo '--label-regex unit|process|sanitized' ;;
    0,0,*) echo '--label-exclude full' ;;
  esac
}

run_ctest() { # preset
  local log=build/$1/ctest.log status=0 choice
  read -ra choice <<<"$(choice_of_tests "$1")"
  run_for "$1" ctest --preset "$1" "${choice[@]}" --parallel "$jobs" --timeout "$seconds_per_test" --no-tests=error 2>&1 | tee "$log" || status=$?
  local summary='tests passed, ([0-9]+) tests failed out of ([0-9]+)'
  if [[ "$(<"$log")" =~ $summary ]]; then
    failed=$((failed + BASH_REMATCH[1]))
    passed=$((passed + BASH_REMATCH[2] - BASH_REMATCH[1]))
  elif ((status)); then
    failed=$((failed + 1))
  fi
  return "$status"
}

quick=0
full=0
tidy=0
presets=()
while (($#)); do
  case "$1" in
    --quick) quick=1 ;;
    --full)
      full=1
      seconds_per_test=14400
      ;;
    --tidy) tidy=1 ;;
    -h | --help)
      usage
      exit 0
      ;;
    release | debug | asan | tsan | fuzz) presets+=("$1") ;;
    *)
      printf "tests/run.sh: unknown argument '%s'\n" "$1" >&2
      usage >&2
      exit 2
      ;;
  esac
  shift
done
if ((${#presets[@]} == 0)); then
  if ((quick)); then presets=(release); else presets=(release asan tsan fuzz); fi
fi

export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-die_after_fork=0} # children of threaded processes that start threads are part of what is tested

tools/setup.sh --for test
check formatting formatting
((!tidy)) || check clang-tidy tidiness
for preset in "${presets[@]}"; do
  check "$preset: configure and build" configure_and_build "$preset"
  headline "$preset: tests"
  run_ctest "$preset" || break
done
finish
