#!/usr/bin/env python3
"""zccache-index explain takes what people paste, works without an index, and gives advice where the directory is what is different."""
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402


class Pasted(Case):
    def setUp(self):
        super().setUp()
        self.write("src/a.c", "int a;\n")
        self.compile("gcc", "-O1", "-c", "a.c", "-o", "a.o", cwd=self.work / "src")

    def assert_hit(self, *arguments: str, **more) -> None:
        self.assertEqual(self.json("explain", *arguments, **more)["outcome"], "hit")

    def test_a_line_in_quotes_is_split_as_a_shell_does(self):
        self.assert_hit(r"""gcc  -O1 -c 'a.c' -o "a".o""", cwd=self.work / "src")

    def test_a_line_may_come_from_standard_input(self):
        self.assert_hit("-", cwd=self.work / "src", input="gcc -O1 -c a.c -o a.o\n")

    def test_a_launcher_in_front_is_passed_over(self):
        for launcher in ["zccache-cc", "ccache", "/usr/bin/sccache", "distcc", "env"]:
            with self.subTest(launcher):
                self.assert_hit("--", launcher, "gcc", "-O1", "-c", "a.c", "-o", "a.o", cwd=self.work / "src")

    def test_two_dashes_before_the_compiler_may_be_left_out(self):
        self.assert_hit("zccache-cc", "gcc", "-O1", "-c", "a.c", "-o", "a.o", cwd=self.work / "src")
        self.assert_hit("--dir", self.cache, "gcc", "-O1", "-c", "a.c", "-o", "a.o", cwd=self.work / "src", ZCCACHE_DIR="")

    def test_a_command_of_that_name_is_nobody_elses(self):
        self.index("put", "explain")
        self.assertEqual(self.json("get", "explain")["key"], "explain")
        self.index("--dir", "explain", "stats")

    def test_cd_in_front_says_where_it_runs(self):
        self.assert_hit("cd src && ccache gcc -O1 -c a.c -o a.o")
        self.assert_hit(f"cd {self.work} && cd src; gcc -O1 -c a.c -o a.o", cwd=pathlib.Path("/"))

    def test_a_line_of_ninja_is_taken_as_it_is(self):
        self.assert_hit("[3/9] gcc -O1 -c a.c -o a.o", cwd=self.work / "src")
        self.assert_hit("[3/9 12.5/s] : && cd src && zccache-cc gcc -O1 -c a.c -o a.o && :")

    def test_assignments_in_front_count_for_the_compile(self):
        self.compile("gcc", "-O1", "-c", "a.c", "-o", "a.o", cwd=self.work / "src", CPATH="/some")
        self.assert_hit("CPATH=/some gcc -O1 -c a.c -o a.o", cwd=self.work / "src")
        told = self.json("explain", "CPATH=/other gcc -O1 -c a.c -o a.o", cwd=self.work / "src", exit_code=1)
        self.assertIn("an environment variable", "".join(told["candidates"][0]["changes"]))

    def test_of_several_commands_it_is_the_compile(self):
        self.assert_hit("mkdir -p out; gcc -O1 -c a.c -o a.o && touch done", cwd=self.work / "src")

    def test_a_directory_that_is_given_relative_to_here_stays_what_it_is(self):
        self.assert_hit("--dir", "cache", "cd src && gcc -O1 -c a.c -o a.o")

    def test_nothing_to_explain_is_a_usage_error(self):
        for line in ["", "   ", "cd src &&", "[1/2] :"]:
            with self.subTest(line):
                self.index("explain", "--", line, exit_code=2)

    def test_a_compiler_that_is_not_there_is_named(self):
        self.assertIn("no compiler 'no-such-gcc'", self.index("explain", "no-such-gcc -c a.c", exit_code=1))

    def test_asking_changes_nothing_and_makes_nothing(self):
        self.index("explain", "cd src && gcc -O2 -c a.c -o b.o", exit_code=1)
        self.assertEqual(sorted(path.name for path in (self.work / "src").iterdir()), ["a.c", "a.o"])


class CompileCommands(Case):
    def setUp(self):
        super().setUp()
        for name in ["a", "b"]:
            self.write(f"src/{name}.c", f"int {name};\n")
        build = self.work / "build"
        build.mkdir()
        self.compile("gcc", "-c", "../src/a.c", "-o", "a.o", cwd=build)
        self.write("build/compile_commands.json", json.dumps([
            {"directory": str(build), "file": "../src/a.c", "command": "/usr/bin/ccache gcc -c ../src/a.c -o a.o"},
            {"directory": str(build), "file": str(self.work / "src/b.c"), "arguments": ["gcc", "-c", "../src/b.c", "-o", "b.o"]},
        ]))

    def test_one_source_by_its_path_or_the_end_of_it(self):
        for name in ["src/a.c", "a.c", str(self.work / "src/a.c"), "./src/../src/a.c"]:
            with self.subTest(name):
                told = self.json("explain", "--compile-commands", "build/compile_commands.json", name)
                self.assertEqual([one["outcome"] for one in told], ["hit"])

    def test_all_sources_where_none_is_named_and_the_directory_will_do(self):
        told = self.json("explain", "--compile-commands", "build", exit_code=1)
        self.assertEqual([(one["source"], one["outcome"]) for one in told], [("../src/a.c", "hit"), ("../src/b.c", "miss")])
        self.assertIn("1 of 2 would be served", self.index("explain", "--compile-commands", "build", exit_code=1))

    def test_a_source_that_is_not_in_it_is_named(self):
        done = self.run_program("zccache-index", "explain", "--compile-commands", "build", "c.c")
        self.assertEqual(done.returncode, 1)
        self.assertIn("build has no compile of 'c.c'", done.stderr)

    def test_a_file_that_is_none_is_an_error_with_a_cure(self):
        self.assertIn("CMAKE_EXPORT_COMPILE_COMMANDS=ON", self.index("explain", "--compile-commands", "none.json", exit_code=3))
        for text in ["{}", "[", "[{}]", '[{"command": 7}]']:
            self.write("broken.json", text)
            with self.subTest(text):
                self.index("explain", "--compile-commands", "broken.json", exit_code=3)


