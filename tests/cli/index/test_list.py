#!/usr/bin/env python3
"""zccache-index list, get and report show where a result comes from, what kind of entry it is, and when it was last used."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402


class Entries(Case):
    def setUp(self):
        super().setUp()
        self.write("src/a.c", "int a;\n")
        self.write("src/b.c", "int b;\n")
        for name in ["a", "b"]:
            self.compile("gcc", "-c", f"src/{name}.c", "-o", f"{name}.o")

    def key_of(self, source: str) -> str:
        return next(entry["key"] for entry in self.json("list") if entry["source"] == source)

    def test_a_list_has_headers_and_a_line_for_each_result_with_its_source(self):
        head, *lines = self.index("list").splitlines()
        self.assertEqual(head.split(), ["KEY", "KIND", "SIZE", "STORED", "USED", "OUTPUTS", "SOURCE"])
        self.assertEqual(sorted(line.split()[-1] for line in lines), ["src/a.c", "src/b.c"])
        for line in lines:
            self.assertRegex(line, r"^[0-9a-f]{64}  result  ")
            self.assertEqual(line.index("src/"), head.index("SOURCE"))

    def test_what_the_launcher_keeps_for_itself_is_shown_only_with_all(self):
        self.assertEqual({entry["kind"] for entry in self.json("list")}, {"result"})
        every = self.json("list", "--all")
        self.assertEqual({entry["kind"] for entry in every}, {"result", "manifest", "internal"})
        self.assertEqual(sorted(entry["source"] for entry in every if entry["kind"] == "manifest"), ["src/a.c", "src/b.c"])
        self.assertIn("  manifest  ", self.index("list", "--all"))

    def test_the_limit_counts_what_is_shown(self):
        self.assertEqual(len(self.json("list", "--limit", "1")), 1)
        self.assertEqual(len(self.index("list", "--limit", "1").splitlines()), 2)

    def test_an_entry_of_another_program_is_a_result_without_a_source(self):
        self.index("put", "of another program")
        entry = self.json("get", "of another program")
        self.assertEqual((entry["kind"], entry["source"]), ("result", ""))
        self.assertIn("of another program", self.index("list"))

    def test_last_use_is_known(self):
        for entry in self.json("list"):
            self.assertGreaterEqual(entry["used_at_secs"], entry["stored_at_secs"])
        self.assertRegex(self.index("get", self.key_of("src/a.c")), r"\nlast used +\d+ \w+ ago\n")

    def test_get_takes_the_beginning_of_a_key(self):
        key = self.key_of("src/a.c")
        self.assertEqual(self.json("get", key[:20])["key"], key)
        self.assertIn("source     src/a.c", self.index("get", key[:20]))

    def test_a_whole_key_wins_over_others_that_begin_so(self):
        for key in ["one", "one more", "one less"]:
            self.index("put", key)
        self.assertEqual(self.json("get", "one")["key"], "one")

    def test_a_beginning_of_several_keys_is_refused_and_names_some(self):
        for key in ["one more", "one less"]:
            self.index("put", key)
        done = self.run_program("zccache-index", "get", "one ")
        self.assertEqual(done.returncode, 1)
        self.assertIn("'one ' is how 2 keys begin", done.stderr)
        self.assertIn("one less", done.stderr)

    def test_a_beginning_that_no_key_has_and_an_empty_one_find_nothing(self):
        for key in ["none of them", ""]:
            done = self.run_program("zccache-index", "get", key)
            self.assertEqual((done.returncode, done.stderr), (1, f"zccache-index: no entry '{key}'\n"))

    def test_a_report_shows_sources_kinds_and_last_use(self):
        self.index("report", "--html", "page.html")
        page = (self.work / "page.html").read_text()
        self.assertIn("<td>src/a.c</td>", page)
        self.assertRegex(page, r"<tr><td>result entries</td><td>2</td>")
        self.assertRegex(page, r"<tr><td>manifest entries</td><td>2</td>")
        self.assertIn("<th>last used</th>", page)

    def test_a_report_counts_only_results_as_what_takes_room(self):
        self.index("report", "--html", "page.html")
        page = (self.work / "page.html").read_text()
        self.assertRegex(page, r"less than an hour.*? in 2<")


if __name__ == "__main__":
    main()
