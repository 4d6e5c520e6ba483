"""Compiles that end before the object, or begin after the preprocessor."""
from case import Case, c_compilers, clangs, cxx_compilers

SOURCES = {"value.h": "#define VALUE 42\n", "a.c": '#include "value.h"\nint answer(int unused) { return VALUE; }\n'}


def cases() -> list[Case]:
    all_cases = []
    for c in c_compilers():
        for options in ("-S", "-S -fverbose-asm", "-S -o out.s", "-E", "-E -P -o a.i", "-E -dM", "-E -dD", "-M", "-MM", "-MM -MF deps", "-MM -MG", "-H -fsyntax-only", "-fsyntax-only -Wall -Wextra", "-E -MD -MF deps -o a.i"):
            all_cases.append(Case(f"{c} {options}", f"{c} {options} a.c", SOURCES))
        if c == "gcc":
            all_cases.append(Case(f"{c} -fdirectives-only", f"{c} -E -fdirectives-only a.c -o a.i", SOURCES))
        all_cases.append(Case(f"{c} of a preprocessed source", f"{c} -g -c a.i", SOURCES, prepare=f"{c} -E a.c -o a.i"))
        all_cases.append(Case(f"{c} -fpreprocessed", f"{c} -fpreprocessed -O2 -c a.i -o a.o" if c == "gcc" else f"{c} -x cpp-output -O2 -c a.i -o a.o", SOURCES, prepare=f"{c} -E a.c -o a.i"))
    for c in cxx_compilers():
        all_cases.append(Case(f"{c} of a preprocessed source", f"{c} -g -c a.ii", SOURCES, prepare=f"{c} -E -x c++ a.c -o a.ii"))
    for c in clangs():
        for options in ("-emit-llvm -c", "-emit-llvm -S", "-emit-llvm -S -o out.ll", "-emit-ast", "-rewrite-legacy-objc -fsyntax-only", "-E -frewrite-includes -o a.i"):
            all_cases.append(Case(f"{c} {options}", f"{c} {options} a.c", SOURCES))
        # It shows addresses, which are others each time.
        all_cases.append(Case(f"{c} -ast-dump", f"{c} -Xclang -ast-dump -fsyntax-only a.c", SOURCES, varies="stdout"))
        all_cases.append(Case(f"{c} of bitcode", f"{c} -O2 -c a.bc", SOURCES, prepare=f"{c} -emit-llvm -c a.c -o a.bc"))
        all_cases.append(Case(f"{c} of LLVM's assembler", f"{c} -O2 -c a.ll", SOURCES, prepare=f"{c} -emit-llvm -S a.c -o a.ll"))
    return all_cases
