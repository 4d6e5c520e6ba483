#!/usr/bin/env python3
"""Kinds of compiles, by topic. Each case runs by the bare program, then through the launcher twice: every file that it leaves, both streams and
the exit code are the same byte for byte, and the launcher decides as the case says. Then once more after each change that the case names.

usage: kinds.py BIN_DIR TOPIC [CASE]      a topic is a module in cases/; CASE: only those whose name contains this
Exit codes: 0 as it should be, 1 not.
"""
import dataclasses
import fnmatch
import importlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable

sys.dont_write_bytecode = True
from case import HIT, MISS, PASS, UNSTORED, Case, is_there
from maintenance import let_maintenance_end

LONGEST_RUN = 600  # seconds; only one that hangs takes so long
CLOCK_TICK = 0.02  # seconds, more than the clock of any file system takes

Seen = dict[str, bytes]  # what can be seen of a run, by name


def contents(tree: pathlib.Path) -> Seen:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def directories_in(tree: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in tree.rglob("*") if path.is_dir() and not path.is_symlink()]


def modes(tree: pathlib.Path, names: Iterable[str]) -> Seen:
    return {f"mode of {name}": oct((tree / name).stat().st_mode).encode() for name in names if (tree / name).exists()}


def let_files_age(tree: pathlib.Path) -> None:
    """A compile of what was written in the clock tick in which it begins is not stored."""
    while max(path.lstat().st_ctime for path in [tree, *tree.rglob("*")]) > time.time() - CLOCK_TICK:
        time.sleep(0.002)


