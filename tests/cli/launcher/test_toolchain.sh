#!/usr/bin/env bash
# What the compiler is made of, and what it takes from its surroundings besides sources: programs, libraries, configuration, variables.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir -p "$tree/src" "$work/tools"
aging+=("$work/tools")
reset_sources() { # further by $prepare
  rm -rf "$tree"/src "$work/tools"
  mkdir -p "$tree"/src/{first,second} "$work/tools"
  echo '#define VALUE 1' >"$tree/src/second/value.h"
  printf '#include <value.h>\nint f(int unused) { return VALUE; }\nint many(int a) { int sum = 0; for (int i = 0; i < a; i++) sum += i * a; return sum; }\n' >"$tree/src/a.c"
}
options=(-Isrc/first -Isrc/second)
compile=(gcc "${options[@]}" -c src/a.c -o a.o)
usual_path=$PATH
export PATH=$work/tools:$PATH

program() { # name, lines of a shell script: in the first folder of PATH
  printf '#!/bin/sh\n%s\n' "$2" >"$work/tools/$1" && chmod +x "$work/tools/$1"
}
as=$(readlink -f "$(PATH=$usual_path command -v as)")

# --- Programs that the compiler runs
as_marked() { program as "exec /usr/bin/as --defsym marked=$1 \"\$@\""; }
export ZCCACHE_PROGRAMS=gcc
prepare='as_marked 1' after 'assembler that is a script' miss 'as_marked 2' "${compile[@]}"
prepare='program objcopy "exec /usr/bin/objcopy \"\$@\""' \
  after 'objcopy that is a script' miss 'program objcopy "echo copies >&2; exec /usr/bin/objcopy \"\$@\""' gcc "${options[@]}" -g -gsplit-dwarf -c src/a.c -o a.o
unset ZCCACHE_PROGRAMS
reset_sources
as_marked 1
unstored 'assembler that is a script, for a compiler that nobody named' 'tools/as is a script' "${compile[@]}"
prepare='cp "$as" "$work/tools/as"' after 'assembler of another content' miss 'echo more >>"$work/tools/as"' "${compile[@]}"
prepare='cp "$as" "$work/tools/as"' after 'assembler of the same content, installed again' hit 'cp "$as" "$work/new"; mv "$work/new" "$work/tools/as"' "${compile[@]}"
after 'assembler that appears in PATH' unstored 'as_marked 1' "${compile[@]}"
prepare='as_marked 1; chmod -x "$work/tools/as"' after 'assembler that may be executed from then on' unstored 'chmod +x "$work/tools/as"' "${compile[@]}"
prepare='ln -s nowhere "$work/tools/as"' after 'assembler that is a link to nowhere, to somewhere from then on' unstored 'program nowhere "exec /usr/bin/as --defsym marked=1 \"\$@\""' "${compile[@]}"
prepare='cp "$as" "$work/tools/as"' after 'assembler that goes' miss 'rm "$work/tools/as"' "${compile[@]}"
prepare='mkdir "$work/tools/bb"' \
  after 'assembler that appears in a folder of -B' unstored 'program bb/as "exec /usr/bin/as --defsym marked=1 \"\$@\""' gcc "-B$work/tools/bb" "${options[@]}" -c src/a.c -o a.o
prepare='mkdir "$work/tools/bb"; program bb/as "exec /usr/bin/as --defsym marked=1 \"\$@\""; chmod -x "$work/tools/bb/as"' \
  after 'assembler in a folder of -B that may be executed from then on' unstored 'chmod +x "$work/tools/bb/as"' gcc "-B$work/tools/bb" "${options[@]}" -c src/a.c -o a.o

# --- Compilers that are scripts
script='mkdir -p "$work/tools/script"; program script/gcc "exec /usr/bin/gcc -O1 \"\$@\""'
reset_sources
eval "$script"
unstored 'compiler that is a script' 'is a script' "$work/tools/script/gcc" "${options[@]}" -c src/a.c -o a.o
export ZCCACHE_PROGRAMS=gcc
prepare=$script after 'script that the user names' miss 'program script/gcc "exec /usr/bin/gcc -O2 \"\$@\""' "$work/tools/script/gcc" "${options[@]}" -c src/a.c -o a.o
prepare=$script after 'script that the user names, and any variable' miss 'export ANY_VARIABLE=1' "$work/tools/script/gcc" "${options[@]}" -c src/a.c -o a.o
unset ANY_VARIABLE
prepare='mkdir "$work/tools/script"; printf "#!/bin/bash\nexec /usr/bin/gcc \"\$@\"\n" >"$work/tools/script/gcc"; chmod +x "$work/tools/script/gcc"' \
  after 'script of bash that the user names' hit : "$work/tools/script/gcc" "${options[@]}" -c src/a.c -o a.o
unset ZCCACHE_PROGRAMS

