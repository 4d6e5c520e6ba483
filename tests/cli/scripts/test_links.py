#!/usr/bin/env python3
"""The documents lead to what is there: each link to a file of the tree, and each anchor in a document. Each document is in docs/README.md.

usage: test_links.py SOURCE_DIR
"""
import pathlib
import re
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors_of(document: pathlib.Path) -> set[str]:
    """As GitHub makes them: small letters, without punctuation, spaces as hyphens."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(FENCED.sub("", document.read_text()))}


def faults_of(document: pathlib.Path) -> list[str]:
    faults = []
    for link in LINK.findall(FENCED.sub("", document.read_text())):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists():
            faults.append(f"{document}: {link} is not there")
        elif anchor and anchor not in anchors_of(target):
            faults.append(f"{document}: {link} has no such heading")
    return faults


def main() -> int:
    root = pathlib.Path(sys.argv[1]).resolve()
    documents = [root / "README.md", root / "bench/README.md", *sorted((root / "docs").rglob("*.md"))]
    faults = [fault for document in documents for fault in faults_of(document)]
    index = (root / "docs/README.md").read_text()
    faults += [f"{name} is not in docs/README.md" for document in documents[2:]
               if (name := str(document.relative_to(root / "docs"))) != "README.md" and f"({name})" not in index]
    print("\n".join(faults) or f"{len(documents)} documents lead to what is there")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
