#!/usr/bin/env bash
# The launcher by the name of a compiler; under make and its job server.
source "$(dirname "$0")/launcher.sh" "$1"

mkdir "$tree/src" "$work/bin"
echo 'int f(int unused) { return 1; }' >"$tree/src/a.c"
cp "$tree/src/a.c" "$tree/src/b.cpp"
for name in gcc g++ cc c++ clang clang++ gcc-12 x86_64-linux-gnu-gcc-12; do
  command -v $name >/dev/null || continue
  ln -s "$cc" "$work/bin/$name"
done

for link in "$work"/bin/*; do
  name=${link##*/}
  source=src/a.c
  [[ $name != *++* ]] || source=src/b.cpp
  forget_compiles
  bare "$name" -Wall -Wextra -g -c $source -o a.o
  for way in 'by path' 'in PATH'; do
    for decision in miss hit; do
      let_sources_age
      : >"$ZCCACHE_LOG"
      if [[ $way == 'by path' ]]; then
        observe "$work/launched" "$link" -Wall -Wextra -g -c $source -o a.o
        decided "$name, $way" $decision
      else
        PATH=$work/bin:$PATH observe "$work/launched" "$name" -Wall -Wextra -g -c $source -o a.o
      fi
      same_as_bare "$name, $way: right on a $decision"
    done
  done
done
expect_exit 'by a name that is no compiler: the launcher itself' 2 bash -c 'exec -a launcher "$1"' _ "$cc"

# --- make: the job server goes through to the compiler untouched, and a recursive make of the compiler's would find it.
cat >"$tree/src/Makefile" <<'MAKE'
objects := $(patsubst %,%.o,1 2 3 4 5 6 7 8)
.PHONY: all
all: $(objects)
$(objects): %.o: src/a.c
	+@$(CC) -Wall -DN=$* -c $< -o $@
MAKE
for round in cold warm; do
  (cd "$tree" && rm -f ./*.o && make -j2 -f src/Makefile CC="$cc gcc" >"$work/out" 2>"$work/err")
  report $? "make -j2, $round"
  expect "make -j2, $round: no complaint about the job server" bash -c '! grep -q jobserver "$1"' _ "$work/err"
  expect "make -j2, $round: all objects" test "$(find "$tree" -name '*.o' | wc -l)" -eq 8
done
expect 'make -j2: the second build was served' test "$(count_of launcher_hit)" -ge 8
rm -f "$tree"/*.o
finish
