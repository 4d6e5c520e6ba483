#!/usr/bin/env python3
"""The tables of variables in docs/launcher.md, docs/remote.md and docs/tools.md have the settings of tools/config/table.cpp: all, and no other.

usage: test_settings_in_docs.py SOURCE_DIR
"""
import pathlib
import re
import sys

# Variables that are no settings, and that a reader of the documents has to know all the same.
OTHERS = {"ZCCACHE_CONFIG", "ZCCACHE_RUNNING_COMPILER", "ZCCACHE_OBSERVE_RING"}
PAGES = ["launcher.md", "remote.md", "tools.md"]
# Named in documents; their values are said with the command that they belong to, or they are for builds and tests.
ELSEWHERE = {"ZCCACHE_ZSTD", "ZCCACHE_BUILD_TESTS", "ZCCACHE_BUILD_BENCH", "ZCCACHE_SOAK_HITS"}

VARIABLE = re.compile(r"ZCCACHE_[A-Z_]+")


def in_table(root: pathlib.Path) -> set[str]:
    return set(re.findall(r'Setting\{"\w+", "(ZCCACHE_\w+)"', (root / "tools/config/table.cpp").read_text()))


def in_first_columns(text: str) -> set[str]:
    """Variables that a row of a table is about."""
    rows = re.findall(r"^\| ((?:`ZCCACHE_[A-Z_]+`(?:, )?)+) \|", text, re.MULTILINE)
    return {name for row in rows for name in VARIABLE.findall(row)}


def faults_of(settings: set[str], pages: dict[str, str]) -> list[str]:
    documented = set().union(*map(in_first_columns, pages.values()))
    faults = [f"no table of docs has {name}, a setting of tools/config/table.cpp" for name in sorted(settings - documented)]
    for page, text in pages.items():
        # `ZCCACHE_REMOTE…` stands for several.
        named = {name for name in VARIABLE.findall(text) if not name.endswith("_")}
        unknown = (in_first_columns(text) | named) - settings - OTHERS - ELSEWHERE
        faults += [f"docs/{page} has {name}, which tools/config/table.cpp lacks" for name in sorted(unknown)]
    return faults


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    settings = in_table(root)
    faults = faults_of(settings, {page: (root / "docs" / page).read_text() for page in PAGES})
    if len(settings) < 10:
        faults.append("tools/config/table.cpp is not written as this script reads it")
    print("\n".join(faults) or f"{len(settings)} settings are documented")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
