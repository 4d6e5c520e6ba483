#!/usr/bin/env python3
"""zccache-index report: one page that needs nothing but itself, as a browser sees it."""
import html
import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402


class Elements(html.parser.HTMLParser):
    """The names of a page's elements, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.names: set[str] = set()
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


class Report(Case):
    def report(self, *arguments: str) -> str:
        page = self.work / "page.html"
        self.index("report", "--html", page, *arguments)
        return page.read_text()

    def put(self, key: str, *outputs: tuple[str, bytes]) -> None:
        options = []
        for number, (name, content) in enumerate(outputs):
            file = self.work / f"payload{number}"
            file.write_bytes(content)
            options += ["--output", f"{name}={file}"]
        self.index("put", key, *options)

    def test_without_an_index_there_is_no_page(self):
        self.index("report", "--html", self.work / "page.html", exit_code=1)
        self.assertFalse((self.work / "page.html").exists())

    def test_what_was_compiled_is_told(self):
        self.write("quick.c", "int quick;\n")
        self.write("when.c", "const char *when = __DATE__;\n")
        for _ in range(4):
            self.compile("gcc", "-c", "quick.c")
        self.compile("gcc", "-c", "when.c")
        self.compile("gcc", "quick.o", "-shared", "-o", "linked")
        page = self.report()
        text = Elements(page).text
        for heading in ["Hits and misses over time", "Not cached, by reason", "Slowest compiles", "Largest results", "Size by age",
                        "Size by kind of output", "The index itself"]:
            self.assertIn(heading, text)
        self.assertIn("Hit rate60.0 %3 hits, 2 misses", text)
        self.assertRegex(text, r"Time saved[0-9.]+ m?s")
        self.assertIn("of 5.0 GiB", text)
        self.assertIn("Results1", text)
        self.assertRegex(text, r"1link: no -c, -S or -E")
        self.assertRegex(text, r"1depends on the clockset SOURCE_DATE_EPOCH")
        self.assertRegex(page, r"<td>[0-9.]+ m?s</td><td>quick\.c</td>")
        self.assertRegex(page, r'title="[^"]+: 3 hits, 2 misses"')
        self.assertRegex(text, r"As it was on \d{4}-\d\d-\d\d at \d\d:\d\d")

    def test_sizes_are_told_by_kind_and_by_result(self):
        self.put("aa01", ("a.o", bytes(3000)), ("a.d", b"deps"))
        self.index("flush")
        page = self.report()
        self.assertIn("<span>.d</span>", page)
        self.assertRegex(page, r"<td>2\.9 KiB</td>.*<td class=\"wide\">aa01</td>")
        self.assertRegex(page, r"<td>[0-9.]+ ms</td><td>1</td><td>\d+ s ago</td>")

    def test_names_are_text_whatever_is_in_them(self):
        self.put("bb02", ("<script>alert(1)</script>.o", b"bytes"), ('"><img>', b"more"))
        self.put('<b>key"&')
        page = self.report()
        elements = Elements(page)
        self.assertFalse(elements.names & {"script", "img"})
        self.assertIn('"><img>', elements.text)

    def test_the_page_needs_nothing_else_and_fits_any_screen(self):
        self.put("aa01", ("a.o", b"bytes"))
        page = self.report()
        self.assertIsNone(re.search(r"(src|href)=|@import|url\(|https?://|<script", page))
        self.assertIn("prefers-color-scheme:dark", page)
        self.assertIn('name="viewport"', page)

    @unittest.skipUnless(shutil.which("chromium"), "there is no chromium here")
    def test_a_browser_shows_it_no_wider_than_a_telephone(self):
        self.put("aa01", ("a.o", bytes(3000)), ("x" * 200, b"long"))
        page = self.report()
        # In a frame, as the window of a browser may be no narrower than it likes.
        (self.work / "frame.html").write_text(
            f'<iframe style="width:400px;border:0" srcdoc="{html.escape(page)}" onload="document.title = '
            "contentDocument.documentElement.scrollWidth <= 400 ? contentDocument.title : 'too wide'\"></iframe>")
        shown = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={self.work}/profile", "--dump-dom", f"file://{self.work}/frame.html"],
                               env=self.environment | {"HOME": str(self.work)}, capture_output=True, text=True).stdout
        self.assertIn(f"<title>Compiler cache {self.cache}</title>", shown)

    def test_looking_changes_nothing(self):
        self.put("aa01", ("a.o", b"bytes"))
        state = {path: path.stat().st_mtime_ns for path in self.cache.rglob("*")}
        self.report()
        self.assertEqual(state, {path: path.stat().st_mtime_ns for path in self.cache.rglob("*")})

    def test_the_longest_name_that_a_file_can_have_will_do_and_nothing_is_left_beside_it(self):
        self.put("aa01")
        name = "7" * 250 + ".html"
        self.index("report", "--html", self.work / name)
        self.assertEqual([path.name for path in self.work.glob("*html")] + list(self.work.glob("*.tmp")), [name])

    def test_what_cannot_be_written_is_left_alone(self):
        self.put("aa01")
        os.mkfifo(self.work / "fifo")
        self.index("report", "--html", self.work / "fifo", exit_code=3)
        self.assertTrue((self.work / "fifo").is_fifo())
        self.index("report", "--html", self.work / "no" / "such" / "page.html", exit_code=3)
        self.index("report", exit_code=2)


if __name__ == "__main__":
    main()
