"""Headers that only define macros and are written anew, as a build does with a configuration or a version: served again where what changed are
values of macros that the compile cannot name, compiled where it can."""
from case import HIT, MISS, Case, Change, c_compilers, cxx

CONFIG = """/* Made by a script at 12:00. */
#ifndef CONFIG_H
#define CONFIG_H
#define BUILD_DATE "2026-01-01 12:00:00"
#define BUILD_NUMBER 1234 /* counts */
#define WITH_IPV6 1
#  define WITH_TLS
#define NAME_OF(x) #x
#define default_port 80
#endif
"""
SOURCE = '#include "config.h"\n#include <string.h>\n#ifdef WITH_IPV6\nint ipv6 = WITH_IPV6;\n#endif\nint port = default_port;\n'
ANEW = "sed -i 's/12:00/13:30/g; s/1234/1235678/' config.h"


def of(name: str, command: str, decision: str, edit: str = ANEW, more: str = "", config: str = CONFIG, **others) -> Case:
    files = {"config.h": config, "a.c": SOURCE + more}
    return Case(name, command, files | others.pop("files", {}), changes=(Change("made anew", edit, decision), Change("and as it was", undone(edit), HIT)), **others)


def undone(edit: str) -> str:
    return "sed -i 's/13:30/12:00/g; s/1235678/1234/' config.h" if edit == ANEW else ":"


