#!/usr/bin/env python3
"""zccache-index stats: what a person asks first, before anything was stored as well, and why nothing is."""
import os
import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402


class BeforeAnythingWasStored(Case):
    def test_a_directory_that_is_not_there_is_no_error_and_is_not_made(self):
        shown = self.index("stats")
        self.assertIn(str(self.cache), shown)
        self.assertIn("nothing is stored: no compile has come by yet; put zccache-cc in front of the compiler", shown)
        self.assertFalse(self.cache.exists())

    def test_an_empty_directory_stays_empty(self):
        self.cache.mkdir(mode=0o700)
        self.assertIn("no compile has come by yet", self.index("stats"))
        self.assertEqual(os.listdir(self.cache), [])

    def test_as_json_all_numbers_are_there_and_zero_but_the_limit(self):
        before = self.json("stats", ZCCACHE_MAX_SIZE="7Gi")
        self.assertEqual({name: value for name, value in before.items() if value != 0}, {"max_bytes": 7 << 30})
        self.write("a.c", "int a;\n")
        self.compile("gcc", "-c", "a.c")
        self.assertEqual(before.keys(), self.json("stats").keys())

    def test_setting_the_counters_to_zero_makes_no_directory(self):
        self.index("stats", "--zero")
        self.assertFalse(self.cache.exists())


class ForPrometheus(Case):
    def test_every_number_is_there_once_with_its_type(self):
        self.write("a.c", "int a;\n")
        self.compile("gcc", "-c", "a.c")
        numbers = self.json("stats")
        shown = re.findall(r"# HELP (\S+) .+\n# TYPE (\S+) (counter|gauge)\n(\S+) (\d+)\n", self.index("stats", "--prometheus"))
        self.assertEqual(len(shown), len(numbers))
        for helped, typed, kind, name, value in shown:
            self.assertEqual((helped, typed), (name, name))
            self.assertEqual(name.endswith("_total"), kind == "counter")
            self.assertEqual(int(value), numbers[name.removeprefix("zccache_").removesuffix("_total")], name)

    def test_it_is_another_form_than_json(self):
        self.index("stats", "--prometheus", "--json", exit_code=2)


class WhyNothingIsStored(Case):
    def assert_refused(self, found: str, cure: str) -> None:
        shown = self.index("stats", exit_code=3)
        self.assertIn(f"{self.cache}: nothing is cached: {found}", shown)
        self.assertIn(cure, shown)

    def test_a_mode_that_lets_others_write_is_named_with_its_cure(self):
        self.cache.mkdir()
        self.cache.chmod(0o775)
        self.assert_refused("its mode is 775: others may write to it", f"chmod 700 {self.cache}")
        self.cache.chmod(0o700)
        self.index("stats")

    def test_a_symlink_is_named_with_where_it_leads(self):
        (self.work / "real").mkdir(mode=0o700)
        self.cache.symlink_to(self.work / "real")
        self.assert_refused("it is a symbolic link", f"set ZCCACHE_DIR to where it leads: {self.work}/real")

    def test_a_file_in_its_place_is_named(self):
        self.cache.write_text("")
        self.assert_refused("it is no directory", "choose a directory with ZCCACHE_DIR")

    def test_another_owner_is_named(self):
        self.cache = pathlib.Path("/") if os.geteuid() != 0 else self.cache
        if os.geteuid() == 0:
            self.cache.mkdir(mode=0o700)
            os.chown(self.cache, 1, 1)
        self.environment["ZCCACHE_DIR"] = str(self.cache)
        owner = "root" if os.geteuid() != 0 else "daemon"
        self.assert_refused(f"it belongs to {owner}", "chown it to yourself")

    def test_a_file_system_without_known_locks_is_named(self):
        shown = self.index("--dir", f"/proc/{os.getpid()}/task", "stats")
        self.assertIn("is on a network or unknown file system", shown)
        self.assertIn("ZCCACHE_ALLOW_ANY_FS=1", shown)
        self.assertNotIn("unknown file system", self.index("--dir", f"/proc/{os.getpid()}/task", "stats", ZCCACHE_ALLOW_ANY_FS="1"))

    def test_a_place_below_a_file_is_named(self):
        self.write("file", "")
        shown = self.index("--dir", self.work / "file" / "cache", "stats", exit_code=3)
        self.assertIn("nothing is cached: Not a directory", shown)

    def test_settings_that_forbid_it_are_named(self):
        for variable, value in {"ZCCACHE_DISABLE": "1", "ZCCACHE_READONLY": "yes", "ZCCACHE_OBSERVE": "off"}.items():
            with self.subTest(variable):
                self.assertIn(f"nothing is stored: {variable} is", self.index("stats", **{variable: value}))

    def test_compiles_that_cannot_be_cached_are_counted_from_the_first(self):
        self.write("main.c", "int main(void) { return 0; }\n")
        self.compile("gcc", "main.c", "-o", "program")
        self.compile("gcc", "-print-sysroot")
        shown = self.index("stats")
        self.assertIn("nothing is stored: all that came so far was passed on to the compiler, for the reasons below", shown)
        self.assertRegex(shown, r"passed on +2\n +1  link: no -c, -S or -E +-> set ZCCACHE_LINK=on to cache links\n +1  question: -v, -###, --version")

    def test_compiles_that_could_not_be_stored_are_named_with_the_cure(self):
        self.write("when.c", "const char *when = __DATE__;\n")
        self.compile("gcc", "-c", "when.c")
        shown = self.index("stats")
        self.assertIn("nothing is stored: no compile so far could be stored, for the reasons below", shown)
        self.assertRegex(shown, r"not stored +1\n +1  depends on the clock +-> set SOURCE_DATE_EPOCH")

    def test_what_was_removed_is_not_blamed_on_compiles(self):
        self.write("a.c", "int a;\n")
        self.compile("gcc", "-c", "a.c")
        self.index("clear", "--yes")
        self.assertIn("nothing is stored: what was stored has been removed or evicted", self.index("stats"))


