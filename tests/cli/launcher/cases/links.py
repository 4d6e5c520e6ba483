"""Links and archives, which are cached where ZCCACHE_LINK asks for them."""
from case import HIT, MISS, PASS, UNSTORED, Case, Change, can, cxx_compilers, is_there

SOURCES = {
    "a.c": '#include <stdio.h>\nint f(int);\nint main(void) { printf("%d\\n", f(1)); return 0; }\n',
    "b.c": "int f(int x) { return x + 1; }\n",
    "c.c": "int f(int x) { return x + 2; }\n",
}
CXX = {
    "main.cpp": "#include <string>\nstd::string f();\nint main() { return f().size() == 3 ? 0 : 1; }\n",
    "f.cpp": '#include <string>\nstd::string f() { return "abc"; }\n',
}
ON = {"ZCCACHE_LINK": "on"}

OBJECT_EDITED = Change("an object is another", "gcc -O1 -DMORE -c c.c -o b.o", MISS)
OBJECT_BACK = Change("and what it was", "gcc -c b.c", HIT)
LIBRARY_REPLACED = Change("the library is another", "rm lib/libb.a; gcc -c c.c -o other.o; ar rcs lib/libb.a other.o", MISS)
LIBRARY_TOUCHED = Change("the library is made again", "touch lib/libb.a", HIT)
LIBRARY_BEFORE = Change("one comes before it", "gcc -c c.c -o other.o; ar rcs first/libb.a other.o", MISS)
LIBRARY_GONE = Change("and goes again", "rm first/libb.a", HIT)
SHARED_BEFORE = Change("a shared one beside it comes before it", "gcc -shared c.c -o lib/libb.so", MISS)
LIBRARIES = "gcc -c a.c b.c; mkdir first lib; ar rcs lib/libb.a b.o"


def link(name: str, command: str, prepare: str = "gcc -c a.c b.c", more: dict[str, str] | None = None, **other) -> Case:
    return Case(name, command, SOURCES | (more or {}), prepare=prepare, environment=ON, **other)