def cases() -> list[Case]:
    all_cases = []
    for c in c_compilers():
        plain = f"{c} -O2 -Wall -Wextra -MD -c a.c -o a.o"
        hits = [
            ("a date and a number", plain, {}),
            ("for a user of UTF-8", plain, {"environment": {"LC_ALL": "C.UTF-8"}}),
            ("in a header of the command line", f"{c} -include config.h -c a.c -o a.o", {}),
            ("as the kernel's build does it", f"{c} -Wp,-MMD,a.d -include ./config.h -c a.c -o a.o", {}),
            ("a value that names a macro", plain, {"edit": "sed -i 's/1234/(WITH_IPV6)/' config.h"}),
            ("no value", plain, {"edit": "sed -i 's/1234//' config.h"}),
            ("where words are put together to other names", plain, {"more": "#define JOIN(a, b) a##b\nint JOIN(BUILD_, HOST) = 1;\n"}),
            ("where a longer name begins alike", plain, {"more": "int BUILD_DATES = 1, MY_BUILD_NUMBER = 2;\n"}),
        ]
        misses = [
            ("a value that is used", plain, {"more": "int number = BUILD_NUMBER;\n"}),
            ("a name in a condition", plain, {"more": "#if BUILD_NUMBER > 1234\nint late;\n#endif\n"}),
            ("a name that is put together", plain, {"more": "#define JOIN_(a, b) a##b\n#define JOIN(a, b) JOIN_(a, b)\nint number = JOIN(BUILD_, NUMBER);\n"}),
            ("a name of three parts, one of them a number", plain, {"more": "#define J(a, b, c) a##b##c\nint number = J(BUI, LD_NU, MBER);\n"}),
            ("a name across two lines", plain, {"more": "int number = BUILD_NUM\\\nBER;\n"}),
            ("a name on the command line", f"{c} -DNUMBER=BUILD_NUMBER -c a.c -o a.o", {"more": "int number = NUMBER;\n"}),
            ("a name in another header", plain, {"more": '#include "b.h"\n', "files": {"b.h": "static const char date[] = BUILD_DATE;\nconst char* dated(void) { return date; }\n"}}),
            ("a name in another header that only defines", plain, {"more": '#include "b.h"\nint number = NUMBER;\n', "files": {"b.h": "#define NUMBER BUILD_NUMBER\n"}}),
            ("a name in a pragma's string", plain, {"more": '#pragma push_macro("BUILD_NUMBER")\n#undef WITH_TLS\nint number = BUILD_\\\nNUMBER;\n'}),
            ("a macro that the file itself uses", plain, {"config": CONFIG + "#if BUILD_NUMBER > 1234\n#define LATE\n#endif\n", "more": "#ifdef LATE\nint late;\n#endif\n"}),
            ("two macros of one name", plain, {"config": CONFIG.replace("#  define WITH_TLS", "#if 1\n#define OTHER\n#else\n#define BUILD_NUMBER 1234\n#endif")}),
            ("a name that -D gives, which warns of another value", f"{c} -DBUILD_NUMBER=1234 -c a.c -o a.o", {}),
            ("a word that is forbidden", plain, {"more": "#pragma GCC poison nothing_of_this\n"}),
            ("a name in a header that is named like a library", plain, {"more": '#include "names.so"\n', "files": {"names.so": "int number = BUILD_NUMBER;\n"}}),
            ("a name of the system's", plain, {"more": "#include <linux/limits.h>\n", "config": CONFIG + "#define PATH_MAX 4096\n", "edit": "sed -i 's/4096/1024/' config.h"}),
            ("a name between letters that are none to all", f"{c} -fno-dollars-in-identifiers -c a.c -o a.o", {"more": "#define TEXT_(x) #x\n#define TEXT(x) TEXT_(x)\nconst char* text = TEXT(x$BUILD_NUMBER);\n"}),
            ("a macro of the same name elsewhere", plain, {"more": '#undef BUILD_NUMBER\n#define BUILD_NUMBER 2\n#include "config.h"\n'}),
        ]
        other = [
            ("a macro more", "sed -i 's/^#define WITH_IPV6 1/&\\n#define WITH_MORE/' config.h"),
            ("a macro less", "sed -i '/WITH_TLS/d' config.h"),
            ("another name", "sed -i 's/BUILD_NUMBER/BUILD_COUNT/' config.h"),
            ("a function of the same name", "sed -i 's/BUILD_NUMBER 1234/BUILD_NUMBER() 1234/' config.h"),
            ("a string that touches a word", "sed -i 's/#define BUILD_DATE .*/#define BUILD_DATE \"12\"WITH_TLS/' config.h"),
            ("a value that a compiler warns of", "sed -i 's/1234/__VA_ARGS__/' config.h"),
            ("a value over two lines", "sed -i 's/1234 .*/1234 \\\\\\n + 1/' config.h"),
            ("a name of a compiler's kind", "sed -i 's/default_port 80/default_port 81/' config.h"),
            ("the condition around it", "sed -i 's/ifndef CONFIG_H/ifndef CONFIG_H_/; s/^#define CONFIG_H/&_/' config.h"),
            ("code", "echo 'int code;' >>config.h"),
        ]
        all_cases += [of(f"{c}, {name}", command, HIT, **case) for name, command, case in hits]
        all_cases += [of(f"{c}, {name}", command, MISS, **case) for name, command, case in misses]
        all_cases += [Case(f"{c}, {name}", plain, {"config.h": CONFIG, "a.c": SOURCE}, changes=(Change("edit", edit, MISS),)) for name, edit in other]
        all_cases += [
            of(f"{c} -g3, which has all macros", f"{c} -g3 -c a.c -o a.o", MISS),
            of(f"{c}, two headers that define one name", f'{c} -c a.c -o a.o', MISS, more='#undef BUILD_NUMBER\n#include "b.h"\n', files={"b.h": "#define BUILD_NUMBER 7\n#define OTHER 8\n"}),
            Case(f"{cxx(c)} with a version of its own", f"{cxx(c)} -std=c++17 -c a.cc -o a.o", {"version.h": '#define VERSION "1.2.3"\n#define REVISION "abcdef0"\n', "a.cc": '#include "version.h"\n#include <string>\nstd::string version() { return VERSION; }\n'},
                 changes=(Change("another revision", "sed -i 's/abcdef0/0123456789/' version.h", HIT), Change("another version", "sed -i 's/1.2.3/1.2.4/' version.h", MISS))),
        ]
    return all_cases