class Filled(Case):
    def setUp(self):
        super().setUp()
        self.write("a.c", "int a;\n")
        for _ in range(4):
            self.compile("gcc", "-c", "a.c")

    def test_what_matters_comes_first_in_this_order(self):
        lines = self.index("stats").splitlines()
        labels = [line[:17].rstrip() for line in lines]
        self.assertEqual(labels, ["directory", "size", "results stored", "hit rate", "hits", "misses", "time saved"])
        values = dict(zip(labels, (line[18:] for line in lines)))
        self.assertEqual([values[label] for label in ["results stored", "hit rate", "hits", "misses"]], ["1", "75.0 %", "3", "1"])
        self.assertRegex(values["size"], r"^[0-9.]+ [KM]iB of 5\.0 GiB  \[\.{20}\] [0-9.]+ %$")

    def test_a_hit_saves_the_time_that_the_compile_took(self):
        took = {entry["compile_millis"] for entry in self.json("list")}
        self.assertEqual(len(took), 1)
        self.assertGreater(min(took), 0)
        self.assertEqual(self.json("stats")["launcher_saved_millis"], 3 * min(took))

    def test_the_size_is_what_a_collection_counts(self):
        self.assertEqual(self.json("stats")["bytes_on_disk"], self.json("gc", "--dry-run")["bytes_before"])

    def test_a_limit_is_shown_as_it_is_set(self):
        size = self.json("stats")["bytes_on_disk"]
        self.assertIn("[##########..........] 50.0 %", self.index("stats", ZCCACHE_MAX_SIZE=str(2 * size)))
        self.assertIn("[####################] 200.0 %", self.index("stats", ZCCACHE_MAX_SIZE=str(size // 2)))
        self.assertIn(", no limit", self.index("stats", ZCCACHE_MAX_SIZE="0"))
        self.assertGreater(self.json("stats", ZCCACHE_MAX_SIZE="50%")["max_bytes"], 0)

    def test_the_numbers_of_the_index_come_only_when_asked_for(self):
        self.assertNotIn("generation", self.index("stats"))
        self.assertRegex(self.index("stats", "--verbose"), r"\ngeneration +1\n")

    def test_looking_changes_nothing(self):
        before = {path: path.stat() for path in self.cache.rglob("*")}
        self.index("stats", "--verbose")
        self.assertEqual({(path, status.st_mtime_ns) for path, status in before.items()},
                         {(path, path.stat().st_mtime_ns) for path in self.cache.rglob("*")})


if __name__ == "__main__":
    main()
