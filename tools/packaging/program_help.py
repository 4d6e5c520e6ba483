"""What a program says of itself with --help, taken apart. Manual pages and completions are made of it, so that they cannot say anything else."""
from __future__ import annotations

import dataclasses
import pathlib
import re
import subprocess

ITEM = re.compile(r"^ {2}(\S.*?)(?: {2,}(.*))?$")
SECTION = re.compile(r"^[A-Z][^.]*:$")
# How CLI11 shows what an option takes, and what it goes with.
RELATIONS = re.compile(r"\s+(?:Needs|Excludes): .*$|\s+REQUIRED\b|\s+\.\.\.$")


@dataclasses.dataclass
class Item:
    """A line of a section: an option, a command, a variable."""

    term: str
    text: str = ""

    @property
    def names(self) -> list[str]:
        """-h and --help of '-h,--help'; NAME of 'NAME'."""
        return self.term.split()[0].split(",")

    @property
    def value(self) -> str:
        """What an option takes: 'FILE', or nothing."""
        parts = RELATIONS.sub("", self.term).split(maxsplit=1)
        return re.sub(r"[:=].*", "", parts[1]) if len(parts) > 1 else ""

    @property
    def is_folder(self) -> bool:
        return self.names[-1] in ("--dir", "--objects")


@dataclasses.dataclass
class Help:
    name: str
    usage: list[str] = dataclasses.field(default_factory=list)
    paragraphs: list[str] = dataclasses.field(default_factory=list)
    sections: dict[str, list[Item]] = dataclasses.field(default_factory=dict)
    commands: list["Help"] = dataclasses.field(default_factory=list)

    def items(self, *titles: str) -> list[Item]:
        return [item for title in titles for item in self.sections.get(title, [])]

    @property
    def options(self) -> list[Item]:
        return self.items("Options")

    @property
    def summary(self) -> str:
        return re.split(r"\.(?:\s|$)", self.paragraphs[0])[0] if self.paragraphs else ""


def parse(name: str, text: str) -> Help:
    shown = Help(name)
    section: list[Item] | None = None
    in_usage = paragraph_ended = False
    for line in text.splitlines():
        line = line.rstrip()
        if line.startswith("Usage:") or (in_usage and line.startswith("       ")):
            shown.usage.append(line.removeprefix("Usage:").strip())
            in_usage = True
            continue
        in_usage = False
        item = ITEM.match(line)
        if not line:
            section, paragraph_ended = None, True
        elif SECTION.match(line):
            section = shown.sections.setdefault(line.rstrip(":").capitalize() if line.isupper() else line.rstrip(":"), [])
        elif section is not None and item:
            section.append(Item(item[1], item[2] or ""))
        elif section:
            section[-1].text = f"{section[-1].text} {line.strip()}".strip()
        elif shown.paragraphs and not paragraph_ended:
            shown.paragraphs[-1] += "\n" + line
        else:
            shown.paragraphs.append(line)
            paragraph_ended = False
    return shown


def read_help(program: pathlib.Path) -> Help:
    """Of the program and, where it has commands, of each of them."""

    def ask(*arguments: str) -> str:
        return subprocess.run([program, *arguments, "--help"], check=True, capture_output=True, text=True).stdout

    shown = parse(program.name, ask())
    for command in shown.items("Subcommands"):
        shown.commands.append(parse(command.term, ask(command.term)))
    return shown


def read_version(program: pathlib.Path) -> str:
    return subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
