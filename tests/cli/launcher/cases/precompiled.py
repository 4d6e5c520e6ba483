"""Precompiled headers, made and used. Wrong would be one that is older than what it was made of."""
from case import HIT, MISS, UNSTORED, Case, Change, clangs, cxx_compilers

HEADER = "#pragma once\ntemplate <class T> T twice(T x) { return 2 * x; }\n#include \"value.h\"\n"
SOURCES = {"pre.h": HEADER, "value.h": "#define VALUE 42\n", "a.cpp": "int answer() { return twice(VALUE); }\n", "c.cpp": '#include "value.h"\nint answer() { return twice(VALUE); }\n', "b.cpp": "#include \"pre.h\"\nint answer() { return twice(VALUE) + 1; }\n"}


def made_by_gcc(c: str) -> list[Case]:
    # gcc writes another one each time: what is served is one that it wrote.
    return [
        Case(f"{c} makes one", f"{c} -O2 -x c++-header pre.h -o pre.h.gch", SOURCES, varies="*.gch"),
        Case(f"{c} makes one by its ending", f"{c} -O2 pre.h", SOURCES, varies="*.gch"),
        Case(f"{c} makes one with dependencies", f"{c} -O2 -MD -MF pre.d -c pre.h -o pre.h.gch", SOURCES, varies="*.gch",
             changes=(Change("what it includes is edited", "echo '#define VALUE 43' >value.h", MISS), Change("its header is touched", "touch -d 2020-01-01 pre.h", HIT))),
    ]


def used_by_gcc(c: str) -> list[Case]:
    make = f"{c} -O2 pre.h -o pre.h.gch"
    remade = Change("it is made anew", make, MISS)
    changes = (
        # gcc does not look whether its header is newer: whoever builds has to.
        Change("its header is touched", "touch pre.h", HIT),
        remade,
        Change("its header is edited and it is made anew", f"echo '#define VALUE 43' >value.h; {make}", MISS),
        Change("it is made with other options", f"{c} -O0 pre.h -o pre.h.gch", MISS),
        Change("it goes", "rm pre.h.gch", MISS),
    )
    return [
        Case(f"{c} uses one by -include", f"{c} -O2 -include pre.h -c a.cpp", SOURCES, prepare=make, changes=changes),
        Case(f"{c} uses one by #include", f"{c} -O2 -Winvalid-pch -c b.cpp", SOURCES, prepare=make, changes=(remade,)),
        Case(f"{c} uses one with -MD and -g", f"{c} -O2 -g -MD -include pre.h -c a.cpp", SOURCES, prepare=f"{c} -O2 -g pre.h"),
        Case(f"{c} cannot use one", f"{c} -O0 -Winvalid-pch -include pre.h -c a.cpp", SOURCES, prepare=make),
        Case(f"{c} finds one among several", f"{c} -O0 -include pre.h -c a.cpp", SOURCES, prepare=f"mkdir pre.h.gch; {c} -O2 pre.h -o pre.h.gch/fast; {c} -O0 pre.h -o pre.h.gch/slow",
             changes=(Change("the one that it used goes", "rm pre.h.gch/slow", MISS),)),
        Case(f"{c} -fpch-preprocess", f"{c} -O2 -fpch-preprocess -E -include pre.h a.cpp -o a.ii", SOURCES, prepare=make, changes=(remade,)),
        Case(f"{c} -fpch-deps", f"{c} -O2 -fpch-deps -MD -include pre.h -c a.cpp", SOURCES, prepare=make),
        Case(f"{c} compiles what -fpch-preprocess wrote", f"{c} -O2 -fpreprocessed -c a.ii", SOURCES, prepare=f"{make}; {c} -O2 -fpch-preprocess -E -include pre.h a.cpp -o a.ii", changes=(remade,)),
    ]


def of_clang(c: str) -> list[Case]:
    make = f"{c} -O2 -x c++-header pre.h -o pre.h.pch"
    # It writes the times of headers into it, and refuses it where they are others; -fno-pch-timestamp does without.
    touched = Change("its header is touched, so that it is refused", "touch -d 2020-01-01 pre.h", UNSTORED)
    touched_header = Change("its header is touched, and it holds that", "touch -d 2020-01-01 pre.h", MISS)
    remade = Change("it is made anew", make, HIT)  # the same bytes
    timeless = f"{make} -Xclang -fno-pch-timestamp"
    return [
        Case(f"{c} makes one", make, SOURCES, changes=(touched_header, Change("what it includes is edited", "echo '#define VALUE 43' >value.h", MISS))),
        Case(f"{c} makes one by its ending", f"{c} -O2 pre.h -o pre.h.pch", SOURCES, changes=(touched_header,)),
        Case(f"{c} makes one as cc1 does", f"{c} -O2 -fsyntax-only -x c++ -Xclang -emit-pch -Xclang -o -Xclang pre.h.pch pre.h", SOURCES, changes=(touched_header,)),
        Case(f"{c} makes one in an object", f"{make} -gmodules", SOURCES, changes=(touched_header,)),
        Case(f"{c} makes one with dependencies", f"{make} -MD -MF pre.d", SOURCES),
        Case(f"{c} makes one without times", timeless, SOURCES, changes=(Change("its header is touched", "touch -d 2020-01-01 pre.h", HIT),)),
        Case(f"{c} -fpch-instantiate-templates", f"{make} -fpch-instantiate-templates", SOURCES),
        Case(f"{c} -fpch-codegen", f"{c} -O2 -c pre.h.pch -o pre.o", SOURCES, prepare=f"{make} -fpch-codegen -fpch-debuginfo"),
        Case(f"{c} uses one by -include-pch", f"{c} -O2 -include-pch pre.h.pch -c a.cpp", SOURCES, prepare=make, changes=(remade, touched)),
        Case(f"{c} uses one by -include", f"{c} -O2 -include pre.h -c a.cpp", SOURCES, prepare=make,
             changes=(Change("it is made anew of an edited header", f"echo '#define VALUE 43' >value.h; {make}", MISS), Change("it goes", "rm pre.h.pch", MISS))),
        Case(f"{c} uses one whose header is included again", f"{c} -O2 -include pre.h -c c.cpp", SOURCES, prepare=make, changes=(Change("that header is touched, so that it is refused", "touch -d 2020-01-01 value.h", UNSTORED),)),
        Case(f"{c} uses one by -Xclang", f"{c} -O2 -Xclang -include-pch -Xclang pre.h.pch -Xclang -include -Xclang pre.h -c a.cpp", SOURCES, prepare=make, changes=(touched,)),
        Case(f"{c} uses one without times", f"{c} -O2 -include-pch pre.h.pch -Xclang -fno-pch-timestamp -c a.cpp", SOURCES, prepare=timeless),
        Case(f"{c} uses one with -MD and -g", f"{c} -g -MD -include-pch pre.h.pch -c a.cpp", SOURCES, prepare=f"{c} -g -x c++-header pre.h -o pre.h.pch"),
        Case(f"{c} cannot use one", f"{c} -O2 -std=c++11 -include-pch pre.h.pch -c a.cpp", SOURCES, prepare=make, first=UNSTORED, second=UNSTORED),
    ]


def cases() -> list[Case]:
    gcc = [case for c in cxx_compilers() if c == "g++" for case in made_by_gcc(c) + used_by_gcc(c)]
    return gcc + [case for c in clangs() for case in of_clang(c.replace("clang", "clang++"))]
