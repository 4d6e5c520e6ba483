"""Other languages that gcc and clang compile, and what is made for this machine alone."""
from case import MISS, UNSTORED, Case, Change, c_compilers, can, clangs

OBJECTIVE_C = {"a.m": "@interface Thing { int n; }\n- (int)n;\n@end\n@implementation Thing\n- (int)n { return n; }\n@end\n"}
FORTRAN = {"m.f90": "module numbers\n  integer, parameter :: answer = 42\nend module\n", "use.f90": "program main\n  use numbers\n  print *, answer\nend program\n", "old.F": "#define VALUE 7\n      PROGRAM OLD\n      PRINT *, VALUE\n      END\n"}
ADA = {"a.adb": "procedure A is begin null; end A;\n"}
C = {"a.c": "float f(float* x) { float s = 0; for (int i = 0; i < 64; ++i) s += x[i] * x[i]; return s; }\n", "a.ll": "define i32 @f() {\n  ret i32 1\n}\n"}


def cases() -> list[Case]:
    all_cases = []
    for c in c_compilers():
        all_cases += [
            Case(f"{c} -march=native", f"{c} -O3 -march=native -c a.c", C),
            Case(f"{c} -mtune=native -S", f"{c} -O3 -mtune=native -S a.c", C),
            Case(f"{c} of C as C++", f"{c} -x c++ -c a.c", C),
        ]
    for c in clangs() + (["gcc"] if can("gcc", "-x objective-c -fsyntax-only") else []):
        all_cases.append(Case(f"{c} of Objective-C", f"{c} -g -MD -c a.m", OBJECTIVE_C))
    edited = Change("the module is another", "sed -i s/42/43/ m.f90; gfortran -c m.f90 -o m.o", MISS)
    return all_cases + [
        Case("gfortran makes a module", "gfortran -c m.f90", FORTRAN, changes=(Change("it is edited", "sed -i s/42/43/ m.f90", MISS),)),
        Case("gfortran makes a module elsewhere", "gfortran -J mods -g -c m.f90 -o m.o", FORTRAN, prepare="mkdir mods"),
        Case("gfortran makes a module that is there", "gfortran -c m.f90", FORTRAN, prepare="gfortran -c m.f90",
             # It compares it with the old one, and keeps that where they are the same.
             changes=(Change("it is edited", "sed -i s/42/43/ m.f90", UNSTORED),)),
        Case("gfortran uses a module", "gfortran -c use.f90", FORTRAN, prepare="gfortran -c m.f90", changes=(edited,)),
        Case("gfortran of preprocessed Fortran", "gfortran -cpp -MD -c old.F", FORTRAN),
        Case("gcc of Fortran", "gcc -O2 -c m.f90 -o m.o", FORTRAN, needs=("gfortran",)),
        # It asks for the time of day.
        Case("gcc of Ada", "gcc -gnatwa -c a.adb", ADA, needs=("gnatbind",), first=UNSTORED, second=UNSTORED, why="clock"),
    ]
