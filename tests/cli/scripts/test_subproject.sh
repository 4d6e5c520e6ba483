#!/usr/bin/env bash
# A project of somebody else has this one as a part: it gets the library, and no programs, tests, warnings as errors or installed files of ours.
#
# usage: test_subproject.sh SOURCE_DIR [--build]      --build: compiles it and runs the example as well, minutes
source "$(dirname "$0")/quietly.sh"
build=$work/build

quietly cmake -S "$1/tests/consumer" -B "$build" -G Ninja -DZCCACHE_SOURCE="$1" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=$' "$build/CMakeCache.txt" || fail 'a build type was chosen for the whole project'
! grep -q -e '-Werror' "$build/compile_commands.json" || fail 'warnings are errors'
! grep -q "$1/\(tools\|bench\|tests/unit\)/" "$build/compile_commands.json" || fail 'programs or tests are built'
quietly ctest --test-dir "$build" --show-only
grep -q 'Total Tests: 0' "$work/log" || fail "there are tests: $(<"$work/log")"

[[ "${2-}" == --build ]] || exit 0
quietly cmake --build "$build" --target consumer
[[ "$(cd "$work" && "$build/consumer")" == 'foo.o, 1234 bytes' ]] || fail 'the example does not run'
quietly cmake --install "$build" --prefix "$work/prefix"
[[ "$(cd "$work/prefix" && find . -type f)" == ./bin/consumer ]] || fail "installed: $(cd "$work/prefix" && find . -type f)"
