"""Programs that the user names, and the ways in which a compiler is named."""
from case import HIT, MISS, PASS, UNSTORED, Case, Change

C = {"a.c": "int f(int unused) { return 1; }\n"}
GRAMMAR = {"a.y": "%{\nint yylex(void);\nvoid yyerror(const char*);\n%}\n%token NUMBER\n%%\nsum: NUMBER | sum '+' NUMBER;\n%%\n", "more.y": ""}
LEXER = {"a.l": "%option noyywrap\n%%\n[0-9]+ { return 1; }\n%%\n"}
PROTOCOL = {"a.proto": 'syntax = "proto3";\nimport "b.proto";\nmessage A { B b = 1; }\n', "b.proto": 'syntax = "proto3";\nmessage B { int32 n = 1; }\n'}
WIDGET = {"a.h": "#include <QObject>\nclass A : public QObject {\n  Q_OBJECT\n public:\n  int n = 0;\n signals:\n  void changed();\n};\n", "dir/here": ""}
TIDY = {"a.cpp": '#include "value.h"\nint f(int x) { if (x = VALUE) return 0; return x; }\n', "value.h": "#define VALUE 1\n", ".clang-tidy": "Checks: '-*,bugprone-*'\n"}


def cases() -> list[Case]:
    edited = Change("what it imports is edited", "sed -i s/int32/int64/ b.proto", MISS)
    return [
        Case("nobody named it", "bison a.y", GRAMMAR, first=PASS, second=PASS, why="neither gcc nor clang"),
        Case("bison", "bison -d -v -o out.c a.y", GRAMMAR, programs="moc,bison", changes=(Change("it is edited", "echo '/* more */' >>a.y", MISS),)),
        Case("bison without -o", "bison a.y", GRAMMAR, programs="bison"),
        Case("bison that fails", "bison more.y", GRAMMAR, programs="bison", first=UNSTORED, second=UNSTORED),
        Case("flex", "flex -o out.c --header-file=out.h a.l", LEXER, programs="flex", changes=(Change("it is edited", "sed -i s/1/2/ a.l", MISS),)),
        Case("flex to standard output", "flex -t a.l", LEXER, programs="flex"),
        Case("protoc", "protoc --cpp_out=. --dependency_out=a.d a.proto", PROTOCOL, programs="protoc", changes=(edited,)),
        Case("moc", "moc -I. a.h -o dir/moc_a.cpp", WIDGET, programs="moc", changes=(Change("it is edited", "sed -i s/changed/moved/ a.h", MISS),)),
        Case("clang-tidy", "clang-tidy --quiet a.cpp -- -I.", TIDY, programs="clang-tidy",
             changes=(Change("a header is edited", "echo '#define VALUE 2 // two' >value.h", MISS), Change("its checks are others", "echo \"Checks: '-*,misc-*'\" >.clang-tidy", MISS))),
        Case("sort", "sort -o sorted a.c", C, programs="sort", changes=(Change("it is edited", "echo more >>a.c", MISS),)),
        Case("objcopy", "objcopy --strip-debug a.o b.o", C, programs="objcopy", prepare="gcc -g -c a.c"),
        Case("strip in place", "strip a.o", C, programs="strip", prepare="gcc -g -c a.c", changes=(Change("of another object", "gcc -g -O2 -DMORE -c a.c", MISS), Change("of the first one", "gcc -g -c a.c", HIT))),
        Case("a file that is sorted into itself", "sort -o a.c a.c", C, programs="sort", first=UNSTORED, second=UNSTORED),
        Case("a script", "./copy a.c b.c", C | {"copy": '#!/bin/sh\ncp "$1" "$2"\n'}, programs="copy", prepare="chmod +x copy", changes=(Change("it is edited", "echo 'echo more >>\"$2\"' >>copy", MISS),)),
        Case("a script that shows the date", "./when", C | {"when": "#!/bin/sh\ndate >when.txt\n"}, programs="when", prepare="chmod +x when", varies="when.txt", first=UNSTORED, second=UNSTORED, why="clock"),
        Case("a program that reads standard input", "cat a.c -", C, programs="cat", first=UNSTORED, second=UNSTORED, why="standard input"),
        # What it writes depends on where, though it does not show the name.
        Case("an output elsewhere", "moc a.h -o moc_a.cpp", WIDGET, programs="moc", changes=(Change("in a directory", ":", MISS, "moc a.h -o dir/moc_a.cpp"), Change("and back", ":", HIT, "moc a.h -o moc_a.cpp"))),
        Case("c99", "c99 -Wall -Wextra -c a.c", C),
        Case("c89", "c89 -c a.c -o b.o", C),
        Case("the launcher named twice", "gcc -Wall -Wextra -c a.c", C, launched="{cc} gcc -Wall -Wextra -c a.c"),
        Case("the launcher named three times, once by a link", "gcc -c a.c", C, launched="{cc} ./launcher gcc -c a.c", prepare='ln -s "$LAUNCHER" launcher'),
        Case("a compiler that is a link to the launcher", "gcc -Wall -Wextra -g -c a.c", C, launched="./gcc -Wall -Wextra -g -c a.c", prepare='ln -s "$LAUNCHER" gcc'),
    ]
