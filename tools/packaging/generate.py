#!/usr/bin/env python3
"""Writes the manual page and the completions of a program: PROGRAM.1, PROGRAM.bash, _PROGRAM, PROGRAM.fish.

usage: generate.py PROGRAM DIRECTORY
"""
import pathlib
import sys

import completion
import manual
from program_help import read_help, read_version


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, directory = map(pathlib.Path, sys.argv[1:])
    shown = read_help(program)
    for name, text in {
        f"{program.name}.1": manual.page(shown, read_version(program)),
        f"{program.name}.bash": completion.bash(shown),
        f"_{program.name}": completion.zsh(shown),
        f"{program.name}.fish": completion.fish(shown),
    }.items():
        (directory / name).write_text(text)


if __name__ == "__main__":
    main()
