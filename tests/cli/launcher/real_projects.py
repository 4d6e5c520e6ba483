#!/usr/bin/env python3
"""Builds real projects from clean at one place: with the bare compiler, then through the launcher with a cold and with a warm cache, and the same
through ccache where it is asked for. Objects, dependency files and what the compilers printed must be the same, and the warm build must compile
nothing that can be stored.

usage: real_projects.py BIN_DIR [--work DIR] [--jobs N] [--with-ccache] [PROJECT...]      default: all
Takes the sources from Debian's source packages (network; nothing of the system is changed). With --work it keeps them there for the next time.
Prints a table with processor seconds. Exit codes: 0 the same throughout, 1 not, 2 usage, 3 sources or packages could not be had.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from maintenance import let_maintenance_end
from real_projects_list import PROJECTS, Project
from real_projects_sources import NoSources, Sources

COMPILERS = ("gcc", "g++", "cc", "c++")
MADE = (".o", ".d", ".lo")


class BuildFailed(Exception):
    pass


class Launcher:
    """A compiler launcher, or none, and the cache that it has."""

    def __init__(self, program: pathlib.Path | None, links: pathlib.Path):
        self.program, self.links = program, links
        links.mkdir(parents=True)
        for compiler in COMPILERS if program else ():
            (links / compiler).symlink_to(program)

    def names(self) -> dict[str, str]:
        before = f"{self.program} " if self.program else ""
        return {"launcher": self.program or "", "cc": f"{before}gcc", "cxx": f"{before}g++", "links": self.links}


class Builder:
    """Builds one project, again and again at the same place."""

    def __init__(self, project: Project, tree: pathlib.Path, environment: dict[str, str], jobs: int):
        self.project, self.tree, self.environment, self.jobs = project, tree, environment, jobs
        self._run(project.prepare, {})

    def build(self, launcher: Launcher, before_build=lambda: None) -> tuple[dict[str, bytes], float]:
        """What was made, and the processor seconds of all that ran. Configuration is not of it: it tries names that are new each time."""
        names = launcher.names()
        self._run(self.project.clean, names)
        self._run(self.project.configure, names)
        for left in self._made():
            left.unlink()
        before_build()
        time.sleep(0.1)  # what is as new as its compile is not stored
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = self._run(self.project.build, names)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        made = {str(path.relative_to(self.tree)): path.read_bytes() for path in self._made()}
        made["what was printed"] = b"\n".join(sorted(re.findall(rb"^.*(?:warning|error|note):.*$", said, re.M)))
        return made, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def _made(self) -> list[pathlib.Path]:
        return [path for path in self.tree.rglob("*") if path.suffix in MADE and path.is_file()]

    def _run(self, command: str, names: dict[str, str]) -> bytes:
        ran = subprocess.run(command.format(jobs=self.jobs, **names) if names else command, shell=True, cwd=self.tree, env=self.environment,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if ran.returncode != 0:
            raise BuildFailed(f"{command}: exit code {ran.returncode}\n{ran.stdout[-2000:].decode(errors='replace')}")
        return ran.stdout


class Comparison:
    """The builds of one project, and the line of the table."""

    def __init__(self, programs: pathlib.Path, ccache: bool, work: pathlib.Path):
        self.index, self.work = programs / "zccache-index", work
        self.bare = Launcher(None, work / "links/none")
        self.zccache = Launcher(programs / "zccache-cc", work / "links/zccache")
        self.ccache = Launcher(pathlib.Path(shutil.which("ccache")), work / "links/ccache") if ccache else None
        self.environment = {k: v for k, v in os.environ.items() if not re.match("ZCCACHE_|CCACHE_|C(XX)?FLAGS|CMAKE_|MAKEFLAGS", k)}
        self.environment |= {"LC_ALL": "C.UTF-8"}

    def run(self, name: str, tree: pathlib.Path, jobs: int) -> bool:
        caches = {"ZCCACHE_DIR": str(self.work / f"cache/{name}"), "CCACHE_DIR": str(self.work / f"ccache/{name}"),
                  "ZCCACHE_LOG": str(self.work / f"{name}.log")}
        environment = self.environment | caches
        builder = Builder(PROJECTS[name], tree, environment, jobs)
        bare, seconds = builder.build(self.bare)
        line = [f"{name:<12} {len(bare):>6} {seconds:>8.2f}"]
        cold, cold_seconds = builder.build(self.zccache)
        theirs_cold = self._ccache_build(builder)
        warm, warm_seconds = builder.build(self.zccache, lambda: self._counts(environment))
        counts = self._counts(environment)
        theirs_warm = self._ccache_build(builder)
        misses = counts["launcher_miss"] - counts["launcher_compiler_failed"]
        line.append(f"{cold_seconds:>8.2f} {cold_seconds / seconds:>6.3f} {warm_seconds:>8.2f} {counts['launcher_hit']:>6} {misses:>6}")
        if self.ccache:
            line.append(f"{theirs_cold:>8.2f} {theirs_cold / seconds:>6.3f} {theirs_warm:>8.2f} {self._ccache_hits(environment):>6}")
        print(" ".join(line), flush=True)
        different = [self._differences(which, bare, made) for which, made in (("cold", cold), ("warm", warm))]
        return not any(different) and misses == 0 and counts["launcher_hit"] > 0

    def _ccache_build(self, builder: Builder) -> float:
        if not self.ccache:
            return 0.0
        forget = [self.ccache.program, "--zero-stats"]
        return builder.build(self.ccache, lambda: subprocess.run(forget, env=builder.environment, check=True, stdout=subprocess.DEVNULL))[1]

    def _ccache_hits(self, environment: dict[str, str]) -> int:
        said = subprocess.run([self.ccache.program, "--print-stats"], env=environment, check=True, capture_output=True, text=True).stdout
        return sum(int(count) for count in re.findall(r"^(?:direct|preprocessed)_cache_hit\s+(\d+)", said, re.M))

    def _counts(self, environment: dict[str, str]) -> dict[str, int]:
        return json.loads(subprocess.run([self.index, "stats", "--json", "--zero"], env=environment, capture_output=True, check=True).stdout)

    @staticmethod
    def _differences(which: str, bare: dict[str, bytes], made: dict[str, bytes]) -> bool:
        wrong = sorted(file for file in bare.keys() | made.keys() if bare.get(file) != made.get(file))
        if wrong:
            print(f"  {which}: not as the bare compiler made it: {len(wrong)}: {' '.join(wrong[:10])}")
        return bool(wrong)


def missing_packages(names: list[str]) -> list[str]:
    def is_there(package: str) -> bool:
        said = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status}", package], capture_output=True, text=True).stdout
        return said == "installed"

    return sorted({package for name in names for package in ("dpkg-dev", *PROJECTS[name].needs) if not is_there(package)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", type=pathlib.Path, metavar="BIN_DIR")
    parser.add_argument("--work", type=pathlib.Path, metavar="DIR", help="keep sources and logs here")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--with-ccache", action="store_true")
    parser.add_argument("projects", nargs="*", metavar="PROJECT", help=" ".join(PROJECTS))
    arguments = parser.parse_intermixed_args()
    names = arguments.projects or list(PROJECTS)
    unknown = [name for name in names if name not in PROJECTS]
    if unknown:
        parser.error(f"no such project: {' '.join(unknown)}")
    if missing := missing_packages(names):
        print(f"real_projects: missing; install with: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="real_projects.") as temporary:
        work = pathlib.Path(temporary)
        sources = Sources(arguments.work.absolute() / "sources" if arguments.work else work / "sources")
        comparison = Comparison(arguments.programs.resolve(), arguments.with_ccache, work)
        print(f"{'project':<12} {'files':>6} {'bare s':>8} {'cold s':>8} {'/bare':>6} {'warm s':>8} {'hits':>6} {'misses':>6}"
              + (f" {'cc cold':>8} {'/bare':>6} {'cc warm':>8} {'hits':>6}" if arguments.with_ccache else ""), flush=True)
        good = True
        for name in names:
            try:
                tree = sources.unpack(PROJECTS[name].package, PROJECTS[name].with_debian)
            except NoSources as failed:
                print(f"real_projects: no sources of {name}: {failed}", file=sys.stderr)
                return 3
            try:
                good = comparison.run(name, tree, arguments.jobs) and good
            except BuildFailed as failed:
                print(f"{name:<12} {failed}", flush=True)
                good = False
                continue
            if arguments.work:
                shutil.copy(work / f"{name}.log", arguments.work)
        let_maintenance_end(work)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
