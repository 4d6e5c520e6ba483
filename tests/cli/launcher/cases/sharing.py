"""Two checkouts of one project. What the second one is served is what the bare compiler makes there."""
from case import HIT, MISS, Case, Change, c_compilers, clangs

C = '#include "a.h"\nint answer(int unused) { return VALUE; }\nconst char* where(void) { return __FILE__; }\n'
CHECKOUT = {"src/a.h": "#define VALUE 42\n", "src/a.c": C, "build/here": ""}
SOURCES = {f"{checkout}/{name}": text for checkout in ("one", "two") for name, text in CHECKOUT.items()}
DEBIAN = "-g -O2 -ffile-prefix-map={tree}/one=. -fstack-protector-strong -Wformat -Werror=format-security -Wdate-time -D_FORTIFY_SOURCE=2"
def two(name: str, command: str, decision: str, place: str = "") -> Case:
    """`command` is of the first checkout, and runs in `place` there."""
    other = command.replace("{tree}/one", "{tree}/two")
    return Case(name, command, SOURCES, directory=f"one/{place}", changes=(Change("in another checkout", ":", decision, other, f"two/{place}"),))


def cases() -> list[Case]:
    all_cases = []
    for c in c_compilers():
        for options in ("", "-MD -MF a.d", "-g0", "-g1 -ffile-prefix-map={tree}/one=.", "-g -gsplit-dwarf -ffile-prefix-map={tree}/one=/source", "-g3 -MD -ffile-prefix-map={tree}/one=.", DEBIAN):
            all_cases.append(two(f"{c} {options}", f"{c} {options} -c src/a.c -o a.o", HIT))
        all_cases += [
            two(f"{c} -g without a map", f"{c} -g -c src/a.c -o a.o", MISS),
            two(f"{c} -g -gz, where nobody can search", f"{c} -g -gz -fdebug-prefix-map={{tree}}/one=. -c src/a.c -o a.o", MISS),
            Case(f"{c} -g with a map, and the other checkout has another source", f"{c} -g -ffile-prefix-map={{tree}}/one=. -c src/a.c", SOURCES, directory="one",
                 changes=(Change("in another checkout", "echo 'int more;' >>two/src/a.c", MISS, f"{c} -g -ffile-prefix-map={{tree}}/two=. -c src/a.c", "two"),)),
            two(f"{c} -g with a map of another directory", f"{c} -g -ffile-prefix-map={{tree}}/one/src=. -c src/a.c -o a.o", MISS),
            two(f"{c} -g in a directory below the map's", f"{c} -g -ffile-prefix-map={{tree}}/one=/usr/src/project -c ../src/a.c -o a.o", HIT, "build"),
            two(f"{c} of a source by its absolute path", f"{c} -g -ffile-prefix-map={{tree}}/one=. -c {{tree}}/one/src/a.c -o a.o", MISS, "build"),
            two(f"{c} coverage in spite of a map", f"{c} --coverage -frandom-seed=1 -ffile-prefix-map={{tree}}/one=. -c src/a.c -o a.o", MISS),
            Case(f"{c} with a map, and a directory becomes a link", f"{c} -g -ffile-prefix-map={{tree}}/one=. -c src/a.c", SOURCES, directory="one",
                 changes=(Change("it does", "mv one/src one/lib; ln -s lib one/src", HIT),)),
            Case(f"{c} with a map, and the other checkout has a link", f"{c} -g -ffile-prefix-map={{tree}}/one=. -c ../src/a.c", SOURCES, directory="one/build",
                 changes=(Change("in another checkout", "mv two/src two/lib; ln -s lib two/src", HIT, f"{c} -g -ffile-prefix-map={{tree}}/two=. -c ../src/a.c", "two/build"),)),
            # The map of the second command changes the name of a header that lies elsewhere, that of the first one does not.
            Case(f"{c} with a map that covers more", f"{c} -g -ffile-prefix-map={{tree}}/x/p=. -I{{tree}}/inc -c a.c", {"x/p/w/a.c": C, "w/a.c": C, "inc/a.h": "static int VALUE = 1;\n"}, directory="x/p/w",
                 changes=(Change("the other map", ":", MISS, f"{c} -g -ffile-prefix-map={{tree}}=. -I{{tree}}/inc -c a.c", "w"),)),
        ]
    for c in clangs():
        all_cases.append(two(f"{c} -ffile-compilation-dir", f"{c} -g -ffile-compilation-dir=. -c src/a.c -o a.o", HIT))
    return all_cases
