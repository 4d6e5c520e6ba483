#!/usr/bin/env python3
"""On a terminal a compile shows what the bare compiler shows, byte for byte: colours, links, and lines that end at its edge."""
import fcntl
import os
import pathlib
import pty
import shutil
import struct
import subprocess
import sys
import termios

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402

WARNS = "int a_function_with_a_rather_long_name(int first_parameter, int second_parameter, int an_unused_parameter, int another_one, int and_one_more) { return first_parameter; }\n"


class OnATerminal(Case):
    def setUp(self):
        super().setUp()
        self.environment |= {"ZCCACHE_LOG": str(self.work / "log"), "LC_ALL": "C"}
        self.write("a.c", WARNS)
        self.write("quiet.c", "int a;\n")

    def shown(self, *command: str, columns: int = 80, **variables: str) -> bytes:
        """What the terminal shows. Standard output is none."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        environment = self.environment | {"TERM": "xterm-256color"} | variables
        with subprocess.Popen(command, cwd=self.work, env=environment, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs) as process:
            os.close(theirs)
            seen = b""
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # all have closed it
                    break
                seen += piece
        os.close(ours)
        self.assertEqual(process.returncode, 0, seen)
        return seen

    def decision(self) -> str:
        return (self.work / "log").read_text().splitlines()[-1].partition("info: ")[2].split()[0]

    def assert_shown(self, decision: str, *command: str, **more) -> bytes:
        bare = self.shown(*command, **more)
        self.assertEqual(bare, self.shown(str(self.programs / "zccache-cc"), *command, **more))
        self.assertEqual(self.decision(), decision)
        return bare

    def compilers(self) -> list[str]:
        return [name for name in ["gcc", "clang", "clang-16", "clang-19"] if shutil.which(name)]

    def test_of_each_width_it_is_what_the_compiler_shows(self):
        for compiler in self.compilers():
            seen = {}
            for decision in ["miss", "hit"]:
                for columns in [40, 80, 200]:
                    with self.subTest(compiler=compiler, decision=decision, columns=columns):
                        seen[columns] = self.assert_shown(decision, compiler, "-Wunused-parameter", "-c", "a.c", columns=columns)
            self.assertIn(b"\x1b[", seen[80])
            if compiler == "gcc":  # which cuts the lines that it shows
                self.assertNotEqual(seen[40], seen[200])

    def test_links_are_shown_where_the_terminal_has_them(self):
        for urls in ["bel", "no"]:
            for decision in ["miss", "hit"]:
                with self.subTest(urls=urls, decision=decision):
                    seen = self.assert_shown(decision, "gcc", "-Wunused-parameter", "-c", "a.c", GCC_URLS=urls)
                    self.assertEqual(b"\x1b]8;;http" in seen, urls == "bel")

    def test_a_terminal_without_colours_counts(self):
        coloured = self.assert_shown("miss", "gcc", "-Wunused-parameter", "-c", "a.c")
        plain = self.assert_shown("miss", "gcc", "-Wunused-parameter", "-c", "a.c", TERM="dumb")
        self.assertIn(b"\x1b[", coloured)
        self.assertNotIn(b"\x1b[", plain)

    def test_what_was_shown_on_a_terminal_is_not_served_into_a_pipe(self):
        self.assert_shown("miss", "gcc", "-Wunused-parameter", "-c", "a.c")
        into_a_pipe = self.run_program("zccache-cc", "gcc", "-Wunused-parameter", "-c", "a.c")
        self.assertEqual(self.decision(), "miss")
        self.assertNotIn("\x1b", into_a_pipe.stderr)

    def test_a_compile_that_says_nothing_is_one_entry_for_all(self):
        self.assert_shown("miss", "gcc", "-Wunused-parameter", "-c", "quiet.c")
        self.assert_shown("hit", "gcc", "-Wunused-parameter", "-c", "quiet.c", columns=132)
        self.compile("gcc", "-Wunused-parameter", "-c", "quiet.c")
        self.assertEqual(self.decision(), "hit")

    def test_the_command_s_own_choice_counts(self):
        seen = self.assert_shown("miss", "gcc", "-Wunused-parameter", "-fdiagnostics-color=never", "-c", "a.c")
        self.assertNotIn(b"\x1b[", seen)


if __name__ == "__main__":
    main()
