"""The sources of edit_storm.py, and what happens to them.

Headers stand in a row and include only those behind them, so that no include ends in itself, whichever of them shadows another.
"""
import os
import pathlib
import random
import shutil
import subprocess
from collections.abc import Callable

DIRECTORIES = ["first", "second", "link", "absent", "third/deep"]  # in the order in which they are searched; "link" is a symlink to "a" or "b"
BASE = "inc/third/deep"  # has every header of HEADERS, most of the time
HEADERS = ["one.h", "two.h", "deep/three.h", "four.h"]
OPTIONAL = ["optional.h", "deep/maybe.h"]
ALL = HEADERS + OPTIONAL
PLACES = [f"inc/{d}" for d in ("first", "second", "a", "b", "third/deep")] + ["src", "src/sub"]
FLAGS = [
    [], [], [], ["-g"], ["-O1"], ["-Wall", "-Wextra"], ["-MD"], ["-MMD", "-MP"], ["-fPIC"], ["-std=gnu11"], ["-w"],
    ["-DASKED=<optional.h>"], ['-DASKED="optional.h"'], ["-D", "ASKED=<deep/maybe.h>"], ["-DASKED= <optional.h> "], ["-DONE=1 + 1"], ["-DHAS(x)=__has_include(x)"],
    ["-DHAS(x, y)=__has_include(x) + 0", "-DTWO"], ["-DCONFIG=<four.h>"], ['-DCONFIG="two.h"'], ["-include", "four.h"], ["-UASKED"],
    ["-isystem", "inc/first"], ["-isystem", "inc/b"], ["-idirafter", "inc/second"], ["-Wmissing-include-dirs"], ["-Wp,-MD,out/x.d"], ["-save-temps=obj"], ["-march=native"], ["-DASK_here=__has_include(<optional.h>)"],
]

# What a macro may stand for that is asked for.
ASKED = [f"<{name}>" for name in OPTIONAL + ["optional/no.h"]] + [f'"{name}"' for name in OPTIONAL] + ["MADE(optional.h)", "<FOLDER/maybe.h>", "OTHER"]

# Ways to ask for a file, each a condition behind its definitions; the hidden ones cannot be seen in the text.
CONDITIONS = [
    ("", "__has_include(<optional.h>)"),
    ("", "0 || __has_include(\"deep/maybe.h\")"),
    ("", "1 && /* over\n two lines */ __has_include(<optional.h>)"),
    ("#ifndef ASKED\n#define ASKED <optional.h>\n#endif\n", "__has_include(ASKED)"),
    ("#ifndef HAS\n#define HAS(x, ...) __has_include(x)\n#endif\n#ifndef ASKED\n#define ASKED <optional.h>\n#endif\n#ifndef TWO\n",
     "HAS(ASKED)\nint one_argument;\n#endif\n#elif HAS(<optional.h>, y)"),
    ("#define NAMES { \"ERROR\", \"OR\" }\n# /* an empty\n directive */\n", "__has_include(<optional.h>)"),
    ("#define has_it __has_include(<optional.h>)\n#define really defined has_it\n", "has_it"),
    ("#define FOLDER deep\n", "__has_include(<FOLDER/maybe.h>)"),
]
HIDDEN_CONDITIONS = [
    ("#define BOTH(a, b) (__has_include(a) + __has_include(b))\n", "BOTH(<optional.h>, <deep/maybe.h>) == 1"),
    ("#define BOTH(a, b) (__has_include(a) + __has_include(b))\n", "BOTH(<optional.h>, \"deep/maybe.h\")"),
    ("#define GLUE(a, b) a##b\n", "GLUE(__has_, include)(<optional.h>)"),
    ("#define GLUE_(a, b, c) a##b##c\n#define GLUE(a, b, c) GLUE_(a, b, c)\n", "GLUE(__, has, _include)(<deep/maybe.h>)"),
    ("#ifndef ASK_here\n#define ASK_here __has_include(<deep/maybe.h>)\n#endif\n#define ASK(x) ASK_##x\n", "ASK(here)"),
]

# Macros of a header that is written anew again and again, and ways to use them, or not to.
CONFIGURED = ["CONF_ONE", "CONF_TWO", "CONF_DATE", "CONF_LAST"]
USES = ["", "", "", "int one = CONF_ONE;", "#if CONF_TWO > 4\nint two;\n#endif", "#define PUT_(a, b) a##b\n#define PUT(a, b) PUT_(a, b)\nint put = PUT(CONF_, LAST);",
        "int split = CONF_\\\nTWO;", "#ifdef CONF_MORE\nint more;\n#endif", "int names = sizeof \"CONF_DATE\";", "#define CONF_MORE 9", "#undef CONF_DATE"]

