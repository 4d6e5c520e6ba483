#!/usr/bin/env python3
"""The version stands in several files, as each of them is read by another tool: it is the same in all.

usage: test_versions.py SOURCE_DIR
"""
import pathlib
import re
import sys

PLACES = {
    "CMakeLists.txt": r"^project\(zccache VERSION (\S+)",
    "docs/CHANGELOG.md": r"^## (\S+)",
    "tools/packaging/debian/changelog": r"^zccache \((\S+)-\d+\)",
    "tools/packaging/rpm/zccache.spec": r"^Version: +(\S+)",
}


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    versions = {name: re.search(pattern, (root / name).read_text(), re.MULTILINE).group(1) for name, pattern in PLACES.items()}
    if len(set(versions.values())) == 1:
        return 0
    print("\n".join(f"{name}: {version}" for name, version in versions.items()))
    return 1


if __name__ == "__main__":
    sys.exit(main())
