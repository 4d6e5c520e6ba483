"""Edits of comments: served again where no comment can reach the result, compiled where one might."""
from case import HIT, MISS, UNSTORED, Case, Change, c_compilers, clangs, cxx

HEADER = """/* What this is. */
#ifndef A_H // guards
#define A_H
#define VALUE(x) (x /* of it */ + 42) // told by the header
static inline int twice(int x) { return 2 * x; } /* so */
#endif
"""
SOURCE = """/*
 * What it does,
 *   at length.
 */
#include "a.h" // for VALUE
#include <string.h>
#define TEXT(x) #x
const char* text = TEXT(a /* b */ c); const char* url = "http://x/*y*/"; // a text
char quote = '"'; /* a quote: " */ int line = __LINE__;
int answer(int x) {  // of what
  return VALUE(x) + twice(x)/*now*/+ (int)strlen(text);
}
"""
FILES = {"a.h": HEADER, "a.c": SOURCE}

# Each leaves every token where it was.
HARMLESS = [
    ("in a header", "sed -i 's/What this is/What that was/; s/told by/said in/' a.h"),
    ("at the ends of lines", "sed -i 's,// of what,// of what it is asked,; s,// for VALUE,,; s,/\\* so \\*/,,' a.c a.h"),
    ("in lines of their own", "sed -i 's/at length/in a few words, of which there are more now/' a.c"),
    ("between tokens", "sed -i 's,/\\*now\\*/,/*NOW*/,; s,/\\* b \\*/,/* d */,; s,/\\* of it \\*/,/* of you*/,' a.c a.h"),
    ("that become blanks", "sed -i 's,/\\*now\\*/,       ,' a.c"),
    ("of a quote that has no end", "sed -i 's,a quote: \",a quote: \\x27,' a.c"),
    ("and blanks at the end", "sed -i 's/answer(int x) {/answer(int x) {  /; s,// a text,// a text   ,' a.c"),
]
# Each is another program, or the same one with other lines and columns.
OTHER = [
    ("a comment that hides code", "sed -i 's,+ twice(x)/\\*now\\*/,/*+ twice(x)now*/,' a.c"),
    ("one more line", "sed -i 's,^ \\*   at length,&\\n * and more,' a.c"),
    ("columns", "sed -i 's,/\\*now\\*/,/* now */,' a.c"),
    ("no blank in a text that is made of tokens", "sed -i 's,a /\\* b \\*/ c,a_/*bb*/ c,' a.c"),
    ("a string with what looks like a comment", "sed -i 's,x/\\*y\\*/,x/*z*/,' a.c"),
    ("a character", "sed -i \"s,'\\\"',\\x27'\\x27,\" a.c; sed -i \"s,quote = ''';,quote = 'q';,\" a.c"),
    ("code", "sed -i 's/42/43/' a.h"),
]


def of(name: str, command: str, decision: str, edit: str = HARMLESS[0][1], files: dict[str, str] | None = None, **others) -> Case:
    return Case(name, command, files or FILES, changes=(Change("edit", edit, decision),), **others)


NOTE = "sed -i 's/note/NOTE/' a.c"
SWITCH = "int f(int x) {\n  switch (x) {\n    case 1: x = 2; // falls through\n    case 2: return x; // note\n  }\n  return 0;\n}\n"
UNUSUAL = {  # texts that are not understood for certain, or not wholly
    "a raw string": 'const char* s = R"(// note)";\n',
    "a number with separators": "int n = 1'000; // note\n",
    "a trigraph": "// what?" "?/\n// note\nint n;\n",
    "a comment that a backslash continues": "// one \\\n note\nint n;\n",
    "a comment within a comment": "/* a /* note */\nint n;\n",
    "a quote without an end": "#if 0\ndon't // note\n#endif\nint n;\n",
    "a header's name that has two slashes": "#include <./sys//types.h> // note\nint n;\n",
    "ends of lines as in DOS": "int n; // note\r\n",
}