INCLUDES = ["#include {}"] * 30 + ["# /* c */ include {}", "#inc\\\nlude {}", "%:include {}", "#import {}", "#define NAME {}\n#include NAME\n#undef NAME"]


def search_path() -> list[str]:
    return [f"-Iinc/{d}" for d in DIRECTORIES]


def guarded(header: str, body: str) -> str:
    return f"#if __has_include({header})\n{body}\n#endif\n"


class Tree:
    def __init__(self, root: pathlib.Path, rng: random.Random, sources: list[str]):
        self.root, self.rng = root, rng
        for place in PLACES:
            (root / place).mkdir(parents=True)
        (root / "inc/link").symlink_to("a")
        for source in sources:
            self.write(f"src/{source}", self.source())
        self.configure()
        (root / "src/sub/conf.h").symlink_to("../conf.h")
        self.heal()
        self.branches = [self.snapshot() for _ in range(3)]

    # --- Texts
    def quoted(self, header: str) -> str:
        return f'"{header}"' if self.rng.random() < 0.5 else f"<{header}>"

    def include(self, header: str) -> str:
        return self.rng.choice(INCLUDES).format(self.quoted(header)) + "\n"

    def header(self, path: str) -> str:
        name = next(name for name in reversed(ALL) if path.endswith(name))
        later = ALL[ALL.index(name) + 1 :]
        body = "".join(guarded(f"<{o}>", f"#include <{o}>") for o in later if o in OPTIONAL and self.rng.random() < 0.3)
        body += "".join(self.include(o) for o in later if o in HEADERS and self.rng.random() < 0.15)
        if self.rng.random() < 0.1:
            body += "#ifdef __has_include_next\n" + guarded(f"<{name}>", f"#if __has_include_next(<{name}>)\n#include_next <{name}>\n#endif") + "#endif\n"
        if self.rng.random() < 0.2:
            body += f"#undef ASKED\n#define MADE_(x) #x\n#define MADE(x) MADE_(x)\n#define OTHER <optional.h>\n#define ASKED {self.rng.choice(ASKED)}\n"
        if self.rng.random() < 0.01 and name != "optional.h":
            body += guarded("<optional.h>", "#pragma GCC dependency <optional.h>")
        macro = name.split("/")[-1].split(".")[0]
        return f"{body}#undef m_{macro}\n#define m_{macro} {self.rng.randrange(10)}\n"

    def source(self) -> str:
        needed = "".join(self.include(h) for h in HEADERS[: self.rng.randrange(1, 5)])
        definitions, condition = self.rng.choice(CONDITIONS if self.rng.random() < 0.9 else HIDDEN_CONDITIONS)
        asks = f"{definitions}#if {condition}\nint there;\n#endif\n" if self.rng.random() < 0.7 else ""
        defaults = "".join(f"#ifndef m_{m}\n#define m_{m} 0\n#endif\n" for m in ("one", "maybe", "optional", "four"))
        unused = "int unused" if self.rng.random() < 0.3 else "void"
        uses = f'#include "conf.h"\n{self.rng.choice(USES)}\n' if self.rng.random() < 0.7 else ""
        return (f"#ifdef CONFIG\n#include CONFIG\n#endif\n{uses}{needed if self.rng.random() < 0.5 else ''}{asks}{needed}{defaults}"
                f"int f{self.rng.randrange(10)}({unused}) {{ return m_one + m_maybe + m_optional + m_four; }}\n")

    def configuration(self) -> str:
        lines = [f"#define {name} {self.rng.randrange(9)}" for name in CONFIGURED]
        if self.rng.random() < 0.2:
            lines.insert(self.rng.randrange(4), self.rng.choice(["#define CONF_MORE 1", "#ifdef CONF_MORE\n#define CONF_EVEN_MORE\n#endif", "#define CONF_TEXT(x) #x", '#define CONF_SAID "it is said"', "/* on */"]))
        return "\n".join(lines) + "\n"

    def configure(self) -> str:
        """The header is written anew, with all its values or with one that is another."""
        path = self.root / "src/conf.h"
        text = path.read_text() if path.exists() else ""
        if "CONF_ONE" in text and self.rng.random() < 0.8:
            name = self.rng.choice(CONFIGURED)
            text = "".join(f"#define {name} {self.rng.randrange(9)}\n" if line.startswith(f"#define {name} ") else line for line in text.splitlines(keepends=True))
        else:
            text = self.configuration()
        path.write_text(text)
        return f"configure: {text}"

    def text(self, name: str) -> str:
        return self.source() if name.endswith(".c") else self.header(name)

    # --- Files
    def write(self, name: str, text: str) -> None:
        path = self.root / name
        if path.is_dir() or any(parent.is_file() or (parent.is_symlink() and not parent.exists()) for parent in path.parents):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.rng.random() < 0.5:
            path.unlink(missing_ok=True)  # as version control does
        path.write_text(text)

    def files(self) -> list[str]:
        found = [p.relative_to(self.root) for top in ("inc", "src") for p in (self.root / top).rglob("*.[ch]") if p.is_file()]
        return sorted(str(p) for p in found if "link" not in p.parts and p.name != "conf.h")

    def headers(self) -> list[str]:
        return [name for name in self.files() if not name.endswith(".c")]

    def snapshot(self) -> dict[str, str]:
        return {name: (self.root / name).read_text() for name in self.files()}

    def any_file(self) -> str:
        sources = [name for name in self.files() if name.endswith(".c")]
        return self.rng.choice(sources if self.rng.random() < 0.3 else self.files())

    # --- Edits. Each says what it did.
    def heal(self) -> str:
        """Without this, most steps would soon end for want of a header."""
        missing = [name for name in HEADERS if not (self.root / BASE / name).exists()]
        for name in missing:
            self.write(f"{BASE}/{name}", self.header(name))
        return f"heal {missing}"

    def touch(self) -> str:
        name = self.any_file()
        os.utime(self.root / name)
        return f"touch {name}"

    def change(self) -> str:
        name = self.any_file()
        self.write(name, self.text(name))
        return f"change {name}"

    def change_secretly(self) -> str:
        """Another content of the same size, and the old time of modification."""
        name = self.any_file()
        before = (self.root / name).stat()
        text = (self.root / name).read_text()
        digit = str(self.rng.randrange(10))
        (self.root / name).write_text("".join(digit if c.isdigit() and i > len(text) // 2 else c for i, c in enumerate(text)))
        os.utime(self.root / name, ns=(before.st_atime_ns, before.st_mtime_ns))
        return f"change {name} secretly to {digit}"

    def replace_by_older(self) -> str:
        name = self.any_file()
        new = self.root / "older"
        new.write_text(self.text(name))
        os.utime(new, (1e9, 1e9))
        new.rename(self.root / name)
        return f"replace {name} by an older file"

    def comment(self) -> str:
        name = self.any_file()
        if (self.root / name).stat().st_size > 4096:
            return self.change()
        with open(self.root / name, "a") as file:
            file.write("/* comment */\n")
        return f"comment in {name}"

    def comment_in_place(self) -> str:
        """Of a line or between two tokens, most of the time without moving anything else."""
        name = self.any_file()
        lines = (self.root / name).read_text().split("\n")
        at = self.rng.randrange(len(lines))
        code = lines[at].split("//")[0]
        said = self.rng.choice(["// said", "// SAID again", "/* said */", "// falls through", "// \"", "/* it's */", "", "  ", "/* said */ // twice", "// ends in a \\"])
        between = [f"/* {self.rng.choice('xyz')} */", "       ", "/*\txx*/"]
        lines[at] = code.replace(" ", self.rng.choice(between), 1) if self.rng.random() < 0.3 else code + said
        self.write(name, "\n".join(lines))
        return f"comment in line {at} of {name}: {lines[at]}"

    def remove(self) -> str:
        headers = [name for name in self.headers() if not name.startswith(BASE) or self.rng.random() < 0.1]
        if not headers:
            return "nothing"
        name = self.rng.choice(headers)
        (self.root / name).unlink()
        return f"remove {name}"

    def shadow(self) -> str:
        name = f"{self.rng.choice(PLACES)}/{self.rng.choice(ALL)}"
        self.write(name, self.header(name))
        return f"add {name}"

    def move_in(self) -> str:
        """A header that is as old as can be, or a folder of such."""
        name = f"{self.rng.choice(PLACES)}/{self.rng.choice(ALL)}"
        if not (self.root / name).parent.is_dir() or (self.root / name).is_dir():
            return "nothing"
        new = self.root / "older"
        new.write_text(self.header(name))
        os.utime(new, (1e9, 1e9))
        new.rename(self.root / name)
        return f"move {name} in"

    def move_folder(self) -> str:
        one, other = self.rng.sample(["inc/first", "inc/second", "inc/absent", "inc/a"], 2)
        if not (self.root / one).is_dir() or os.path.lexists(self.root / other):
            return "nothing"
        (self.root / one).rename(self.root / other)
        return f"move {one} to {other}"

    def drop_folder(self) -> str:
        name = self.rng.choice(["inc/first", "inc/second", "inc/a", "inc/b", "inc/absent"])
        if (self.root / name).is_symlink():
            (self.root / name).unlink()
            return f"remove link {name}"
        if (self.root / name).exists():
            shutil.rmtree(self.root / name)
            return f"remove folder {name}"
        (self.root / name).mkdir()
        return f"make folder {name}"

    def file_for_folder(self) -> str:
        """A file in the place of a folder that a header would be in, or the other way round."""
        path = self.root / f"inc/{self.rng.choice(['first', 'a'])}/deep"
        if not path.parent.is_dir():
            return "nothing"
        if path.is_file():
            path.unlink()
            return f"remove file {path}"
        shutil.rmtree(path, ignore_errors=True)
        path.write_text("")
        return f"file for folder {path}"

    def link(self) -> str:
        target = self.rng.choice(["a", "b"])
        (self.root / "inc/link").unlink()
        (self.root / "inc/link").symlink_to(target)
        return f"link to {target}"

    def link_twin(self) -> str:
        """A search folder that is another one by a link, or no longer."""
        path = self.root / "inc/first"
        if path.is_symlink():
            path.unlink()
            path.mkdir()
            return "folder for a link"
        shutil.rmtree(path, ignore_errors=True)
        path.symlink_to(self.rng.choice(["second", "b", "third/deep", "nowhere"]))
        return "link for inc/first"

    def exchange(self) -> str:
        """Two files or folders change places; nothing else of them changes."""
        places = self.headers() if self.rng.random() < 0.7 else ["inc/second", "inc/a", "inc/b"]
        places = [name for name in places if (self.root / name).exists()]
        if len(places) < 2:
            return "nothing"
        one, other = self.rng.sample(places, 2)
        if one.rsplit("/", 1)[-1] != other.rsplit("/", 1)[-1] and one.endswith(".h"):
            return "nothing"  # each header includes only those behind it
        aside = self.root / "aside"
        (self.root / one).rename(aside)
        (self.root / other).rename(self.root / one)
        aside.rename(self.root / other)
        return f"exchange {one} and {other}"

    def switch(self) -> str:
        """As version control does: only what differs is written."""
        at = self.rng.randrange(len(self.branches))
        if self.rng.random() < 0.15:
            self.branches[at] = self.snapshot()
            return f"commit branch {at}"
        wanted = self.branches[at]
        for name in self.files():
            if name not in wanted:
                (self.root / name).unlink()
        for name, text in wanted.items():
            if not (self.root / name).is_file() or (self.root / name).read_text() != text:
                self.write(name, text)
        return f"switch to branch {at}"

    def precompile(self) -> str:
        headers = [name for name in self.headers() if name.endswith("one.h")]
        if not headers:
            return "nothing"
        name = self.rng.choice(headers)
        subprocess.run(["gcc", "-x", "c-header", *search_path(), name, "-o", name + ".gch"], cwd=self.root, capture_output=True, check=False)
        return f"precompile {name}"

    def remove_precompiled(self) -> str:
        for path in (self.root / "inc").rglob("*.gch"):
            path.unlink()
        return "remove what is precompiled"

    def clear_up(self) -> str:
        """What leaves few compiles to succeed ought not to stay for long."""
        for folder in ("first", "a"):
            path = self.root / f"inc/{folder}/deep"
            if path.is_file():
                path.unlink()
        for folder in ("a", "b"):
            (self.root / "inc" / folder).mkdir(exist_ok=True)
        if (self.root / "inc/first").is_symlink():
            self.link_twin()
        self.remove_precompiled()
        return "clear up"

    def edit(self) -> str:
        if self.rng.random() < 0.5 and any(not (self.root / BASE / name).is_file() for name in HEADERS):
            return self.heal()
        if self.rng.random() < 0.05:
            return self.clear_up()
        often: list[Callable[[], str]] = [self.touch, self.change, self.change, self.change_secretly, self.replace_by_older, self.comment, self.comment_in_place, self.comment_in_place, self.configure, self.configure, self.configure, self.remove, self.remove,
                                          self.shadow, self.move_in, self.link, self.exchange, self.switch, self.switch, self.switch]
        seldom = [self.drop_folder, self.move_folder, self.file_for_folder, self.link_twin, self.precompile]
        chance = self.rng.random()
        if chance < 0.2:
            return "nothing"
        return self.rng.choice(seldom if chance < 0.23 else often)()
