#!/usr/bin/env python3
"""What the programs print with --json is what docs/schema says, all of it."""
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from cases import Case, main  # noqa: E402
from json_schema import faults  # noqa: E402

DOCS = pathlib.Path(__file__).parents[3] / "docs"
DEFINITIONS = json.loads((DOCS / "schema" / "zccache.json").read_text())["$defs"]


class Documents(Case):
    def setUp(self):
        super().setUp()
        self.write("inc/a.h", "#define A 1\n")
        self.write("a.c", "#include <a.h>\nint a = A;\n")
        self.compile("gcc", "-Iinc", "-c", "a.c")

    def assert_is(self, definition: str, document: object) -> None:
        self.assertEqual(faults(document, DEFINITIONS[definition], DEFINITIONS), [])

    def check(self, definition: str, *arguments: str, **more) -> object:
        document = self.json(*arguments, **more)
        self.assert_is(definition, document)
        return document

    def test_numbers_of_an_empty_cache_and_of_a_filled_one(self):
        self.check("stats", "stats")
        self.check("stats", "stats", ZCCACHE_DIR=str(self.work / "none"))

    def test_settings(self):
        self.check("config", "config", ZCCACHE_LAYOUT="x")
        self.check("setting", "config", "max_size", ZCCACHE_MAX_SIZE="5G")

    def test_entries(self):
        for entry in self.check("list", "list", "--all"):
            self.check("get", "get", entry["key"])
        self.check("list", "list")
        self.check("put", "put", "key")
        self.check("remove", "remove", "key")
        self.check("clear", "clear", "--yes")

    def test_each_outcome_of_an_explanation(self):
        self.check("explain", "explain", "gcc -Iinc -c a.c")
        self.check("explain", "explain", "gcc -Iinc -O2 -c a.c", exit_code=1)
        self.check("explain", "explain", "gcc a.c", exit_code=1)
        self.write("inc/a.h", "#define A 2\n")
        self.check("explain", "explain", "gcc -Iinc -c a.c", exit_code=1)
        self.write("compile_commands.json", json.dumps([{"directory": str(self.work), "file": "a.c", "command": "gcc -Iinc -c a.c"}]))
        self.check("explain_all", "explain", "--compile-commands", "compile_commands.json", exit_code=1)

    def test_an_observation(self):
        self.check("observe", "observe", "--", "gcc", "-Iinc", "-c", "a.c", "-o", "b.o")
        self.check("observe", "observe", "--", "sh", "-c", "cat a.c; ln -s a.c link", exit_code=1)

    def test_what_goes_to_the_teams_server_and_comes_from_it(self):
        self.write("compile_commands.json", json.dumps([{"directory": str(self.work), "file": "a.c", "command": "gcc -Iinc -c a.c"}]))
        server = {"ZCCACHE_REMOTE": f"file://{self.work}", "ZCCACHE_REMOTE_MODE": "write", "ZCCACHE_REMOTE_IDLE_MS": "100"}
        self.check("push", "push", **server)
        self.check("pull", "pull", **server)

    def test_what_keeps_and_moves_a_cache(self):
        self.check("flush", "flush")
        self.check("verify", "verify")
        self.check("gc", "gc", "--dry-run")
        self.check("export", "export", "cache.tar")
        self.check("import", "import", "cache.tar")
        for payload in (self.cache / "objects").glob("*/*"):
            payload.unlink()
        self.check("verify", "verify", exit_code=1)
        self.check("gc", "gc")

    def test_what_is_looked_into_for_debugging(self):
        self.check("dump", "dump")
        self.check("top", "top", "--count", "1", "--interval", "0.01")
        doctor = self.run_program("zccache-index", "doctor", "--json", ZCCACHE_DISABLE="1")
        self.assert_is("doctor", json.loads(doctor.stdout))

    def test_a_recovery(self):
        self.index("flush")
        (self.cache / "index.snap").write_bytes(b"damaged")
        done = self.run_program("zccache-recover", "--json")
        self.assert_is("recover", json.loads(done.stdout))


class Documentation(Case):
    def test_every_definition_is_named_in_the_docs(self):
        page = (DOCS / "json.md").read_text()
        parts = {"output", "part", "entry"}  # of other definitions
        self.assertEqual([name for name in DEFINITIONS if name not in parts and f"`{name}`" not in page], [])

    def test_the_checker_notices_what_is_wrong(self):
        schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]}
        self.assertEqual(faults({"n": 1}, schema, {}), [])
        for wrong in [{}, {"n": -1}, {"n": True}, {"n": "1"}, {"n": 1, "m": 2}, []]:
            with self.subTest(wrong):
                self.assertEqual(len(faults(wrong, schema, {})), 1)
        self.assertEqual(len(faults({}, {"type": "object", "properties": {}, "maxProperties": 0}, {})), 1)


if __name__ == "__main__":
    main()
