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
VARIABLES = [{"SOURCE_DATE_EPOCH": "1000000000"}, {"TERM": "dumb"}, {"LC_ALL": "C.UTF-8"}, {"GCC_COLORS": ""}, {"CCC_OVERRIDE_OPTIONS": "+-g"}, {"UNKNOWN": "1"}]
LONGEST_COMPILE = 600  # seconds; only one that hangs takes so long


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
        self.environment |= {"ZCCACHE_DIR": str(cache), "ZCCACHE_LOG": str(self.log), "ZCCACHE_PROGRAMS": "gcc", "LC_ALL": "C"}
        self.environment["ZCCACHE_OBSERVE"] = os.environ.get("ZCCACHE_OBSERVE", "auto")
        self.history: list[str] = []
        self.commands: list[list[str]] = []
        self.counts: collections.Counter[str] = collections.Counter()
        self.own_compiler = self.work / "tools/bin/gcc"
        self.own_compiler.parent.mkdir(parents=True)
        (self.work / "tools/lib").symlink_to("/usr/lib")  # where it looks for its other parts
        self.script = self.work / "tools/script/gcc"
        self.script.parent.mkdir()
        (self.work / "tools/path").mkdir()
        self.replace_compiler()
        self.replace_script()

    def replace_compiler(self) -> str:
        """The same program, but of a later installation."""
        new = self.work / "tools/bin/new"
        shutil.copy(shutil.which("gcc"), new)
        new.rename(self.own_compiler)
        return "replace the compiler"

    def replace_script(self) -> str:
        level = self.rng.randrange(3)
        self.script.write_text(f'#!/bin/sh\nexec gcc -O{level} "$@"\n')
        self.script.chmod(0o755)
        return f"script with -O{level}"

    def replace_assembler(self) -> str:
        """One that comes first in PATH: none, one that may not be executed, or one more or less like the usual one."""
        own = self.work / "tools/path/as"
        if own.exists() and self.rng.random() < 0.3:
            own.chmod(0o755 if self.rng.random() < 0.5 else 0o644)
            return "chmod the assembler"
        if own.exists() and self.rng.random() < 0.5:
            own.unlink()
            return "remove the assembler"
        new = self.work / "tools/path/new"
        shutil.copy(shutil.which("as"), new)
        with open(new, "ab") as file:
            file.write(b"more" * self.rng.randrange(2))
        new.rename(own)
        return "replace the assembler"

    def environment_of_step(self) -> dict[str, str]:
        environment = dict(self.environment)
        if self.rng.random() < 0.1:
            environment[self.rng.choice(["CPATH", "C_INCLUDE_PATH"])] = self.rng.choice(["inc/first", "inc/absent"])
        if self.rng.random() < 0.1:
            environment["PATH"] = f"{self.work}/tools/path:{environment['PATH']}"
        if self.rng.random() < 0.1:
            environment |= self.rng.choice(VARIABLES)
        return environment

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
        return [self.rng.choice(["gcc", "gcc", "gcc", "clang", "clang", str(self.own_compiler), str(self.script)]), *arguments]

    def observe(self, command: list[str], environment: dict[str, str]) -> dict[str, object]:
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        ran = subprocess.run(command, cwd=self.tree.root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=LONGEST_COMPILE)
        seen: dict[str, object] = {"code": ran.returncode, "stdout": ran.stdout, "stderr": ran.stderr}
        return seen | {str(p.relative_to(self.out)): p.read_bytes() for p in self.out.iterdir()}

    def launched(self, command: list[str], environment: dict[str, str]) -> dict[str, object]:
        self.log.write_text("")
        seen = self.observe([str(self.launcher), *command], environment)
        self.counts["launches"] += 1
        for line in self.log.read_text().splitlines():
            decision = line.partition("] ")[2].partition(": ")[2]
            if decision.startswith("hit "):
                self.counts["hit"] += 1
            elif decision.startswith("miss "):
                self.counts["stored" if decision.endswith(": stored") else "not stored"] += 1
        return seen

    def step(self) -> bool:
        of_programs = [self.replace_compiler, self.replace_script, self.replace_assembler]
        self.history.append(self.rng.choice(of_programs)() if self.rng.random() < 0.02 else self.tree.edit())
        environment = self.environment_of_step()
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
            if step % 100 == 0:
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
    for name in ("compiled", "failed in the compiler", "launches", "hit", "stored", "not stored"):
        print(f"{counts[name]:8d} {name}")
    print(f"{arguments.steps} steps, the same throughout")
    # Else little was tested.
    return 0 if counts["hit"] and counts["stored"] and 4 * counts["compiled"] > 3 * arguments.steps else 1


if __name__ == "__main__":
    sys.exit(main())
