#!/usr/bin/env python3
"""Includes go down only, and each outside library has the one user that the design gives it.

usage: test_layers.py SOURCE_DIR
"""
import pathlib
import re
import sys

# From the bottom up: a file includes from its own layer and from those before it. Those of the library are directories of lib/src.
LIBRARY = ["format", "base", "segment", "live", "snapshot", "recovery", "store", "payload", "eviction", "capi"]
# Directories of tools/, as includes name them.
TOOLS = ["common", "config", "observe", "remote", "zccache-cc/platform", "zccache-cc/command", "zccache-cc/facts", "zccache-cc/key", "zccache-cc/launch"]
LAYERS = [*LIBRARY, *TOOLS, "programs"]

# Where a public header stands. One that is not named here belongs to the bottom: it is plain data.
PUBLIC_HEADERS = {"history.hpp": "store", "log.hpp": "base", "recovery.hpp": "recovery", "artifact_store.hpp": "store", "payload_store.hpp": "payload",
                  "eviction.hpp": "eviction", "zccache.h": "capi"}

# Outside libraries with one user only, and perhaps a benchmark's peer. The user is a layer, or a file of it.
SINGLE_USERS = {
    "boost/interprocess": ("lib/src/segment/",),
    "boost/unordered": ("lib/src/live/", "bench/engines/original.cpp", "bench/plain_map.hpp"),
    "spdlog/": ("lib/src/base/log.cpp",),
}

# Parts of the programs that know nothing of the library's inside either: all that they may include in quotes.
CLOSED = {"tools/observe/": ("observe/", "common/")}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of_tool(name: str) -> str:
    """The layer of a file in tools/, named relative to that: a program's where none is listed. A new directory of the launcher has to be listed."""
    if layer := next((layer for layer in TOOLS if name.startswith(layer + "/")), None):
        return layer
    first, *between, _ = name.split("/")
    return "/".join([first, *between]) if first == "zccache-cc" and between else "programs"


def layer_of_file(path: pathlib.PurePath) -> str:
    """The layer of a file, named relative to the source tree."""
    if path.parts[0] == "tools":
        return layer_of_tool(str(path.relative_to("tools")))
    if path.parts[0] == "bench":
        return "programs"
    if path.parts[:2] == ("lib", "src"):
        return path.parts[2]
    return PUBLIC_HEADERS.get(path.name, LAYERS[0])


def layer_of_include(bracket: str, name: str) -> str | None:
    """The layer that an include reaches, None for what is not ours or lies in the same directory."""
    first, _, rest = name.partition("/")
    if bracket == "<":
        return PUBLIC_HEADERS.get(rest, LAYERS[0]) if first == "zccache" else None
    if not rest:
        return None
    return first if first in LIBRARY else layer_of_tool(name)


def faults_of(path: pathlib.PurePath, text: str) -> list[str]:
    layer = layer_of_file(path)
    if layer not in LAYERS:
        return [f"{path}: '{layer}' is no layer; the layers are {' '.join(LAYERS)}"]
    faults = []
    for bracket, name in INCLUDE.findall(text):
        if ".." in name.split("/"):
            faults.append(f"{path}: '{name}' leaves its directory; name it relative to lib/src or tools")
        target = layer_of_include(bracket, name)
        if target in LAYERS and LAYERS.index(target) > LAYERS.index(layer):
            faults.append(f"{path}: layer '{layer}' includes '{name}' of the higher layer '{target}'")
        for part, allowed in CLOSED.items():
            if bracket == '"' and str(path).startswith(part) and not name.startswith(allowed):
                faults.append(f"{path}: includes '{name}', but only what begins with {' or '.join(allowed)}")
        for library, users in SINGLE_USERS.items():
            if name.startswith(library) and not str(path).startswith(users):
                faults.append(f"{path}: only {' and '.join(users)} may include '{name}'")
    return faults


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    files = sorted(
        file for directory in ("lib", "tools", "bench") for file in (root / directory).rglob("*") if file.suffix in (".cpp", ".hpp", ".h")
    )
    faults = [fault for file in files for fault in faults_of(file.relative_to(root), file.read_text())]
    print("\n".join(faults) or f"{len(files)} files, every include goes down")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main())