def programs() -> list[Case]:
    in_order = (Change("in another order", ":", MISS, "gcc b.o a.o -o prog"), Change("under another name", ":", HIT, "gcc b.o a.o -o prog.2"))
    return [
        link("a program", "gcc a.o b.o -o prog", changes=(OBJECT_EDITED, OBJECT_BACK, Change("an object is touched", "touch a.o", HIT), *in_order)),
        link("a program without a name", "gcc a.o b.o"),
        link("a program in a directory", "gcc ../a.o ../b.o -o prog", "gcc -c a.c b.c; mkdir in also; touch also/more", directory="in", changes=(Change("in another one", ":", HIT, directory="also"),)),
        link("a program in the place of an old one", "gcc a.o b.o -o prog", "gcc -c a.c b.c; gcc -Wl,-Map=old.map a.c c.c -o prog; chmod 700 prog; gcc -g a.c b.c",
             changes=(OBJECT_EDITED, Change("the old one goes", "rm prog", HIT))),
        # A linker may write into it, and of these some make it executable.
        link("a program in the place of an empty file", "gcc a.o b.o -o prog", "gcc -c a.c b.c; : >prog; chmod 600 prog", first=PASS, second=PASS, why="is an empty file"),
        link("a program by name of its objects", "gcc a.o nothing.o -o prog", first=UNSTORED, second=UNSTORED),
        link("compiled and linked", "gcc a.c b.c -o prog", changes=(Change("a source is edited", "echo '// more' >>b.c", MISS), Change("and back", "sed -i '$d' b.c", HIT))),
        link("compiled and linked with debug information", "gcc -g a.c b.c -o prog", "mkdir in; cp a.c b.c in", changes=(Change("in another directory", ":", MISS, directory="in"),)),
        link("compiled and linked, compressed", "gcc -g a.c b.c -o prog -Wl,--compress-debug-sections=zlib", "mkdir in; cp a.c b.c in", changes=(Change("in another directory", ":", MISS, directory="in"),)),
        link("a map and other names", "gcc a.o b.o -o prog -Wl,-Map=prog.map -Wl,--build-id=sha1 -Wl,-rpath,dir", changes=(Change("of another program", ":", MISS, "gcc a.o b.o -o other -Wl,-Map=prog.map -Wl,--build-id=sha1 -Wl,-rpath,dir"),)),
        link("a build ID of its own", "gcc a.o b.o -o prog -Wl,--build-id=uuid", first=PASS, second=PASS, why="random build ID", varies="prog"),
        link("a static program", "gcc -static a.o b.o -o prog", changes=(OBJECT_EDITED, OBJECT_BACK)),
        link("a shared library", "gcc -shared a.o b.o -o libab.so -Wl,-soname,libab.so.1", "gcc -fPIC -c a.c b.c", changes=(Change("by another name", ":", MISS, "gcc -shared a.o b.o -o libab.so -Wl,-soname,libab.so.2"),)),
        link("objects made one", "gcc -r a.o b.o -o ab.o"),
        link("a program by a response file", "gcc @objects -o prog", "gcc -c a.c b.c; echo a.o b.o >objects", changes=(OBJECT_EDITED, OBJECT_BACK, Change("it names others", "echo b.o a.o >objects", MISS))),
        link("a program that the linker warns of", "gcc a.o b.o -o prog", more={"b.c": '#include <stdio.h>\nint f(int x) { char a[L_tmpnam]; return tmpnam(a) ? x : 0; }\n'}),
        link("split debug information", "gcc -gsplit-dwarf a.c b.c -o prog", changes=(Change("under another name", ":", MISS, "gcc -gsplit-dwarf a.c b.c -o other"),)),
        link("linked by ld itself", "ld -r a.o b.o -o ab.o", changes=(OBJECT_EDITED, OBJECT_BACK, Change("under another name", ":", HIT, "ld -r a.o b.o -o ba.o"))),
        link("a link by the compiler's name", "g++ a.o b.o -o prog", launched="./g++ a.o b.o -o prog", prepare='gcc -c a.c b.c; ln -s "$LAUNCHER" g++'),
        link("an archive by its maker's name", "ar rcs lib.a a.o b.o", launched="./ar rcs lib.a a.o b.o", prepare='gcc -c a.c b.c; ln -s "$LAUNCHER" ar'),
        Case("not asked for", "gcc a.o b.o -o prog", SOURCES, prepare="gcc -c a.c b.c", first=PASS, second=PASS, why="ZCCACHE_LINK is off"),
        Case("an archive, not asked for", "ar rcs lib.a a.o", SOURCES, prepare="gcc -c a.c b.c", first=PASS, second=PASS, why="ZCCACHE_LINK is off"),
        Case("too large", "gcc a.o b.o -o prog", SOURCES, prepare="gcc -c a.c b.c", environment=ON | {"ZCCACHE_LINK_MAX_SIZE": "1K"}, first=PASS, second=PASS, why="more than ZCCACHE_LINK_MAX_SIZE"),
        Case("too large, as it turns out", "gcc a.o b.o -o prog", SOURCES, prepare="gcc -c a.c b.c", environment=ON | {"ZCCACHE_LINK_MAX_SIZE": "8K"}, first=UNSTORED, second=UNSTORED, why="more than ZCCACHE_LINK_MAX_SIZE"),
        Case("C++", "g++ main.o f.o -o prog", CXX, prepare="g++ -c main.cpp f.cpp", environment=ON, changes=(Change("an object is another", "g++ -O2 -c f.cpp", MISS),)),
    ]


