#!/usr/bin/env python3
"""Manual pages and completions say what --help says, all of it, and are right for those who read them: groff, bash, zsh and fish.

usage: test_pages.py BUILD_DIR
"""
import pathlib
import re
import subprocess
import sys

PROGRAMS = ["zccache-cc", "zccache-index", "zccache-recover", "zccache-remote", "zccache-bench"]
LAUNCHER = "zccache-cc"  # completes the compiler's command line, not its own
faults: list[str] = []


def output_of(*command: object, text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        faults.append(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def expect(is_so: bool, fault: str) -> None:
    if not is_so:
        faults.append(fault)


def commands_of(text: str) -> list[str]:
    _, _, rest = text.partition("Subcommands:\n")
    return re.findall(r"^  (\S+)", rest.partition("\n\n")[0], re.MULTILINE)


def options_of(text: str) -> set[str]:
    """Those that a line of an option begins with; others are only mentioned."""
    return {name for line in re.findall(r"^  (-\S+)", text, re.MULTILINE) for name in line.split(",") if name.startswith("--")}


def check_program(program: pathlib.Path, pages: pathlib.Path) -> None:
    name = program.name
    own = output_of(program, "--help")
    commands = commands_of(own)
    helps = [own] + [output_of(program, command, "--help") for command in commands]
    options = set().union(*map(options_of, helps))

    # Words are not broken at the ends of lines.
    shown = output_of("groff", "-man", "-Tascii", "-P-cbou", "-rLL=250n", "-rHY=0", "-ww", pages / f"{name}.1")
    for word in [*options, *commands, *re.findall(r"^  (ZCCACHE_\w+)", own, re.MULTILINE)]:
        expect(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", shown) is not None, f"{name}.1 does not mention {word}")
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "FILES", "SEE ALSO"]:
        expect(f"\n{section}\n" in shown, f"{name}.1 has no section {section}")
    for text in helps:
        sentence = next(line for line in text.splitlines() if line and not line.startswith(("Usage", " ")))
        expect(" ".join(sentence.split()) in " ".join(shown.split()), f"{name}.1 does not say: {sentence}")

    output_of("bash", "-n", pages / f"{name}.bash")
    output_of("zsh", "-n", pages / f"_{name}")
    output_of("fish", "--no-config", "-n", pages / f"{name}.fish")
    if name == LAUNCHER:
        return
    for word in [*options, *commands]:
        for file in [f"{name}.bash", f"_{name}"]:
            expect(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", (pages / file).read_text()) is not None, f"{file} lacks {word}")
        fish = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
        expect(re.search(rf"{re.escape(fish)}(?![\w-])", (pages / f"{name}.fish").read_text()) is not None, f"{name}.fish lacks {fish}")


def completed_by_bash(pages: pathlib.Path, *words: str) -> list[str]:
    script = f"""source '{pages}/{words[0]}.bash'
      COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _{words[0].replace('-', '_')}; printf '%s\\n' "${{COMPREPLY[@]}}\""""
    return output_of("bash", "-c", script).split()


def completed_by_fish(pages: pathlib.Path, *words: str) -> list[str]:
    shown = output_of("fish", "--no-config", "-c", f"source '{pages}/{words[0]}.fish'; complete -C '{' '.join(words)}'")
    return [line.split("\t")[0] for line in shown.splitlines()]


def main() -> int:
    build = pathlib.Path(sys.argv[1])
    pages = build / "tools" / "packaging"
    for name in PROGRAMS:
        check_program(build / "bin" / name, pages)
    for complete in completed_by_bash, completed_by_fish:
        by = complete.__name__
        expect(complete(pages, "zccache-index", "ver") == ["verify"], f"{by}: a command is not completed")
        expect(complete(pages, "zccache-index", "get", "--out") == ["--output"], f"{by}: an option of a command is not completed")
        expect(complete(pages, "zccache-recover", "--rep") == ["--repair"], f"{by}: an option is not completed")
    print("\n".join(faults) or "pages and completions agree with --help")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
