"""What a compile writes besides its object."""
from case import Case, Change, c_compilers, clangs

SOURCES = {"a.c": "int g(int);\nint f(int unused) {\n  for (int i = 0; i < 3; ++i) unused += g(i);\n  return unused;\n}\n", "b.c": "int b(void) { return 2; }\n", "out/empty": ""}
OF_BOTH = ("-save-temps", "-save-temps=obj", "-fstack-usage", "--coverage", "-ftest-coverage", "-g -gsplit-dwarf", "-MD -MP", "-Wp,-MD,out/a.dep", "-dumpdir out/ -fstack-usage", "-frecord-gcc-switches")
OF_GCC = ("-fdump-tree-optimized", "-fdump-tree-all", "-fdump-lang-all", "-fopt-info-all=out/info", "-fcallgraph-info", "-fdiagnostics-format=json -Wall", "-aux-info out/aux", "-fcompare-debug", "-fdump-go-spec=out/spec", "-dumpbase named -save-temps")
OF_CLANG = ("--serialize-diagnostics out/a.dia -Wall", "-fsave-optimization-record", "-foptimization-record-file=out/a.yaml", "-MJ out/a.json")


def cases() -> list[Case]:
    all_cases = []
    for c in c_compilers():
        for options in OF_BOTH + (OF_GCC if c == "gcc" else OF_CLANG):
            all_cases.append(Case(f"{c} {options}", f"{c} -O2 -frandom-seed=1 {options} -c a.c -o out/a.o", SOURCES))
        all_cases += [
            Case(f"{c}, several sources", f"{c} -O2 -c a.c b.c", SOURCES, changes=(Change("the second is edited", "sed -i s/2/3/ b.c", "miss"),)),
            Case(f"{c}, several sources with everything", f"{c} -O2 -g -MD -fstack-usage -frandom-seed=1 --coverage -save-temps -c a.c b.c", SOURCES),
        ]
    # What is named like the object need not be named after it.
    all_cases.append(Case("a file of dependencies that is named by itself", "gcc -c a.c -o a.o -MT x -Wp,-MD,a.d", SOURCES,
                          changes=(Change("of another object", ":", "miss", "gcc -c a.c -o b.o -MT x -Wp,-MD,a.d"),)))
    for c in clangs():
        all_cases += [
            # The times that it took: what is served is of the compile that was stored.
            Case(f"{c} -ftime-trace", f"{c} -O2 -ftime-trace -c a.c -o out/a.o", SOURCES, varies="out/*.json"),
            Case(f"{c} -MJ to what is there", f"{c} -MJ all.json -c a.c", SOURCES | {"all.json": "{},\n"}),
        ]
    # Addresses and hashes of them.
    for options in ("-fdump-rtl-all", "-fdump-ipa-all", "-da"):
        all_cases.append(Case(f"gcc {options}", f"gcc -O2 {options} -c a.c -o out/a.o", SOURCES, varies="out/*"))
    return all_cases
