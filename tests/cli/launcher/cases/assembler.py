"""Assembler sources, and what assemblers read and write besides."""
from case import UNSTORED, Case, Change, c_compilers

PLAIN = {"a.s": ".text\n.globl text\ntext:\n  ret\n"}
PREPROCESSED = {"value.h": "#define VALUE 42\n", "a.S": '#include "value.h"\n.data\n.globl value\nvalue:\n  .long VALUE\n'}
READS = {"a.s": '.data\n.globl bytes\nbytes:\n.incbin "bytes.bin"\n.include "more.inc"\n', "bytes.bin": "bytes", "more.inc": ".long 7\n"}
NASM = {"a.asm": 'section .data\n%include "more.inc"\nincbin "bytes.bin"\nglobal text\nsection .text\ntext: ret\n', "bytes.bin": "bytes", "more.inc": "dd 7\n"}

def cases() -> list[Case]:
    all_cases = []
    edited = (Change("the file of .incbin is another", "echo other >bytes.bin", "miss"), Change("the file of .include is another", "echo .long 8 >more.inc", "miss"))
    edited_nasm = (edited[0], Change("the file of %include is another", "echo dd 8 >more.inc", "miss"))
    for c in c_compilers():
        all_cases += [
            Case(f"{c}, .s", f"{c} -c a.s -o a.o", PLAIN),
            Case(f"{c}, .s by -x", f"{c} -x assembler -c a.s", PLAIN),
            Case(f"{c}, .S", f"{c} -c a.S -o a.o", PREPROCESSED, changes=(Change("its header is another", "echo '#define VALUE 43' >value.h", "miss"),)),
            Case(f"{c}, .S with -g -MD", f"{c} -g -MD -c a.S -o a.o", PREPROCESSED),
            Case(f"{c}, .S by -x, preprocessed only", f"{c} -x assembler-with-cpp -E a.S -o a.s", PREPROCESSED),
            Case(f"{c}, .incbin and .include", f"{c} -c a.s", READS, changes=edited),
            Case(f"{c}, .incbin from C", f"{c} -c a.c", {"a.c": 'asm(".incbin \\"bytes.bin\\"");\n', "bytes.bin": "bytes"}, changes=edited[:1]),
            Case(f"{c}, a listing", f"{c} -Wa,-adhln=a.lst -g -c a.c" if c == "gcc" else f"{c} -fno-integrated-as -Wa,-adhln=a.lst -c a.c", {"a.c": "int f(void) { return 1; }\n"}),
            Case(f"{c}, dependencies from the assembler", f"{c} -fno-integrated-as -Wa,--MD,a.dep -c a.s" if c != "gcc" else f"{c} -Wa,--MD,a.dep -c a.s", READS),
        ]
    all_cases += [
        Case("as by name", "as a.s -o a.o", READS, programs="as", changes=edited),
        # It makes macros of the date and the time, whether or not anything uses them.
        Case("nasm", "nasm -f elf64 a.asm -o a.o", NASM, programs="nasm", first=UNSTORED, second=UNSTORED, why="clock"),
        Case("yasm with a listing", "yasm -f elf64 -l a.lst a.asm -o a.o", NASM, programs="yasm"),
        Case("yasm", "yasm -f elf64 -g dwarf2 a.asm -o a.o", NASM, programs="yasm", changes=edited_nasm),
    ]
    return all_cases