class WithoutAnIndex(Case):
    def test_what_can_be_said_without_one_is_said(self):
        self.write("a.c", "int a;\n")
        self.assertIn("nothing is stored yet: there is no index", self.index("explain", "gcc -c a.c", exit_code=1))
        self.assertIn("there is no -c", self.index("explain", "gcc a.c", exit_code=1))
        self.assertFalse(self.cache.exists())

    def test_what_upstream_has_would_be_served(self):
        self.write("a.c", "int a;\n")
        self.compile("gcc", "-c", "a.c", ZCCACHE_DIR=str(self.work / "team"))
        self.index("--dir", self.work / "team", "flush")
        told = self.json("explain", "gcc -c a.c", ZCCACHE_UPSTREAM=str(self.work / "team"))
        self.assertTrue(told["upstream"])


class Advice(Case):
    """Of two checkouts, one has been built."""

    def setUp(self):
        super().setUp()
        for checkout in ["one", "two"]:
            self.write(f"{checkout}/inc/a.h", "#define A 1\n")
            self.write(f"{checkout}/src/a.c", "#include <a.h>\nint a = A;\n")

    def command(self, checkout: str) -> list[str]:
        root = self.work / checkout
        return ["gcc", f"-I{root}/inc", "-c", f"{root}/src/a.c", "-o", "a.o"]

    def advice_for(self, *command: str, checkout: str = "two", **more) -> list[str]:
        return self.json("explain", "--", *command, cwd=self.work / checkout, exit_code=1, **more)["advice"]

    def test_a_base_directory_where_paths_are_absolute(self):
        self.compile(*self.command("one"), cwd=self.work / "one")
        advice = self.advice_for(*self.command("two"))
        self.assertEqual(advice, [f"set ZCCACHE_BASEDIR={self.work}: then what is below it is named relative to the working directory"])

    def test_that_advice_is_right(self):
        base = {"ZCCACHE_BASEDIR": str(self.work)}
        self.compile(*self.command("one"), cwd=self.work / "one", **base)
        self.assertEqual(self.json("explain", "--", *self.command("two"), cwd=self.work / "two", **base)["outcome"], "hit")

    def test_relative_names_where_no_base_directory_helps(self):
        self.compile(*self.command("one"), cwd=self.work / "one")
        advice = self.json("explain", "--", *self.command("two"), cwd=pathlib.Path("/"), exit_code=1)["advice"]
        self.assertEqual([one.partition(":")[0] for one in advice], ["name sources and search directories relative to the working directory"])

    def test_where_the_result_holds_the_directory(self):
        command = ["gcc", "-g", "-Iinc", "-c", "src/a.c", "-o", "a.o"]
        self.compile(*command, cwd=self.work / "one")
        advice = self.advice_for(*command)
        self.assertEqual(advice, [f"add -ffile-prefix-map={self.work}/two=.: it keeps the working directory out of the result"])

    def test_that_advice_is_right_too(self):
        command = ["gcc", "-g", "-Iinc", "-c", "src/a.c", "-o", "a.o"]
        self.compile(*command, f"-ffile-prefix-map={self.work}/one=.", cwd=self.work / "one")
        there = [*command, f"-ffile-prefix-map={self.work}/two=."]
        self.assertEqual(self.json("explain", *there, cwd=self.work / "two")["outcome"], "hit")

    def test_one_setting_where_checkouts_have_a_root(self):
        for checkout in ["one", "two"]:
            (self.work / checkout / ".git").mkdir()
        for option in ["-O1", "-g"]:
            with self.subTest(option):
                self.compile(*self.command("one"), option, cwd=self.work / "one")
                advice = self.advice_for(*self.command("two"), option)
                self.assertEqual(advice, ["set ZCCACHE_PATH_REMAP=auto: then checkouts share, wherever they are, with -g too"])
                remap = {"ZCCACHE_PATH_REMAP": "auto"}
                self.compile(*self.command("one"), option, cwd=self.work / "one", **remap)
                self.assertEqual(self.json("explain", "--", *self.command("two"), option, cwd=self.work / "two", **remap)["outcome"], "hit")

    def test_nothing_of_the_result_is_advised_where_it_cannot_be_kept_out(self):
        command = ["gcc", "-g", "-flto", "-Iinc", "-c", "src/a.c", "-o", "a.o"]
        self.compile(*command, cwd=self.work / "one")
        self.assertEqual(self.advice_for(*command)[0].split(":")[0], "build in the same directory")

    def test_none_where_something_else_is_different(self):
        command = ["gcc", "-Iinc", "-c", "src/a.c", "-o", "a.o"]
        self.compile(*command, cwd=self.work / "one")
        self.assertEqual(self.advice_for(*command, "-O2", checkout="one"), [])


if __name__ == "__main__":
    main()
