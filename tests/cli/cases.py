"""What the cases in Python share: the programs, a directory for each case, and an environment without a developer's own settings.

A script is run as: test_something.py DIRECTORY_OF_THE_PROGRAMS [CASE…]
"""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parent / "launcher"))
from maintenance import let_maintenance_end  # noqa: E402

TICK = 0.02  # seconds: more than the clock of a file system takes to move on


class Case(unittest.TestCase):
    """Has a directory `work` and, in it, the place of a cache. Both are gone afterwards."""

    programs: pathlib.Path

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.work = pathlib.Path(temporary.name).resolve()
        self.addCleanup(let_maintenance_end, self.work)
        self.cache = self.work / "cache"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("ZCCACHE_")}
        self.environment |= {"ZCCACHE_CONFIG": "", "ZCCACHE_DIR": str(self.cache), "XDG_CACHE_HOME": str(self.work / "xdg")}
        # Programs with AddressSanitizer in them handle faults and end by signals as the others do: both are tested.
        own = [f"handle_{fault}=0" for fault in ["segv", "sigbus", "sigill", "abort", "sigfpe"]]
        self.environment["ASAN_OPTIONS"] = ":".join([*own, os.environ.get("ASAN_OPTIONS", "")])

    def run_program(self, program: str, *arguments: object, cwd: pathlib.Path | None = None, input: str | bytes | None = None,
                    **variables: str) -> subprocess.CompletedProcess:
        """What it printed is text, unless bytes go in."""
        return subprocess.run([self.programs / program, *map(str, arguments)], cwd=cwd or self.work, env=self.environment | variables,
                              input=input, capture_output=True, text=not isinstance(input, bytes))

    def index(self, *arguments: object, exit_code: int = 0, **more) -> str:
        """Standard output of zccache-index, which ends like this; of usage errors and failures what it complained."""
        done = self.run_program("zccache-index", *arguments, **more)
        self.assertEqual(done.returncode, exit_code, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr if exit_code > 1 else done.stdout

    def json(self, *arguments: object, **more):
        command, *rest = arguments
        return json.loads(self.index(command, "--json", *rest, **more))

    def write(self, name: str, text: str) -> pathlib.Path:
        """A file below `work`, old enough for a compile that reads it to be stored."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        while time.time() - path.stat().st_ctime < TICK:
            pass
        return path

    def compile(self, *command: str, cwd: pathlib.Path | None = None, **variables: str) -> None:
        done = self.run_program("zccache-cc", *command, cwd=cwd, **variables)
        self.assertEqual(done.returncode, 0, done.stderr)


def main() -> None:
    Case.programs = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
