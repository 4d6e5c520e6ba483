#!/usr/bin/env python3
"""zccache-index top: looks, rates, who is attached; on a terminal a screen that fits it, and keys."""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402

CLEAR = b"\033[H\033[J"
ESCAPE = re.compile(r"\033\[[0-9;?]*[A-Za-z]")
PATIENCE = 60  # seconds that only a hang takes


class InAPipe(Case):
    def test_of_nothing_there_is_nothing_to_see(self):
        self.index("top", "--count", 1, exit_code=1)

    def test_each_look_is_a_line_of_json(self):
        self.index("put", "k")
        looks = [json.loads(line) for line in self.index("top", "--count", 3, "--interval", 0.01, "--json").splitlines()]
        self.assertEqual(len(looks), 3)
        wanted = {"entries": 1, "inserts": 1, "generation": 1, "inserts_per_second": 0, "attached": []}
        self.assertEqual({name: looks[0][name] for name in wanted}, wanted)

    def test_an_attached_process_is_seen_and_an_interrupt_ends_it_well(self):
        self.index("put", "k")
        with subprocess.Popen([self.programs / "zccache-index", "top", "--interval", "0.01"], env=self.environment, text=True,
                              stdout=subprocess.PIPE) as other:
            # Between two of its looks it is not attached for a moment.
            is_seen = any(f'"pid":{other.pid},"name":"zccache-index"' in self.index("top", "--count", 20, "--interval", 0.01, "--json")
                          for _ in range(100))
            other.send_signal(signal.SIGINT)
            shown, _ = other.communicate(timeout=PATIENCE)
        self.assertTrue(is_seen)
        self.assertEqual(other.returncode, 0)
        self.assertNotIn("\033", shown)
        self.assertRegex(shown, r"per second .* hits .* misses .* inserts")

    def test_the_interval_is_positive(self):
        self.index("top", "--interval", -1, exit_code=2)


class OnATerminal(Case):
    def setUp(self):
        super().setUp()
        self.write("a.c", "int a;\n")
        for _ in range(2):
            self.compile("gcc", "-c", "a.c")
        self.compile("gcc", "-print-sysroot")
        for _ in range(2):
            self.compile("gcc", "a.o", "-shared", "-o", "linked")

    def start(self, columns: int = 100, rows: int = 30, interval: float = 1000, **variables: str) -> None:
        self.terminal, side = pty.openpty()
        self.addCleanup(os.close, self.terminal)
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(side)
        self.seen = b""
        self.top = subprocess.Popen([self.programs / "zccache-index", "top", "--interval", str(interval)], stdin=side, stdout=side,
                                    env=self.environment | {"TERM": "xterm"} | variables)
        os.close(side)
        self.addCleanup(self.top.wait)
        self.addCleanup(self.top.kill)

    def screens(self, count: int) -> list[str]:
        """As soon as so many were begun, the last of them whole."""
        while self.seen.count(CLEAR) < count or b"not cached, because" not in self.seen.rpartition(CLEAR)[2]:
            self.assertTrue(select.select([self.terminal], [], [], PATIENCE)[0], self.seen)
            self.seen += os.read(self.terminal, 65536)
        return [ESCAPE.sub("", screen.decode()) for screen in self.seen.split(CLEAR)[1:]]

    def press(self, key: str) -> None:
        os.write(self.terminal, key.encode())

    def end(self) -> str:
        """Everything up to the end of the program."""
        self.press("q")
        self.assertEqual(self.top.wait(PATIENCE), 0)
        while select.select([self.terminal], [], [], 0)[0]:
            try:
                self.seen += os.read(self.terminal, 65536)
            except OSError:  # nobody has the other side any more
                break
        return self.seen.decode()

    def test_size_rate_and_reasons_are_there(self):
        self.start()
        screen = self.screens(1)[0]
        self.assertRegex(screen, r"size +[0-9.]+ [KM]iB of 5\.0 GiB, 0\.0 %  ·{30}")
        self.assertRegex(screen, r"hit rate +50\.0 % of 2, [0-9.]+ m?s saved  █{15}·{15}")
        self.assertRegex(screen, r"2 +0  link: no -c, -S or -E\r\n +1 +0  question: ")

    def test_q_quits_and_gives_the_terminal_back(self):
        self.start()
        self.screens(1)
        shown = self.end()
        self.assertTrue(shown.rstrip().endswith("\033[?25h"), shown[-20:])

    def test_s_changes_the_order(self):
        self.start()
        self.screens(1)
        self.compile("gcc", "-print-sysroot")
        self.press("s")
        self.screens(2)
        self.press("s")
        last = self.screens(3)[-1]
        self.assertLess(last.index("link: "), last.index("question: "))

    def test_what_happens_meanwhile_is_seen_at_the_next_look(self):
        self.start(interval=0.05)
        self.screens(1)
        self.compile("gcc", "-c", "a.c")
        while "66.7 % of 3" not in self.screens(self.seen.count(CLEAR) + 1)[-1]:
            pass

    def test_a_change_of_size_redraws_at_once(self):
        self.start()
        self.screens(1)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 60, 0, 0))
        self.top.send_signal(signal.SIGWINCH)
        self.assertLessEqual(max(map(len, self.screens(2)[-1].split("\r\n"))), 60)

    def test_colours_are_left_out_where_they_are_not_wanted(self):
        self.start(NO_COLOR="1")
        self.screens(1)
        self.assertNotRegex(self.end(), r"\033\[[0-9]+m")

    def test_a_dumb_terminal_gets_plain_text(self):
        self.start(interval=0.01, TERM="dumb")
        while b"per second" not in self.seen:
            self.seen += os.read(self.terminal, 65536)
        self.assertNotIn(b"\033", self.seen)


if __name__ == "__main__":
    main()
