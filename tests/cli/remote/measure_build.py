#!/usr/bin/env python3
"""Measures a build on a fresh machine, whose results another one has sent to a Redis: bare, through zccache and through ccache.

usage: measure_build.py DIRECTORY_OF_THE_PROGRAMS [--files N | --small N] [--repeat N]

It compiles N files of this library, or N small ones in C, two at a time. A fresh machine has an empty cache and files of other inodes and times. Processor seconds
are those of the build and of zccache-remote. The objects must be the bare compiler's, byte for byte.
"""
from __future__ import annotations

import argparse
import concurrent.futures
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

LIBRARY = pathlib.Path(__file__).parents[3] / "lib"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def helpers(program: pathlib.Path) -> list[pathlib.Path]:
    """Processes of this program: they are nobody's children."""
    def is_one(process: pathlib.Path) -> bool:
        try:
            return process.joinpath("exe").readlink() == program
        except OSError:  # another user's, or gone
            return False
    return list(filter(is_one, pathlib.Path("/proc").glob("[0-9]*")))


def seconds_of(processes: list[pathlib.Path]) -> float:
    ticks = sum(sum(map(int, process.joinpath("stat").read_text().rpartition(")")[2].split()[11:13])) for process in processes)
    return ticks / os.sysconf("SC_CLK_TCK")


class Machines:
    """All have the same tree in the same place, one after the other."""

    def __init__(self, work: pathlib.Path, files: int, small: int, helper: pathlib.Path):
        self.tree, self.helper, self.small = work / "tree", helper, small
        self.sources = sorted(str(file.relative_to(LIBRARY.parent)) for file in LIBRARY.glob("src/[!c]*/*.cpp"))[:files]
        if small:
            self.sources = [f"small/{i}.c" for i in range(small)]

    def fresh(self) -> None:
        while helpers(self.helper):  # those of the machine before
            time.sleep(0.1)
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.copytree(LIBRARY, self.tree / "lib", copy_function=shutil.copy)
        for i, source in enumerate(self.sources if self.small else []):
            (self.tree / source).parent.mkdir(exist_ok=True)
            (self.tree / source).write_text(f'#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nvoid f{i}(void) {{ printf("%d", {i}); }}\n')
        time.sleep(0.1)  # older than a tick of the file system's clock

    def build(self, *launcher: str, **variables: str) -> tuple[float, float]:
        """Wall and processor seconds."""
        def compile_one(source: str) -> None:
            compiler = ["gcc", "-O2"] if self.small else ["g++", "-std=c++20", "-O2", "-Ilib/include", "-Ilib/src"]
            command = [*launcher, *compiler, "-c", source, "-o", source.replace("/", "-") + ".o"]
            subprocess.run(command, cwd=self.tree, env=os.environ | variables, check=True)

        for made in self.tree.glob("*.o"):
            made.unlink()

        def used() -> float:
            children = resource.getrusage(resource.RUSAGE_CHILDREN)
            return children.ru_utime + children.ru_stime + seconds_of(helpers(self.helper))

        begin, before = time.monotonic(), used()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(compile_one, self.sources))
        return time.monotonic() - begin, used() - before

    def objects(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.tree.glob("*.o")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--small", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    programs = arguments.programs.resolve()
    for name in [name for name in os.environ if name.startswith(("ZCCACHE_", "CCACHE_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as temporary:
        work, port = pathlib.Path(temporary), free_port()
        server = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", temporary], stdout=subprocess.DEVNULL)
        url = f"redis://127.0.0.1:{port}"
        machines = Machines(work, arguments.files, arguments.small, programs / "zccache-remote")
        launchers = {
            "zccache": ([programs / "zccache-cc"], {"ZCCACHE_CONFIG": "", "ZCCACHE_REMOTE": url, "ZCCACHE_REMOTE_IDLE_MS": "5000"}),
            "ccache": (["ccache"], {"CCACHE_CONFIGPATH": "", "CCACHE_REMOTE_STORAGE": url}),
        }
        try:
            machines.fresh()
            wall, processor = machines.build()
            bare = machines.objects()
            print(f"{'':<10}{'wall':>8}{'processor':>11}\n{'bare':<10}{wall:>7.2f} s{processor:>9.2f} s", flush=True)
            for name, (launcher, variables) in launchers.items():
                for machine in range(arguments.repeat + 1):  # the first one sends
                    cache = work / f"{name}-{machine}"
                    variables |= {"ZCCACHE_DIR": str(cache), "CCACHE_DIR": str(cache), "ZCCACHE_REMOTE_MODE": "read" if machine else "write"}
                    machines.fresh()
                    wall, processor = machines.build(*launcher, **variables)
                    if machines.objects() != bare:
                        print(f"{name}: objects differ")
                        return 1
                    if name == "zccache" and machine == 0:
                        subprocess.run([programs / "zccache-index", "push"], env=os.environ | variables, check=True, stdout=subprocess.DEVNULL)
                    print(f"{name:<10}{wall:>7.2f} s{processor:>9.2f} s{'' if machine else '  (compiles and sends)'}", flush=True)
                wall, processor = machines.build(*launcher, **variables)
                print(f"{name:<10}{wall:>7.2f} s{processor:>9.2f} s  (from its own cache)", flush=True)
        finally:
            server.terminate()
            server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