def cases() -> list[Case]:
    all_cases = []
    for c in c_compilers():
        plain = f"{c} -O2 -Wall -c a.c -o a.o"
        all_cases += [of(f"{c}, {name}", plain, HIT, edit) for name, edit in HARMLESS]
        all_cases += [of(f"{c}, {name}", plain, MISS, edit) for name, edit in OTHER]
        all_cases += [
            of(f"{cxx(c)}", f"{cxx(c)} -std=c++17 -MMD -MF a.d -c a.cc -o a.o", HIT, files={"a.h": HEADER, "a.cc": SOURCE}),
            of(f"{c} of a library's object", f"{c} -fPIC -MD -c a.c -o a.lo", HIT),
            of(f"{c} -E -C", f"{c} -E -C a.c -o a.i", MISS),
            of(f"{c} -S", f"{c} -S -fverbose-asm a.c -o a.s", MISS),
            of(f"{c} with plain options for the preprocessor", f"{c} -Wp,-DNOTHING -Wp,-MD,a.d,-MT,a.o -c a.c -o a.o", HIT),
            of(f"{c} with other options for the preprocessor", f"{c} -Wp,-DNOTHING,-w -c a.c -o a.o", MISS),
            of(f"{c} -g3", f"{c} -g3 -c a.c -o a.o", MISS),
            of(f"{c} --coverage", f"{c} --coverage -frandom-seed=1 -c a.c -o a.o", MISS),
            of(f"{c} -fsanitize", f"{c} -fsanitize=undefined -c a.c -o a.o", MISS),
            of(f"{c} of text in a header", f"{c} -x c -c a.c -o a.o", MISS),
            of(f"{c} that has printed a warning", f"{c} -Wall -c a.c -o a.o", MISS, NOTE, {"a.c": "static int f(void) { return 1; } // note\n"}),
            of(f"{c}, where // begins no comment", f"{c} -std=c89 -c a.c -o a.o", MISS, "sed -i 's,/ note,/ NOTE,' a.c", {"a.c": "int note = 4, NOTE = 3;\nint f(void) { return 8 //* by */ note\n; }\n"}),
            of(f"{c}, which embeds the text", f"{c} -c a.c -o a.o", MISS, NOTE, {"a.c": '__asm__(".incbin \\"a.c\\""); // note\n'}),
            of(f"{c}, where a header has it embedded", f"{c} -c a.c -o a.o", MISS, NOTE, {"a.h": '__asm__(".incbin \\"a.c\\"");\n', "a.c": '#include "a.h"\nint f(void) { return 1; } // note\n'}),
            of(f"{c}, a case that falls through", f"{c} -Wextra -c a.c -o a.o", HIT, NOTE, {"a.c": SWITCH}),
            of(f"{c}, where it does so in silence now", f"{c} -Wextra -c a.c -o a.o", MISS, "sed -i 's/falls through/goes on/' a.c", {"a.c": SWITCH}),
            of(f"{c}, a comment in a comment now", f"{c} -Wall -c a.c -o a.o", MISS, "sed -i 's,What,/*hat,' a.h"),
            of(f"{c}, a continued comment now", f"{c} -Wall -c a.c -o a.o", MISS, "sed -i 's,// note,// not\\\\,' a.c", {"a.c": "int f(void) { return 1; } // note\nint g(void) { return 2; }\n"}),
            of(f"{c}, text that runs from right to left now", f"{c} -Wall -c a.c -o a.o", MISS, "sed -i 's,What,\\xe2\\x80\\xae,' a.h"),
            of(f"{c} that was given its options by a file", f"{c} @flags -c a.c -o a.o", MISS, NOTE, {"flags": "-std=c89 '-DX=\\a'", "a.c": "int f(void) { return 1; } /* note */\n"}),
        ]
        all_cases += [of(f"{cxx(c)}, {name}", f"{cxx(c)} -std=gnu++17 -w -c a.cc -o a.o", MISS, "sed -i 's/note/NOTE/' a.cc", {"a.cc": text}) for name, text in UNUSUAL.items()]
        more = {  # found by somebody who looked for them: a warning or a result that another comment changes
            "a comment that guards an indentation": ("-Wall", "int f(int x) {\n  if (x)\n    x++;\n/* go on */\n    x--;\n  return x;\n}\n", "s,/. go on ./,,"),
            "a division that becomes a comment": ("", "int f(int a, int b) {\n  return a\n  /    -b;\n}\n", "s,/    -b,/*x*/-b,"),
            "blanks behind a backslash": ("", "int a = 1 + \\\n 2;\n", "s,+ .$,& ,"),
            "no end of the last line": ("-Wall -pedantic", "int a; // note\n", "s/note/&/; $ s/$/\\n  /"),
            "a comment in a line that is taken as it stands": ("-w", "#pragma mark one /* two\nint a = 1;\n// */\n", "s/a = 1/a = 2/"),
            "a file that an assembler's text names in two parts": ("", '__asm__(".data\\n.inc" "bin \\"a.c\\""); // note\n', "s/note/NOTE/"),
        }
        all_cases += [of(f"{c}, {name}", f"{c} {options} -c a.c -o a.o", MISS, f"sed -i '{edit}' a.c", {"a.c": text}) for name, (options, text, edit) in more.items()]
    for c in clangs():
        all_cases += [
            of(f"{c} -g", f"{c} -g -c a.c -o a.o", MISS),
            of(f"{c} -Wdocumentation", f"{c} -Wdocumentation -c a.c -o a.o", MISS, "sed -i 's/param x/param y/' a.c", {"a.c": "/// \\param x it\nint f(int x) { return x; }\n"}),
            of(f"{c}, a pragma for it", f"{c} -c a.c -o a.o", MISS, "sed -i 's/param x/param y/' a.c", {"a.c": '#pragma clang diagnostic warning "-Wdocumentation"\n/// \\param x it\nint f(int x) { return x; }\n'}),
        ]
    all_cases += [
        of("gcc -g", "gcc -g -c a.c -o a.o", HIT),
        of("gcc with a listing", "gcc -g -Wa,-ahl=a.d -c a.c -o a.o", MISS, varies="a.d"),
        of("gcc with options for the preprocessor in a file", "gcc -Wp,@options -c a.c -o a.o", MISS, NOTE, {"options": "-DX", "a.c": "int f(void) { return 1; } // note\n"}),
        of("gcc, a header that is precompiled and read", "gcc -c a.c -o a.o", UNSTORED, "sed -i 's/note/NOTE/' x.h", {"x.h": "#pragma once\nstruct s { int a; }; /* note */\n", "all.h": '#include "x.h"\n', "a.c": '#include "all.h"\n#include "x.h"\n'}, prepare="gcc all.h -o all.h.gch"),
        of("gcc -Werror=implicit-fallthrough=1", "gcc -Werror=implicit-fallthrough=1 -c a.c -o a.o", UNSTORED, "sed -i 's,// note,,' a.c", {"a.c": "int f(int x) {\n  switch (x) {\n    case 1: x = 2; // note\n    case 2: return x;\n  }\n  return 0;\n}\n"}),
        of("gcc -Wimplicit-fallthrough=1", "gcc -Wimplicit-fallthrough=1 -c a.c -o a.o", MISS, "sed -i 's,// note,,' a.c", {"a.c": "int f(int x) {\n  switch (x) {\n    case 1: x = 2; // note\n    case 2: return x;\n  }\n  return 0;\n}\n"}),
        of("c89, a script that chooses a language", "c89 -c a.c -o a.o", MISS, NOTE, {"a.c": "int f(void) { return 1; } /* note */\n"}),
    ]
    return all_cases
