#!/usr/bin/env python3
"""Random edits to a generated source tree. After each, one compile by the bare compiler and the same one through the launcher: everything that
can be seen of the two must be the same. Nothing waits between an edit and the compile after it.

usage: edit_storm.py BIN_DIR [--steps N] [--seed S] [--jobs J]      J trees at the same time, which share one cache; N steps together
Ends with lines of counts. Exit codes: 0 the same throughout, 1 not: the step, its edits and what differs are told, and the tree is kept.
"""
import argparse
import collections
import multiprocessing
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from edit_storm_tree import FLAGS, Tree, search_path
from maintenance import let_maintenance_end

SOURCES = ["a.c", "b.c", "sub/c.c"]
LONGEST_COMPILE = 120  # seconds; only one that hangs takes so long


class Storm:
    def __init__(self, programs: pathlib.Path, seed: int, work: pathlib.Path, cache: pathlib.Path):
        self.launcher = programs / "zccache-cc"
        self.work = work
        self.work.mkdir()
        self.rng = random.Random(seed)
        self.tree = Tree(self.work / "tree", self.rng, SOURCES)
        self.out = self.work / "tree/out"
        self.log = self.work / "log"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("ZCCACHE_")}
        self.environment |= {"ZCCACHE_DIR": str(cache), "ZCCACHE_LOG": str(self.log), "LC_ALL": "C"}
        self.history: list[str] = []
        self.commands: list[list[str]] = []
        self.counts: collections.Counter[str] = collections.Counter()
        self.own_compiler = self.work / "tools/bin/gcc"
        self.own_compiler.parent.mkdir(parents=True)
        (self.work / "tools/lib").symlink_to("/usr/lib")  # where it looks for its other parts
        self.replace_compiler()

    def replace_compiler(self) -> str:
        """The same program, but of a later installation."""
        new = self.work / "tools/bin/new"
        shutil.copy(shutil.which("gcc"), new)
        new.rename(self.own_compiler)
        return "replace the compiler"

    def command(self) -> list[str]:
        """Mostly one of the last: the others have been seen with other sources at best."""
        if self.commands and self.rng.random() < 0.7:
            return self.rng.choice(self.commands[-4:])
        self.commands.append(self.new_command())
        return self.commands[-1]

    def new_command(self) -> list[str]:
        flags = self.rng.choice(FLAGS) + (self.rng.choice(FLAGS) if self.rng.random() < 0.2 else [])
        source = self.rng.choice(SOURCES)
        arguments = [*search_path(), *flags, "-c", f"src/{source}", "-o", f"out/{pathlib.Path(source).stem}.o"]
        if self.rng.random() < 0.1:
            quoted = [argument.replace('"', '\\"').replace(" ", "\\ ") for argument in arguments]
            name = f"arguments{self.rng.randrange(8)}"
            (self.tree.root / name).write_text("\n".join(quoted))
            arguments = [f"@{name}"]
        return [self.rng.choice(["gcc", "gcc", "gcc", "clang", str(self.own_compiler)]), *arguments]

    def observe(self, command: list[str], environment: dict[str, str]) -> dict[str, object]:
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        ran = subprocess.run(command, cwd=self.tree.root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=LONGEST_COMPILE)
        seen: dict[str, object] = {"code": ran.returncode, "stdout": ran.stdout, "stderr": ran.stderr}
        return seen | {str(p.relative_to(self.out)): p.read_bytes() for p in self.out.iterdir()}

    def launched(self, command: list[str], environment: dict[str, str]) -> dict[str, object]:
        self.log.write_text("")
        if self.rng.random() < 0.15:
            environment = environment | {"ZCCACHE_NODIRECT": "1"}
        seen = self.observe([str(self.launcher), *command], environment)
        self.counts["launches"] += 1
        for what in ("hit ", "miss "):
            for line in self.log.read_text().splitlines():
                if f"info: {what}" in line or f"warning: {what}" in line:
                    self.counts[what + line.rsplit(": ", 1)[1] if what == "hit " else "compiled by the launcher"] += 1
        return seen

    def step(self) -> bool:
        self.history.append(self.replace_compiler() if self.rng.random() < 0.005 else self.tree.edit())
        environment = dict(self.environment)
        if self.rng.random() < 0.1:
            environment[self.rng.choice(["CPATH", "C_INCLUDE_PATH"])] = self.rng.choice(["inc/first", "inc/absent"])
        command = self.command()
        if self.rng.random() < 0.1:
            time.sleep(0.01)  # let the sources age past the clock tick, so that more is stored
        # Where the launcher comes first, the edit is as new as can be.
        launches = self.rng.choice([1, 1, 2])
        through = [self.launched(command, environment) for _ in range(launches)] if self.rng.random() < 0.3 else []
        bare = self.observe(command, environment)
        through += [self.launched(command, environment) for _ in range(launches)]
        self.counts["compiled" if bare["code"] == 0 else "failed in the compiler"] += 1
        wrong = [f"{key}: {bare.get(key)!r:.200} is not {seen.get(key)!r:.200}" for seen in through for key in bare.keys() | seen.keys() if bare.get(key) != seen.get(key)]
        if wrong:
            print("differs:", " ".join(command), *wrong, "last edits:", *self.history[-12:], f"tree: {self.work}", sep="\n  ")
        return not wrong


    def run(self, steps: int) -> bool:
        for step in range(1, steps + 1):
            if not self.step():
                print(f"step {step} of {steps}", flush=True)
                return False
            if step % 500 == 0:
                print(f"{self.work.name}: {step} steps: {dict(self.counts)}", flush=True)
        return True


def storm(programs: pathlib.Path, seed: int, work: pathlib.Path, cache: pathlib.Path, steps: int) -> collections.Counter[str] | None:
    one = Storm(programs, seed, work, cache)
    return one.counts if one.run(steps) else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", type=pathlib.Path, metavar="BIN_DIR")
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="edit_storm."))
    each = [(arguments.steps + i) // arguments.jobs for i in range(arguments.jobs)]
    tasks = [(arguments.programs.resolve(), arguments.seed + i, work / f"tree{i}", work / "cache", steps) for i, steps in enumerate(each)]
    with multiprocessing.Pool(arguments.jobs) as pool:
        results = pool.starmap(storm, tasks, chunksize=1)
    if None in results:
        return 1
    let_maintenance_end(work)
    shutil.rmtree(work)
    counts = sum(results, collections.Counter())
    for name in ("compiled", "failed in the compiler", "launches", "hit direct", "hit preprocessed", "compiled by the launcher"):
        print(f"{counts[name]:8d} {name}")
    print(f"{arguments.steps} steps, the same throughout")
    # Else little was tested.
    return 0 if counts["hit direct"] and counts["hit preprocessed"] and 4 * counts["compiled"] > 3 * arguments.steps else 1


if __name__ == "__main__":
    sys.exit(main())