class Suite:
    def __init__(self, programs: pathlib.Path, work: pathlib.Path):
        self.programs = programs
        self.tree = work / "tree"
        self.log = work / "log"
        self.failures = 0
        (work / "tmp").mkdir()
        settings = {"ZCCACHE_CONFIG": "", "ZCCACHE_DIR": str(work / "cache"), "ZCCACHE_LOG": str(self.log), "ZCCACHE_OBSERVE": os.environ.get("ZCCACHE_OBSERVE", "auto")}
        own = {name: value for name, value in os.environ.items() if not name.startswith("ZCCACHE_")}
        self.environment = own | settings | {"LC_ALL": "C", "TMPDIR": str(work / "tmp"), "XDG_CACHE_HOME": str(work / "xdg"), "LAUNCHER": str(programs / "zccache-cc")}

    def report(self, is_good: bool, name: str, *details: str) -> None:
        print("ok:" if is_good else "FAILED:", name, flush=True)
        if not is_good:
            self.failures += 1
            print(*details, self.log.read_text(), sep="\n    ", flush=True)

    def forget_compiles(self) -> None:
        """What is known of the compilers' own files stays: to find that out anew takes longer than all else."""
        index = str(self.programs / "zccache-index")
        if not pathlib.Path(self.environment["ZCCACHE_DIR"], "index.live").exists():
            return
        listed = subprocess.run([index, "list"], env=self.environment, capture_output=True, text=True, check=True).stdout
        keys = re.findall(r"^(?:[0-9a-f]{64}|manifest:[0-9a-f]+)", listed, re.MULTILINE)
        if keys:
            subprocess.run([index, "remove", *keys], env=self.environment, capture_output=True, check=True)

    def plant(self, case: Case) -> None:
        shutil.rmtree(self.tree, ignore_errors=True)
        for name, text in case.sources.items():
            path = self.tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.change(case.prepare)

    def change(self, script: str) -> None:
        subprocess.run(["sh", "-e", "-c", script], cwd=self.tree, env=self.environment, stdin=subprocess.DEVNULL, check=True)

    def run(self, case: Case, command: list[str]) -> Seen:
        """Takes away what the run made, so that the next one begins with the same."""
        before = contents(self.tree)
        directories = set(directories_in(self.tree))
        let_files_age(self.tree)
        self.log.write_text("")
        environment = self.environment | {"ZCCACHE_PROGRAMS": case.programs} | case.environment
        command = [word.replace("{tree}", str(self.tree)) for word in command]
        ran = subprocess.run(command, cwd=self.tree / case.directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=LONGEST_RUN)
        after = contents(self.tree)
        made = {name: after.get(name, b"gone") for name in before | after if before.get(name) != after.get(name)}
        seen = made | modes(self.tree, made)
        for name in made:
            if name in before:
                (self.tree / name).write_bytes(before[name])
            else:
                (self.tree / name).unlink()
        for one in sorted(set(directories_in(self.tree)) - directories, reverse=True):
            one.rmdir()
        return seen | {"stdout": ran.stdout, "stderr": ran.stderr, "exit code": str(ran.returncode).encode()}

    def bare(self, case: Case) -> Seen:
        return self.run(case, shlex.split(case.command))

    def launched(self, case: Case) -> Seen:
        launcher = str(self.programs / "zccache-cc")
        return self.run(case, [launcher, *shlex.split((case.launched or case.command).replace("{cc}", launcher))])

    def decision(self) -> str:
        patterns = {HIT: r"\w+: hit ", MISS: r"\w+: miss .*: stored$", UNSTORED: r"\w+: miss .*: not stored: ", PASS: r"\w+: not cacheable: "}
        last = self.log.read_text().splitlines()[-1:] or [""]
        said = last[0].partition("] ")[2]
        return next((name for name, pattern in patterns.items() if re.match(pattern, said)), "nothing")

    def compare(self, name: str, wanted: Seen, seen: Seen, varies: str = "") -> None:
        differing = [one for one in sorted(wanted.keys() | seen.keys()) if wanted.get(one) != seen.get(one)]
        differing = [one for one in differing if not (varies and fnmatch.fnmatch(one, varies) and one in wanted and one in seen)]
        self.report(not differing, name, *(f"{one}: {wanted.get(one)!r:.300} became {seen.get(one)!r:.300}" for one in differing))

    def decided(self, name: str, wanted: str, why: str = "") -> None:
        if self.environment["ZCCACHE_OBSERVE"] == "off" and wanted in (HIT, MISS):
            wanted = UNSTORED
        self.report(self.decision() == wanted, f"{name}: {self.decision()}, wanted {wanted}")
        if wanted in (UNSTORED, PASS) and why:
            self.report(why in self.log.read_text(), f"{name}: because: {why}")

    def twice(self, case: Case, name: str, first: str, second: str) -> None:
        bare = self.bare(case)
        one = self.launched(case)
        self.compare(f"{name}: first run is the bare one's", bare, one, case.varies)
        self.decided(f"{name}: first decision", first, case.why)
        other = self.launched(case)
        self.compare(f"{name}: second run is the bare one's", one if second == HIT else bare, other, "" if second == HIT else case.varies)
        self.decided(f"{name}: second decision", second, case.why)

    def judge(self, case: Case) -> None:
        self.forget_compiles()
        self.plant(case)
        name = case.name
        self.twice(case, name, case.first, case.second)
        for change in case.changes:
            self.change(change.script)
            case = dataclasses.replace(case, command=change.command or case.command, directory=change.directory or case.directory)
            self.twice(case, f"{name}; {change.name}", change.decision, HIT if change.decision in (HIT, MISS) else change.decision)


def can_run(case: Case) -> bool:
    return all("/" in program or is_there(program) for program in [shlex.split(case.command)[0], *case.needs])


def main() -> int:
    programs, topic = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    work = pathlib.Path(tempfile.mkdtemp(prefix="kinds."))
    suite = Suite(programs, work)
    for case in importlib.import_module(f"cases.{topic}").cases():
        if wanted not in case.name:
            continue
        if can_run(case):
            suite.judge(case)
        else:
            print("skipped:", case.name, "needs a program that is not there", flush=True)
    let_maintenance_end(work)
    shutil.rmtree(work)
    return 1 if suite.failures else 0


if __name__ == "__main__":
    sys.exit(main())
