#!/usr/bin/env python3
"""Archives through pipes, and progress on terminals alone."""
import os
import pathlib
import pty
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402


class Streams(Case):
    def setUp(self):
        super().setUp()
        self.write("a.o", "object a")
        self.index("put", "aa01", "--output", "a.o=a.o")

    def exported(self, *arguments: str) -> subprocess.CompletedProcess:
        return self.run_program("zccache-index", "export", *arguments, "-", input=b"")

    def test_an_archive_to_standard_output_is_that_of_a_file(self):
        done = self.exported()
        self.assertEqual(done.returncode, 0)
        self.index("export", "cache.tar")
        names = [subprocess.run(["tar", "-tf", "-"], input=archive, capture_output=True, check=True).stdout
                 for archive in (done.stdout, (self.work / "cache.tar").read_bytes())]
        self.assertEqual(names[0], names[1])
        self.assertIn(b"exported entries: 1", done.stderr)

    def test_what_is_said_of_it_is_on_standard_error_as_json_too(self):
        done = self.exported("--json")
        self.assertIn(b'"entries": 1', done.stderr)

    def test_an_archive_from_standard_input_goes_in(self):
        archive = self.exported().stdout
        there = {"ZCCACHE_DIR": str(self.work / "there")}
        done = self.run_program("zccache-index", "import", "-", input=archive, **there)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.index("verify", **there)
        self.assertEqual(self.json("get", "aa01", **there)["total_size"], 8)

    def test_a_compressed_one_too(self):
        self.index("export", "cache.tar.gz")
        done = self.run_program("zccache-index", "import", "-", input=(self.work / "cache.tar.gz").read_bytes(), ZCCACHE_DIR=str(self.work / "there"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_input_that_is_no_archive_imports_nothing_and_says_so(self):
        for text in [b"", b"no archive", self.exported().stdout[:700]]:
            done = self.run_program("zccache-index", "import", "-", input=text, ZCCACHE_DIR=str(self.work / "there"))
            self.assertEqual(done.returncode, 3)
            self.assertIn(b"standard input: ", done.stderr)
            self.assertIn(b"nothing was imported", done.stderr)

    def test_a_reader_that_goes_makes_it_fail(self):
        done = subprocess.run(["bash", "-c", '"$1" export - | true; exit ${PIPESTATUS[0]}', "_", self.programs / "zccache-index"],
                              env=self.environment | {"LC_ALL": "C"}, cwd=self.work, capture_output=True, check=False)
        self.assertIn(done.returncode, (0, 3, 141))  # 0: it was all written before the reader went

    def on_terminal(self, *arguments: str, out: bool = False) -> tuple[int, str]:
        """With standard error, or output too, on a terminal."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([self.programs / "zccache-index", *arguments], env=self.environment, cwd=self.work, stderr=theirs,
                                   stdin=subprocess.DEVNULL, stdout=theirs if out else subprocess.DEVNULL)
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # that is how a terminal ends
            pass
        os.close(ours)
        return process.wait(), shown.decode()

    def test_an_archive_is_not_written_to_a_terminal(self):
        code, shown = self.on_terminal("export", "-", out=True)
        self.assertEqual(code, 2)
        self.assertIn("an archive is nothing for a terminal", shown)

    def test_progress_is_shown_on_a_terminal_and_cleared(self):
        self.index("export", "cache.tar")
        for command, what in {("verify",): "verifying: 0 of 1", ("export", "again.tar"): "exporting: 0 of 1",
                              ("--dir", "there", "import", "cache.tar"): "unpacking files: 0"}.items():
            with self.subTest(command):
                code, shown = self.on_terminal(*command)
                self.assertEqual(code, 0, shown)
                self.assertIn(what, shown)
                self.assertTrue(shown.endswith("\r\033[K"), repr(shown))

    def test_no_progress_where_there_is_no_terminal(self):
        for command in [("verify",), ("export", "cache.tar"), ("import", "cache.tar"), ("gc",)]:
            done = self.run_program("zccache-index", *command)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    main()