# --- The compiler behind links: a toolchain that is switched
switched='mkdir -p "$work"/tools/{A,B}; cp -L /usr/bin/gcc "$work/tools/A"; cp -L /usr/bin/gcc "$work/tools/B"; ln -s A "$work/tools/current"; ln -s /usr/lib "$work/tools/lib"
  mkdir "$work/tools/A/bin" "$work/tools/B/bin"; program B/bin/as "exec /usr/bin/as --defsym marked=1 \"\$@\""; ln -s /usr/bin/as "$work/tools/A/bin/as"'
prepare=$switched after 'toolchain behind a link that changes' unstored 'ln -sfn B "$work/tools/current"' "$work/tools/current/gcc" "-B$work/tools/current/bin" "${options[@]}" -c src/a.c -o a.o
prepare=$switched after 'toolchain in a folder that is exchanged' unstored 'mv "$work/tools/A" "$work/tools/old"; mv "$work/tools/B" "$work/tools/A"' \
  "$work/tools/A/gcc" "-B$work/tools/A/bin" "${options[@]}" -c src/a.c -o a.o
prepare='mkdir "$work/tools/A" "$work/tools/B"; echo "#define VALUE 5" >"$work/tools/B/value.h"; cp "$tree/src/second/value.h" "$work/tools/A"; ln -s A "$work/tools/current"' \
  after 'headers of a toolchain behind a link that changes' miss 'ln -sfn B "$work/tools/current"' gcc "-isystem$work/tools/current" -c src/a.c -o a.o
# g++ compiles C++ by whatever name.
prepare='ln -s /usr/bin/g++ "$work/tools/mycxx"; export CPLUS_INCLUDE_PATH=src/first' \
  after 'C++ compiler by a name of C' miss 'echo "#define VALUE 2" >"$tree/src/first/value.h"' "$work/tools/mycxx" -idirafter src/second -c src/a.c -o a.o
unset CPLUS_INCLUDE_PATH
# A compiler that is installed again, and another one in its place.
own='mkdir "$work/tools/bin"; cp -L /usr/bin/gcc "$work/tools/bin/gcc"; ln -s /usr/lib "$work/tools/lib"'
prepare=$own after 'compiler that is installed again' hit 'cp -L /usr/bin/gcc "$work/new"; mv "$work/new" "$work/tools/bin/gcc"' "$work/tools/bin/gcc" "${options[@]}" -c src/a.c -o a.o
prepare=$own after 'compiler of another content' miss 'echo more >>"$work/tools/bin/gcc"' "$work/tools/bin/gcc" "${options[@]}" -c src/a.c -o a.o

# --- Libraries of the compiler
library=$(ldd "$(readlink -f "$(PATH=$usual_path command -v as)")" | sed -nE 's/.*=> ([^ ]*libbfd[^ ]*) .*/\1/p')
export LD_LIBRARY_PATH=$work/tools/libraries
own_library='mkdir "$work/tools/libraries"; cp "$library" "$work/tools/libraries"'
prepare=$own_library after 'library of the assembler, another one' miss 'echo more >>"$work/tools/libraries/${library##*/}"' "${compile[@]}"
prepare='mkdir "$work/tools/libraries"' after 'library of the assembler that appears' miss 'cp "$library" "$work/tools/libraries"' "${compile[@]}"
after 'libraries from elsewhere' miss 'export LD_LIBRARY_PATH=$work/elsewhere' "${compile[@]}"
unset LD_LIBRARY_PATH

# --- Variables. Of most the compiler knows nothing.
export HOME=$work/home USER=somebody TERM=xterm
for variable in HOME USER TERM=dumb MAKEFLAGS=-j2 COLUMNS=40 UNKNOWN_TO_ALL; do
  after "variable that gcc does not look at: ${variable%=*}" hit "export ${variable%=*}=/nowhere" "${compile[@]}"
done
unset UNKNOWN_TO_ALL MAKEFLAGS COLUMNS
for variable in COMPILER_PATH CPATH C_INCLUDE_PATH LC_MESSAGES GCC_COLORS TMPDIR; do
  after "variable that gcc looks at: $variable" miss "before=\${$variable-}; export $variable=$work/tmp/" "${compile[@]}"
  if [[ $before ]]; then export $variable=$before; else unset $variable; fi
done
# gcc makes the name GCC_ROOT from pieces; it is asked for, and stands in no program.
prepare='mkdir -p "$work/tools/root/include"; echo "#define VALUE 7" >"$work/tools/root/include/value.h"' \
  after 'GCC_ROOT' miss 'export GCC_ROOT=$work/tools/root' "${compile[@]}"
unset GCC_ROOT
# The time that the build names counts where somebody asks for it.
for c in gcc clang; do
  after "$c: SOURCE_DATE_EPOCH where nobody asks for the time" hit 'export SOURCE_DATE_EPOCH=1000000000' "$c" "${options[@]}" -c src/a.c -o a.o
  unset SOURCE_DATE_EPOCH
