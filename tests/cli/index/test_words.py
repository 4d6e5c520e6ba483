#!/usr/bin/env python3
"""What was mistyped, or is another cache's option, leads to the right command."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402


class Suggestions(Case):
    def test_a_mistyped_command_names_the_nearest(self):
        for typed, meant in {"stast": "stats", "lits": "list", "verfy": "verify", "doctr": "doctor", "conf": "config", "exprot": "export"}.items():
            with self.subTest(typed):
                self.assertIn(f"did you mean '{meant}'?", self.index(typed, exit_code=2))

    def test_what_is_like_no_command_names_none(self):
        for typed in ["frobnicate", "x", "in"]:
            with self.subTest(typed):
                self.assertNotIn("did you mean", self.index(typed, exit_code=2))

    def test_a_mistyped_option_names_the_nearest_of_its_command(self):
        self.assertIn("did you mean '--verbose'?", self.index("stats", "--verbos", exit_code=2))
        self.assertIn("did you mean '--dry-run'?", self.index("gc", "--dryrun", exit_code=2))
        self.assertNotIn("did you mean", self.index("stats", "--dry-run", exit_code=2))

    def test_a_mistyped_setting_names_the_nearest(self):
        self.assertIn("did you mean 'max_size'?", self.index("config", "max_sizes=5G", exit_code=2))
        self.assertIn("zccache-index config shows all", self.index("config", "colour=red", exit_code=2))


class Numbers(Case):
    def test_what_a_number_may_be_is_said_as_a_person_would(self):
        for command, wanted in {("list", "--limit=-1"): "--limit: takes a whole number from 0 on, not '-1'",
                                ("list", "--limit", "many"): "--limit: takes a whole number from 0 on, not 'many'",
                                ("top", "--count", "0"): "--count: takes a whole number from 1 on, not '0'",
                                ("top", "--interval", "0"): "--interval: takes a number of seconds, as 0.5 or 2, not '0'",
                                ("put", "key", "--exit-code", "many"): "--exit-code: takes a whole number from -2147483648 to 2147483647, not 'many'",
                                ("put", "key", "--exit-code", "9999999999"): "not '9999999999'"}.items():
            with self.subTest(command):
                self.assertIn(wanted, self.index(*command, exit_code=2))


class Launcher(Case):
    def assert_same(self, option: str, *command: str) -> None:
        done = self.run_program("zccache-cc", option)
        self.assertEqual((done.returncode, done.stdout), (0, self.index(*command)))

    def test_help_and_version_have_short_names(self):
        for short, long in {"-h": "--help", "-V": "--version"}.items():
            one, other = (self.run_program("zccache-cc", option) for option in [short, long])
            self.assertEqual((one.returncode, one.stdout), (0, other.stdout))
        self.assertIn("-s,--show-stats", self.run_program("zccache-cc", "-h").stdout)

    def test_options_of_ccache_do_what_they_do_there(self):
        self.assert_same("-s", "stats")
        self.assert_same("--show-stats", "stats")
        self.assert_same("-p", "config")

    def test_zero_stats_shows_and_resets(self):
        self.write("a.c", "int a;\n")
        self.compile("gcc", "-c", "a.c")
        done = self.run_program("zccache-cc", "-z")
        self.assertRegex(done.stdout, r"\nmisses +1\n")
        self.assertEqual(self.json("stats")["misses"], 0)

    def test_cleanup_collects(self):
        self.write("a.c", "int a;\n")
        self.compile("gcc", "-c", "a.c")
        done = self.run_program("zccache-cc", "-c", ZCCACHE_MAX_SIZE="1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.json("stats")["results"], 0)

    def test_what_destroys_or_takes_more_is_named_and_not_done(self):
        for option, command in {"-C": "zccache-index clear --yes", "--clear": "zccache-index clear --yes", "-M": "zccache-index config max_size=SIZE",
                                "--max-size=5G": "zccache-index config max_size=SIZE", "--start-server": "there is no server"}.items():
            with self.subTest(option):
                done = self.run_program("zccache-cc", option)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(command, done.stderr)

    def test_any_other_option_says_that_a_compiler_comes_first(self):
        done = self.run_program("zccache-cc", "-O2", "a.c")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'-O2' is neither a compiler nor an option; a compiler comes first", done.stderr)


if __name__ == "__main__":
    main()
