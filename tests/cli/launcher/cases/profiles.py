"""Profiles, made for and used; sanitizers and link-time optimisation before the link."""
from case import HIT, MISS, UNSTORED, Case, Change, c_compilers, clangs

SOURCES = {"a.c": "int main(int n, char** v) {\n  int sum = 0;\n  for (int i = 0; i < 1000 * n; ++i) sum += i % 3 ? i : 1;\n  return sum == 7;\n}\n"}


def cases() -> list[Case]:
    all_cases = []
    for c in c_compilers():
        for options in ("-fprofile-generate", "-fprofile-generate=profiles", "-fprofile-arcs", "-fsanitize=address", "-fsanitize=undefined -g", "-flto", "-flto -g", "-pg", "-fopenmp -g"):
            if options.startswith("-fopenmp") and c != "gcc":
                continue
            all_cases.append(Case(f"{c} {options}", f"{c} -O2 -frandom-seed=1 {options} -c a.c -o a.o", SOURCES))
    use = "gcc -O2 -frandom-seed=1 -fprofile-use -c a.c -o a.o"
    count = "gcc -O2 -fprofile-generate a.c -o a; ./a || :"
    all_cases += [
        Case("gcc -fprofile-use", use, SOURCES, prepare=count, changes=(Change("it has counted more", "./a more || :", MISS), Change("the profile goes", "rm a.gcda", MISS))),
        Case("gcc -fprofile-use=", "gcc -O2 -frandom-seed=1 -fprofile-use=a.gcda -c a.c", SOURCES, prepare=count),
        Case("gcc --coverage beside old counts", "gcc --coverage -frandom-seed=1 -c a.c", SOURCES | {"a.gcda": "old"}, first=UNSTORED, second=UNSTORED, why="removes"),
    ]
    for c in clangs():
        merge = f"llvm-profdata{c.removeprefix('clang')}"
        count = f"{c} -O2 -fprofile-instr-generate=a.raw a.c -o a; ./a || :; {merge} merge a.raw -o a.profile"
        all_cases += [
            Case(f"{c} -fprofile-instr-generate -fcoverage-mapping", f"{c} -O2 -fprofile-instr-generate -fcoverage-mapping -c a.c", SOURCES),
            Case(f"{c} -fprofile-use=", f"{c} -O2 -fprofile-use=a.profile -c a.c", SOURCES, prepare=count, needs=(merge,), changes=(Change("it has counted more", f"./a more || :; {merge} merge a.raw -o a.profile", MISS),)),
        ]
    return all_cases