def libraries() -> list[Case]:
    script = {"script": "VERSION_1 { global: f; local: *; };\n", "text.ld": "INPUT(b.o)\n"}
    cases = [
        link("a library that is found", "gcc a.o -o prog -Lfirst -Llib -lb", LIBRARIES, changes=(LIBRARY_TOUCHED, LIBRARY_BEFORE, LIBRARY_GONE, LIBRARY_REPLACED, SHARED_BEFORE)),
        Case("a library by LIBRARY_PATH", "gcc a.o -o prog -lb", SOURCES, prepare=LIBRARIES, environment=ON | {"LIBRARY_PATH": "lib"}, changes=(LIBRARY_TOUCHED, LIBRARY_REPLACED, SHARED_BEFORE)),
        link("a version script", "gcc -shared b.o -o libb.so -Wl,--version-script=script", "gcc -fPIC -c b.c", script, changes=(Change("it is edited", "sed -i s/_1/_2/ script", MISS), Change("and back", "sed -i s/_2/_1/ script", HIT))),
        link("a linker script as an input", "gcc a.o text.ld -o prog", more=script, changes=(Change("it names another object", "cp b.o other.o; echo 'INPUT(other.o)' >text.ld", MISS), Change("that one is edited", "gcc -c c.c -o other.o", MISS))),
        link("a shared library that it needs", "gcc a.o libb.so -o prog", "gcc -c a.c; gcc -shared -fPIC b.c -o libb.so", changes=(Change("it is another", "gcc -shared -fPIC -Wl,-soname,b.1 b.c -o libb.so", MISS),)),
    ]
    if can("gcc", "-fuse-ld=gold -xc", "int main(void) { return 0; }"):
        cases += [
            link("gold", "gcc -fuse-ld=gold a.o b.o -o prog -Wl,-Map=prog.map", changes=(OBJECT_EDITED, OBJECT_BACK)),
            link("gold in the place of an old program", "gcc -fuse-ld=gold a.o b.o -o prog", "gcc -c a.c b.c; gcc a.c c.c -o prog"),
            # It lists the directories that it searches.
            link("a library that gold finds", "gcc -fuse-ld=gold a.o -o prog -Lfirst -Llib -lb", LIBRARIES, changes=(LIBRARY_BEFORE, LIBRARY_GONE, LIBRARY_REPLACED)),
        ]
    if can("gcc", "-fuse-ld=lld -xc", "int main(void) { return 0; }"):
        cases += [
            link("lld", "gcc -fuse-ld=lld a.o b.o -o prog -Wl,-Map=prog.map", changes=(OBJECT_EDITED, OBJECT_BACK)),
            link("lld in the place of an old program", "gcc -fuse-ld=lld a.o b.o -o prog", "gcc -c a.c b.c; gcc a.c c.c -o prog", changes=(OBJECT_EDITED, Change("the old one goes", "rm prog", HIT))),
            link("a library that lld finds", "gcc -fuse-ld=lld a.o -o prog -Lfirst -Llib -lb", LIBRARIES, changes=(LIBRARY_BEFORE, LIBRARY_GONE, LIBRARY_REPLACED, SHARED_BEFORE)),
            link("lld that links a file into itself", "ld.lld -r ab.o a.o -o ab.o", "gcc -c a.c b.c; ld -r b.o -o ab.o", first=UNSTORED, second=UNSTORED, why="it reads"),
        ]
    return cases


