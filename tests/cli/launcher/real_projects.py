#!/usr/bin/env python3
"""Builds real projects three times at the same place: with the bare compiler, then through the launcher with a cold and with a warm cache. Every
object and dependency file, and what the compilers printed, must be the same; the warm build must compile nothing.

usage: real_projects.py BIN_DIR [--jobs N] [PROJECT...]      default: all
Takes the sources from Debian's source packages, with package lists of its own (network; nothing of the system is changed). Needs dpkg-dev, make,
cmake and ninja. Prints a table with seconds. Exit codes: 0 the same throughout, 1 not, 3 sources could not be had.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from maintenance import let_maintenance_end

CMAKE = ["cmake -G Ninja -B build -DCMAKE_BUILD_TYPE={type} -DCMAKE_C_COMPILER_LAUNCHER={launcher} -DCMAKE_CXX_COMPILER_LAUNCHER={launcher} {options}",
         "ninja -C build -d keepdepfile -j{jobs} {targets}"]


@dataclasses.dataclass
class Project:
    package: str
    commands: list[str]


def cmake(package: str, build_type: str, options: str = "", targets: str = "all") -> Project:
    return Project(package, [c.replace("{type}", build_type).replace("{options}", options).replace("{targets}", targets) for c in CMAKE])


# C and C++; CMake and Make; in the source folder and beside it; generated headers; -g, -O2, -fPIC; warnings.
PROJECTS = {
    "zlib": Project("zlib", ["sh ./configure --shared", "make -j{jobs} CC='{launcher} gcc' all"]),
    "lua": Project("lua5.4", ["make -j{jobs} -C src CC='{launcher} gcc -std=gnu99' MYCFLAGS='-g -Wextra -Wconversion' a"]),
    "jansson": cmake("jansson", "Debug"),
    "googletest": cmake("googletest", "RelWithDebInfo", "-Dgtest_build_tests=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON"),
    "fmt": cmake("fmtlib", "Release", "-DFMT_TEST=OFF -DFMT_DOC=OFF"),
}


class Sources:
    """apt-get source, without touching the system's package lists."""

    def __init__(self, work: pathlib.Path):
        self.work = work / "apt"
        for folder in ("lists/partial", "cache/archives/partial"):
            (self.work / folder).mkdir(parents=True)
        release = next(line.split("=")[1].strip() for line in open("/etc/os-release") if line.startswith("VERSION_CODENAME="))
        (self.work / "sources.list").write_text(f"deb-src http://deb.debian.org/debian {release} main\n")
        self.apt("update")

    def apt(self, *arguments: str, cwd: pathlib.Path | None = None) -> None:
        options = {"Dir::Etc::sourcelist": self.work / "sources.list", "Dir::Etc::sourceparts": "/dev/null", "Dir::State::lists": self.work / "lists",
                   "Dir::Cache": self.work / "cache", "APT::Sandbox::User": "root"}
        subprocess.run(["apt-get", "-qq", *(f"-o{k}={v}" for k, v in options.items()), *arguments], cwd=cwd or self.work, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def unpack(self, package: str) -> pathlib.Path:
        """What the authors released, without Debian's changes."""
        folder = self.work / package
        folder.mkdir()
        self.apt("source", "--download-only", package, cwd=folder)
        archive = next(path for path in folder.iterdir() if ".orig.tar." in path.name and not path.name.endswith(".asc"))
        subprocess.run(["tar", "xf", archive.name], cwd=folder, check=True)
        return next(path for path in folder.iterdir() if path.is_dir())


class Builder:
    def __init__(self, programs: pathlib.Path, work: pathlib.Path, jobs: int):
        self.launcher, self.index, self.work, self.jobs = programs / "zccache-cc", programs / "zccache-index", work, jobs
        self.environment = {k: v for k, v in os.environ.items() if not re.match("ZCCACHE_|C(XX)?FLAGS|MAKEFLAGS", k)}
        self.environment |= {"ZCCACHE_DIR": str(work / "cache"), "LC_ALL": "C"}

    def build(self, project: Project, source: pathlib.Path, launcher: str) -> tuple[dict[str, bytes], float]:
        """What was made, and how long the commands after the first took, or the only one."""
        place = self.work / "tree"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(source, place, symlinks=True)
        time.sleep(0.1)  # sources as new as their compile are not stored
        printed, seconds = [], 0.0
        for command in project.commands:
            start = time.monotonic()
            ran = subprocess.run(command.format(launcher=launcher, jobs=self.jobs), shell=True, cwd=place, env=self.environment, capture_output=True,
                                 check=True)
            seconds = time.monotonic() - start
            printed += re.findall(rb"^.*(?:warning|error|note):.*$", ran.stderr + b"\n" + ran.stdout, re.M)
        made = {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file() and p.suffix in (".o", ".d", ".lo") and "CMakeFiles/3" not in str(p)}
        return made | {"printed": b"\n".join(sorted(printed))}, seconds

    def counts(self) -> dict[str, int]:
        return json.loads(subprocess.run([self.index, "stats", "--json", "--zero"], env=self.environment, capture_output=True, check=True).stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", type=pathlib.Path, metavar="BIN_DIR")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("projects", nargs="*", metavar="PROJECT", help=" ".join(PROJECTS))
    arguments = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory(prefix="real_projects.") as folder:
        work = pathlib.Path(folder)
        builder = Builder(arguments.programs.resolve(), work, arguments.jobs)
        try:
            sources = Sources(work)
            trees = {name: sources.unpack(PROJECTS[name].package) for name in arguments.projects or PROJECTS}
        except (subprocess.CalledProcessError, OSError) as failed:
            print(f"real_projects: no sources: {failed}", file=sys.stderr)
            return 3
        print(f"{'project':<12} {'files':>6} {'bare s':>8} {'cold s':>8} {'warm s':>8} {'direct':>7} {'misses':>7}", flush=True)
        for name, source in trees.items():
            bare, bare_seconds = builder.build(PROJECTS[name], source, "env")
            cold, cold_seconds = builder.build(PROJECTS[name], source, str(builder.launcher))
            builder.counts()
            warm, warm_seconds = builder.build(PROJECTS[name], source, str(builder.launcher))
            counts = builder.counts()
            print(f"{name:<12} {len(bare):>6} {bare_seconds:>8.2f} {cold_seconds:>8.2f} {warm_seconds:>8.2f} "
                  f"{counts['launcher_hit']:>7} {counts['launcher_miss']:>7}", flush=True)
            for which, made in (("cold", cold), ("warm", warm)):
                wrong = sorted(file for file in bare.keys() | made.keys() if bare.get(file) != made.get(file))
                if wrong:
                    print(f"  {which}: not as the bare compiler made it: {' '.join(wrong[:10])}")
                good = good and not wrong
            good = good and counts["launcher_miss"] == counts["launcher_compiler_failed"]
        let_maintenance_end(work)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
