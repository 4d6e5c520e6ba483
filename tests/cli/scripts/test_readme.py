#!/usr/bin/env python3
"""The example in the README is the program that test_consumer.sh builds and runs.

usage: test_readme.py SOURCE_DIR
"""
import pathlib
import re
import sys

EXAMPLE = re.compile(r"<!-- begin tests/consumer/main\.cpp -->\n```cpp\n(.*?)```\n<!-- end -->", re.DOTALL)


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    found = EXAMPLE.findall((root / "README.md").read_text())
    if len(found) != 1:
        print(f"README.md has {len(found)} C++ blocks between '<!-- begin tests/consumer/main.cpp -->' and '<!-- end -->', not one")
        return 1
    if found[0] != (root / "tests/consumer/main.cpp").read_text():
        print("the C++ block of README.md is not tests/consumer/main.cpp; copy that file into it")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
