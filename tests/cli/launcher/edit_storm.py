#!/usr/bin/env python3
"""Random edits to a generated source tree. After each, one compile by the bare compiler and the same one through the launcher: everything that
can be seen of the two must be the same. Nothing waits between an edit and the compile after it.

usage: edit_storm.py BIN_DIR [--steps N] [--seed S]
Ends with a line of counts. Exit codes: 0 the same throughout, 1 not: the step, its edits and what differs are told, and the tree is kept.
"""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

DIRECTORIES = ["first", "second", "link", "third/deep"]  # in the order in which they are searched; "link" is a symlink to "a" or "b"
HEADERS = ["one.h", "two.h", "deep/three.h", "four.h"]
OPTIONAL = ["optional.h", "deep/maybe.h"]
SOURCES = ["a.c", "b.c", "sub/c.c"]
PLACES = [f"inc/{d}" for d in ("first", "second", "a", "b", "third/deep")] + ["src", "src/sub"]
COMPILERS = ["gcc", "gcc", "gcc", "clang"]
ASKED = [f"<{name}>" for name in OPTIONAL + ["optional/no.h"]] + [f'"{name}"' for name in OPTIONAL] + ["MADE(optional.h)"]  # what a macro may stand for
FLAGS = [["-DASKED=<optional.h>"], [], ["-g"], ["-O2"], ["-Wall", "-Wextra"], ["-MD"], ["-MMD", "-MP"], ["-fPIC"], ["-std=gnu11"], ["-DCONFIG=<four.h>"]]