done
prepare='export SOURCE_DATE_EPOCH=1000000000; echo "const char *when = __DATE__ __TIME__;" >>"$tree/src/a.c"' \
  after 'gcc: SOURCE_DATE_EPOCH where somebody asks for the time' miss 'export SOURCE_DATE_EPOCH=1100000000' "${compile[@]}"
unset SOURCE_DATE_EPOCH
reset_sources
echo 'const char *when = __TIMESTAMP__;' >>"$tree/src/a.c"
SOURCE_DATE_EPOCH=1000000000 unstored 'gcc: SOURCE_DATE_EPOCH and the time of the source' 'clock' "${compile[@]}"
for target in arm64-apple-ios arm64-apple-macos; do
  for variable in IPHONEOS_DEPLOYMENT_TARGET MACOSX_DEPLOYMENT_TARGET; do
    after "clang --target=$target: $variable" miss "export $variable=12.0" clang "--target=$target" "${options[@]}" -c src/a.c -o a.o
    unset $variable
  done
done
prepare='mkdir "$work/tools/sdk"; echo "{\"Version\":\"12.0\",\"MaximumDeploymentTarget\":\"12.0\"}" >"$work/tools/sdk/SDKSettings.json"' \
  after 'clang: SDKSettings.json' miss 'echo "{\"Version\":\"13.0\",\"MaximumDeploymentTarget\":\"13.0\"}" >"$work/tools/sdk/SDKSettings.json"' \
  clang --target=arm64-apple-macos "-isysroot$work/tools/sdk" "${options[@]}" -c src/a.c -o a.o
after 'clang: RC_DEBUG_OPTIONS' miss 'export RC_DEBUG_OPTIONS=1' clang --target=arm64-apple-macos -g "${options[@]}" -c src/a.c -o a.o
unset RC_DEBUG_OPTIONS

# --- Files that decide what the compiler does: one appears, changes, goes.
decides() { # name, file, content, another content, command…
  prepare="$prepare; mkdir -p '${2%/*}'; rm -f '$2'" after "$1 appears" miss "printf '%b' '$3' >'$2'" "${@:5}"
  printf '%b' "$4" >"$2"
  aging+=("$2")
  bare "${@:5}"
  launched "${@:5}"
  same_as_bare "$1 changes: right"
  decided "$1 changes" miss
  unset 'aging[-1]'
  rm "$2"
  bare "${@:5}"
  launched "${@:5}"
  same_as_bare "$1 goes: right"
}
version=$(gcc -dumpmachine)/$(gcc -dumpversion)
programs=$(dirname "$(gcc -print-prog-name=cc1)")
export GCC_EXEC_PREFIX=$work/tools/prefix/
prepare='mkdir -p "$work/tools/prefix/$version"; ln -s "$programs"/* "$work/tools/prefix/$version"' \
  decides 'specs file' "$work/tools/prefix/$version/specs" '*cc1_options:\n+ -O2\n' '*cc1_options:\n+ -O1\n' "${compile[@]}"
unset GCC_EXEC_PREFIX
prepare='printf "*cc1_options:\n+ -O2\n" >"$work/tools/own.specs"' \
  after 'specs file of the command' miss 'printf "*cc1_options:\n+ -O1\n" >"$work/tools/own.specs"' gcc "-specs=$work/tools/own.specs" "${options[@]}" -c src/a.c -o a.o

# A clang of our own, that such a file can be put beside.
clang=$(readlink -f "$(command -v clang)")
libraries=${clang%/bin/*}/lib
mkdir -p "$work/llvm/bin"
aging+=("$work/llvm")
cp "$clang" "$work/llvm/bin/x86_64-linux-gnu-clang"
clang=$work/llvm/bin/x86_64-linux-gnu-clang
export LD_LIBRARY_PATH=$libraries
prepare=: decides 'configuration file' "$clang.cfg" -O2 -O1 "$clang" "${options[@]}" -c src/a.c -o a.o
# clang 14 does not know that variable yet.
prepare='echo -O2 >"$clang.cfg"' after 'configuration file that a variable forbids' "$(grep -qr CLANG_NO_DEFAULT_CONFIG "$libraries" && echo miss || echo hit)" 'export CLANG_NO_DEFAULT_CONFIG=1' "$clang" "${options[@]}" -c src/a.c -o a.o
unset CLANG_NO_DEFAULT_CONFIG
rm "$clang.cfg"
prepare='echo -O2 >"$work/tools/own.cfg"' after 'configuration file of the command' miss 'echo -O1 >"$work/tools/own.cfg"' clang --config "$work/tools/own.cfg" "${options[@]}" -c src/a.c -o a.o
# What it is told not to sanitize
share=$("$clang" -print-resource-dir)/share
reads='mkdir -p "${share%/*}"; rm -rf "$share"; echo "int reads(int* p) { return *p; }" >>"$tree/src/a.c"'
prepare=$reads decides 'list of what is not sanitized' "$share/asan_ignorelist.txt" 'src:*\n' 'src:none\n' "$clang" "${options[@]}" -fsanitize=address -c src/a.c -o a.o
finish
