"""C++20 modules, and clang's modules of headers."""
from case import MISS, UNSTORED, Case, Change, clangs, cxx, is_there

NAMED = {"m.cppm": "export module m;\nexport inline int answer() { return 42; }\n", "use.cpp": "import m;\nint main() { return answer(); }\n", "plain.cpp": "int plain() { return 1; }\n"}
HEADER_UNIT = {"unit.h": "inline int answer() { return 42; }\n", "use.cpp": 'import "unit.h";\nint f() { return answer(); }\n'}
MAP = {"module.modulemap": 'module m { header "m.h" export * }\n', "m.h": "int answer(void);\n", "use.c": '#include "m.h"\nint f(void) { return answer(); }\n'}
EPOCH = {"SOURCE_DATE_EPOCH": "1000000000"}


def of_gcc(c: str) -> list[Case]:
    options = f"{c} -std=c++20 -fmodules-ts"
    make = f"{options} -x c++ -c m.cppm -o m.o"
    edited = Change("the module is another", f"sed -i s/42/43/ m.cppm; {make}", MISS)
    there = "mkdir gcm.cache"
    return [
        Case(f"{c} -fmodules-ts of an ordinary source", f"{options} -c plain.cpp", NAMED),
        # The time of day is in it.
        Case(f"{c} makes a named module", make, NAMED, prepare=there, varies="gcm.cache/*", first=UNSTORED, second=UNSTORED, why="clock"),
        Case(f"{c} makes a named module at a given time", make, NAMED, prepare=there, environment=EPOCH, changes=(Change("it is edited", "sed -i s/42/43/ m.cppm", MISS),)),
        Case(f"{c} makes a named module with its directory", make, NAMED, environment=EPOCH, first=UNSTORED, second=UNSTORED, why="makes"),
        Case(f"{c} uses a named module", f"{options} -c use.cpp", NAMED, prepare=make, changes=(edited,)),
        Case(f"{c} uses a named module with -g -MD", f"{options} -g -MD -c use.cpp", NAMED, prepare=make),
        Case(f"{c} does not find a module", f"{options} -c use.cpp", NAMED, first=UNSTORED, second=UNSTORED),
        Case(f"{c} makes a header unit", f"{options} -x c++-header unit.h", HEADER_UNIT, prepare="mkdir -p gcm.cache/,", environment=EPOCH),
        Case(f"{c} uses a header unit", f"{options} -c use.cpp", HEADER_UNIT, prepare=f"{options} -x c++-header unit.h",
             changes=(Change("it is another", f"sed -i s/42/43/ unit.h; {options} -x c++-header unit.h", MISS),)),
        Case(f"{c} with a mapper's file", f"{options} -fmodule-mapper=map -c use.cpp", NAMED | {"map": "m m.gcm\n"}, prepare=f"{options} -fmodule-mapper=map -x c++ -c m.cppm -o m.o"),
    ]


def of_clang(c: str) -> list[Case]:
    options = f"{c} -std=c++20"
    make = f"{options} --precompile m.cppm -o m.pcm"
    edited = Change("the module is another", f"sed -i s/42/43/ m.cppm; {make}", MISS)
    implicit = f"{c} -x c -fmodules -fmodules-cache-path=modules -fimplicit-module-maps -c use.c"
    explicit = f"{c} -x c -fmodules -fno-implicit-modules -Xclang -emit-module -Xclang -fmodule-name=m -c module.modulemap -o m.pcm"
    return [
        Case(f"{c} --precompile", make, NAMED, changes=(Change("it is edited", "sed -i s/42/43/ m.cppm", MISS), Change("it is touched", "touch -d 2020-01-01 m.cppm", MISS))),
        Case(f"{c} makes an object of a module", f"{options} -c m.pcm -o m.o", NAMED, prepare=make, changes=(edited,)),
        Case(f"{c} -fmodule-file=", f"{options} -fmodule-file=m=m.pcm -c use.cpp", NAMED, prepare=make, changes=(edited,)),
        Case(f"{c} -fprebuilt-module-path=", f"{options} -fprebuilt-module-path=. -g -MD -c use.cpp", NAMED, prepare=make, changes=(edited,)),
        Case(f"{c} does not find a module", f"{options} -fprebuilt-module-path=. -c use.cpp", NAMED, first=UNSTORED, second=UNSTORED),
        Case(f"{c} makes a module of headers", explicit, MAP, changes=(Change("a header is touched, and it holds that", "touch -d 2020-01-01 m.h", MISS),)),
        Case(f"{c} uses a module of headers", f"{c} -x c -fmodules -fno-implicit-modules -fmodule-file=m.pcm -c use.c", MAP, prepare=explicit,
             changes=(Change("a header is touched", "touch -d 2020-01-01 m.h", MISS),)),
        # What makes modules locks them by links, and writes their times beside them.
        Case(f"{c} -fmodules that makes its modules", implicit, MAP, prepare="mkdir modules", varies="m*", first=UNSTORED, second=UNSTORED, why="makes"),
        Case(f"{c} -fmodules whose modules are there", implicit, MAP, prepare=f"{implicit} -o use.o"),
    ]


def cases() -> list[Case]:
    gcc = of_gcc("g++") if is_there("g++") else []
    return gcc + [case for c in clangs() for case in of_clang(cxx(c))]