class Tree:
    """The sources, and the edits that can happen to them."""

    def __init__(self, root: pathlib.Path, rng: random.Random):
        self.root, self.rng, self.branches = root, rng, []
        for place in PLACES:
            (root / place).mkdir(parents=True)
        (root / "inc/link").symlink_to("a")
        for header in HEADERS:
            self.write(f"inc/third/deep/{header}", self.header(header))
        for source in SOURCES:
            self.write(f"src/{source}", self.source())
        self.branches = [self.snapshot(), self.snapshot()]

    def header(self, name: str) -> str:
        body = "".join(f"#if __has_include(<{o}>)\n#include <{o}>\n#endif\n" for o in OPTIONAL if self.rng.random() < 0.3)
        if self.rng.random() < 0.3:
            body += f"#undef ASKED\n#define MADE_(x) #x\n#define MADE(x) MADE_(x)\n#define ASKED {self.rng.choice(ASKED)}\n"
        if name == "one.h" and self.rng.random() < 0.5:
            body += '#include "two.h"\n'
        macro = name.split("/")[-1].split(".")[0]
        return f"{body}#undef {macro}\n#define {macro} {self.rng.randrange(10)}\n"

    def source(self) -> str:
        quote = lambda h: f'"{h}"' if self.rng.random() < 0.5 else f"<{h}>"
        includes = "".join(f"#include {quote(h)}\n" for h in HEADERS[: self.rng.randrange(1, 5)])
        unused = "int unused" if self.rng.random() < 0.3 else "void"
        asks = self.rng.choice(["", "#ifdef ASKED\n#if __has_include(ASKED)\nint there;\n#endif\n#endif\n", "#define HAS(x) __has_include(x)\n#if defined ASKED\n#if HAS(ASKED)\nint there;\n#endif\n#endif\n"])
        return (f"#ifdef CONFIG\n#include CONFIG\n#endif\n{includes}{asks}#ifndef maybe\n#define maybe 0\n#endif\n#ifndef optional\n#define optional 0\n#endif\n"
                f"int f{self.rng.randrange(10)}({unused}) {{ return one + maybe + optional; }}\n")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            return
        path.write_text(text)

    def files(self) -> list[str]:
        found = [p.relative_to(self.root) for top in ("inc", "src") for p in (self.root / top).rglob("*.[ch]") if p.is_file()]
        return sorted(str(p) for p in found if "link" not in p.parts)

    def snapshot(self) -> dict[str, str]:
        return {name: (self.root / name).read_text() for name in self.files()}

    def any_file(self) -> str:
        return self.rng.choice(self.files())

    # --- Edits. Each says what it did.
    def touch(self) -> str:
        name = self.any_file()
        os.utime(self.root / name)
        return f"touch {name}"

    def change(self) -> str:
        name = self.any_file()
        self.write(name, self.source() if name.endswith(".c") else self.header(pathlib.Path(name).name))
        return f"change {name}"

    def change_secretly(self) -> str:
        """Another content of the same size, and the old time of modification."""
        name = self.any_file()
        before = (self.root / name).stat()
        text = (self.root / name).read_text()
        digit = str(self.rng.randrange(10))
        self.write(name, "".join(digit if c.isdigit() and i > len(text) // 2 else c for i, c in enumerate(text)))
        os.utime(self.root / name, ns=(before.st_atime_ns, before.st_mtime_ns))
        return f"change {name} secretly to {digit}"

    def replace_by_older(self) -> str:
        name = self.any_file()
        new = self.root / "older"
        new.write_text(self.source() if name.endswith(".c") else self.header(pathlib.Path(name).name))
        os.utime(new, (1e9, 1e9))
        new.rename(self.root / name)
        return f"replace {name} by an older file"

    def comment(self) -> str:
        name = self.any_file()
        with open(self.root / name, "a") as file:
            file.write("/* comment */\n")
        return f"comment in {name}"

    def remove(self) -> str:
        headers = [name for name in self.files() if not name.endswith(".c")]
        if not headers:
            return "nothing"
        name = self.rng.choice(headers)
        (self.root / name).unlink()
        return f"remove {name}"

    def shadow(self) -> str:
        name = f"{self.rng.choice(PLACES)}/{self.rng.choice(HEADERS + OPTIONAL)}"
        self.write(name, self.header(name))
        return f"add {name}"

    def drop_folder(self) -> str:
        name = self.rng.choice(["inc/first", "inc/second", "inc/a", "inc/b"])
        if (self.root / name).exists():
            shutil.rmtree(self.root / name)
            return f"remove folder {name}"
        (self.root / name).mkdir()
        return f"make folder {name}"

    def link(self) -> str:
        target = self.rng.choice(["a", "b"])
        (self.root / "inc/link").unlink()
        (self.root / "inc/link").symlink_to(target)
        return f"link to {target}"

    def switch(self) -> str:
        """As version control does: only what differs is written."""
        at = self.rng.randrange(len(self.branches))
        if self.rng.random() < 0.3:
            self.branches[at] = self.snapshot()
            return f"commit branch {at}"
        wanted = self.branches[at]
        for name in self.files():
            if name not in wanted:
                (self.root / name).unlink()
        for name, text in wanted.items():
            if not (self.root / name).is_file() or (self.root / name).read_text() != text:
                self.write(name, text)
        return f"switch to branch {at}"

    def precompile(self) -> str:
        headers = [name for name in self.files() if name.endswith("one.h")]
        if not headers:
            return "nothing"
        name = self.rng.choice(headers)
        subprocess.run(["gcc", "-x", "c-header", *search_path(), name, "-o", name + ".gch"], cwd=self.root, capture_output=True, check=False)
        return f"precompile {name}"

    def remove_precompiled(self) -> str:
        for path in (self.root / "inc").rglob("*.gch"):
            path.unlink()
        return "remove what is precompiled"

    def edit(self) -> str:
        edits = [self.touch, self.change, self.change, self.change_secretly, self.replace_by_older, self.comment, self.remove, self.shadow, self.shadow,
                 self.drop_folder, self.link, self.switch, self.switch, self.switch, lambda: "nothing", lambda: "nothing", lambda: "nothing"]
        if self.rng.random() < 0.01:
            edits = [self.precompile, self.remove_precompiled]
        return self.rng.choice(edits)()


def search_path() -> list[str]:
    return [f"-Iinc/{d}" for d in DIRECTORIES] + ["-Iinc/absent"]


class Storm:
    def __init__(self, programs: pathlib.Path, seed: int):
        self.launcher, self.index = programs / "zccache-cc", programs / "zccache-index"
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="edit_storm."))
        self.rng = random.Random(seed)
        self.tree = Tree(self.work / "tree", self.rng)
        self.out = self.work / "tree/out"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("ZCCACHE_")}
        self.environment |= {"ZCCACHE_DIR": str(self.work / "cache"), "LC_ALL": "C"}
        self.history: list[str] = []

    def command(self) -> list[str]:
        flags = self.rng.choice(FLAGS) + (self.rng.choice(FLAGS) if self.rng.random() < 0.2 else [])
        source = self.rng.choice(SOURCES)
        arguments = [*search_path(), *flags, "-c", f"src/{source}", "-o", f"out/{pathlib.Path(source).stem}.o"]
        if self.rng.random() < 0.1:
            (self.tree.root / "arguments").write_text("\n".join(arguments))
            arguments = ["@arguments"]
        return [self.rng.choice(COMPILERS), *arguments]

    def observe(self, command: list[str], environment: dict[str, str]) -> dict[str, object]:
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        ran = subprocess.run(command, cwd=self.tree.root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        seen: dict[str, object] = {"code": ran.returncode, "stdout": ran.stdout, "stderr": ran.stderr}
        return seen | {str(p.relative_to(self.out)): p.read_bytes() for p in self.out.iterdir()}

    def step(self) -> bool:
        self.history.append(self.tree.edit())
        environment = dict(self.environment)
        if self.rng.random() < 0.1:
            environment["CPATH"] = "inc/first"
        command = self.command()
        if self.rng.random() < 0.2:
            time.sleep(0.01)  # let the sources age past the clock tick, so that more is stored
        bare = self.observe(command, environment)
        through = [self.observe([str(self.launcher), *command], environment) for _ in range(1 + (self.rng.random() < 0.3))]
        wrong = [f"{key}: {bare.get(key)!r:.200} is not {seen.get(key)!r:.200}" for seen in through for key in bare.keys() | seen.keys() if bare.get(key) != seen.get(key)]
        if wrong:
            print("differs:", " ".join(command), *wrong, "last edits:", *self.history[-12:], f"tree: {self.work}", sep="\n  ")
        return not wrong

    def counts(self) -> str:
        shown = subprocess.run([self.index, "stats"], env=self.environment, capture_output=True, text=True, check=True).stdout
        return shown[shown.index("launcher"):]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", type=pathlib.Path, metavar="BIN_DIR")
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    storm = Storm(arguments.programs.resolve(), arguments.seed)
    for step in range(1, arguments.steps + 1):
        if not storm.step():
            print(f"step {step} of {arguments.steps}, seed {arguments.seed}")
            return 1
        if step % 1000 == 0:
            print(f"{step} steps", flush=True)
    counts = storm.counts()
    shutil.rmtree(storm.work)
    print(f"{counts}{arguments.steps} steps, the same throughout")
    return 0 if "without preprocessing" in counts and "after preprocessing" in counts else 1


if __name__ == "__main__":
    sys.exit(main())