def optimised() -> list[Case]:
    """By the linker, which then runs a compiler."""
    thin = "{c} -flto=thin -c main.cpp f.cpp"
    cases = []
    for cc in cxx_compilers():
        cases.append(Case(f"{cc} -flto", f"{cc} -O2 -flto main.o f.o -o prog", CXX, prepare=f"{cc} -O2 -flto -c main.cpp f.cpp", environment=ON, changes=(Change("an object is another", f"sed -i s/abc/abd/ f.cpp; {cc} -flto -c f.cpp", MISS),)))
        cases.append(Case(f"{cc}, compiled and linked", f"{cc} -O1 main.cpp f.cpp -o prog", CXX, environment=ON))
        if cc == "g++":
            continue
        for linker in ("gold", "lld"):
            if can(cc, f"-fuse-ld={linker} -flto=thin -xc++", "int main() { return 0; }"):
                cases.append(Case(f"{cc} -flto=thin by {linker}", f"{cc} -O2 -flto=thin -fuse-ld={linker} main.o f.o -o prog", CXX, prepare=thin.format(c=cc), environment=ON,
                                  changes=(Change("an object is another", f"sed -i s/abc/abd/ f.cpp; {cc} -flto=thin -c f.cpp", MISS),)))
    # By make, which lists the directory of temporary files.
    cases.append(Case("g++ -flto, beside one another", "g++ -O2 -flto=2 main.o f.o -o prog", CXX, prepare="g++ -O2 -flto -c main.cpp f.cpp", environment=ON, first=UNSTORED, second=UNSTORED, why="changed while"))
    return cases


def archives() -> list[Case]:
    again = Change("an object is another", "gcc -c c.c -o b.o", MISS)
    cases = [
        link("ar", "ar rcs lib.a a.o b.o", changes=(again, OBJECT_BACK, Change("in another order", ":", MISS, "ar rcs lib.a b.o a.o"))),
        link("ar as CMake calls it", "ar qc lib.a a.o b.o", changes=(again,)),
        link("ar on an archive that is there", "ar rcs lib.a a.o", "gcc -c a.c b.c; ar rcs lib.a a.o b.o; chmod 600 lib.a",
             changes=(Change("of other members", "rm lib.a; ar rcs lib.a b.o", MISS), Change("and those again", "rm lib.a; ar rcs lib.a a.o b.o", HIT), Change("and no more", "rm lib.a", MISS), Change("and an empty one", "ar rcs lib.a", MISS))),
        link("ranlib", "ranlib lib.a", "gcc -c a.c b.c; ar rcS lib.a a.o b.o", changes=(Change("of other members", "rm lib.a; ar rcS lib.a b.o", MISS),)),
        link("a thin archive", "ar rcsT lib.a a.o b.o", changes=(again,)),
        link("ar by a response file", "ar rcs lib.a @objects", "gcc -c a.c b.c; echo a.o b.o >objects", changes=(again, Change("it names others", "echo b.o a.o >objects", MISS))),
        link("an archive with the times of its members", "ar rcUS lib.a a.o b.o", first=UNSTORED, second=UNSTORED, why="times"),
        link("an archive that is listed", "ar t lib.a", "gcc -c a.c b.c; ar rcs lib.a a.o b.o", changes=(Change("of other members", "rm lib.a; ar rcs lib.a b.o", MISS),)),
        link("members that are taken out", "ar x lib.a", "gcc -c a.c b.c; ar rcs lib.a a.o b.o; rm a.o b.o"),
        Case("ar of gcc", "gcc-ar rcs lib.a a.o b.o", SOURCES, prepare="gcc -flto -c a.c b.c", environment=ON),
        # It is named, so it need not be asked for.
        Case("ar by ZCCACHE_PROGRAMS", "ar rcs lib.a a.o b.o", SOURCES, prepare="gcc -c a.c b.c", programs="ar", changes=(again,)),
    ]
    if is_there("llvm-ar"):
        cases += [
            link("llvm-ar", "llvm-ar rcs lib.a a.o b.o", changes=(again, OBJECT_BACK)),
            link("llvm-ar on an archive that is there", "llvm-ar rcs lib.a a.o", "gcc -c a.c b.c; ar rcs lib.a a.o b.o", changes=(Change("of other members", "rm lib.a; ar rcs lib.a b.o", MISS), Change("and no more", "rm lib.a", MISS))),
            link("llvm-ranlib", "llvm-ranlib lib.a", "gcc -c a.c b.c; ar rcS lib.a a.o b.o"),
        ]
    return cases


def cases() -> list[Case]:
    return programs() + libraries() + optimised() + archives()
