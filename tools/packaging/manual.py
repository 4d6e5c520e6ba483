"""The manual page of a program: made of its --help, and of what stands in manual/."""
import pathlib
import re

from program_help import Help, Item

HERE = pathlib.Path(__file__).parent / "manual"


def roff(text: str) -> str:
    """Text as it is: no character of it is a request or an escape."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("…", "...")
    return re.sub(r"^\.", r"\\&.", escaped, flags=re.MULTILINE)


def paragraph(text: str) -> list[str]:
    """Lines that are indented stand as they are."""
    lines = []
    for line in text.split("\n"):
        lines += [".RS", ".nf", roff(line.strip()), ".fi", ".RE"] if line.startswith(" ") else [roff(line)]
    return lines


def items(entries: list[Item]) -> list[str]:
    lines = []
    for item in entries:
        value = f" \\fI{roff(item.value)}\\fR" if item.value and item.names[0].startswith("-") else ""
        names = ", ".join(f"\\fB{roff(name)}\\fR" for name in item.names)
        lines += [".TP", names + value, roff(item.text)]
    return lines


def command_section(command: Help) -> list[str]:
    lines = [f".SS {roff(command.name)}"]
    lines += [line for text in command.paragraphs for line in paragraph(text)]
    for usage in command.usage:
        lines += [".PP", f"\\fB{roff(usage)}\\fR"]
    return lines + items([item for item in command.items("Positionals", "Options") if "--help" not in item.names])


def page(shown: Help, version: str) -> str:
    lines = [
        f'.TH {shown.name.upper()} 1 "" "zccache {version}" "User Commands"',
        ".SH NAME",
        f"{roff(shown.name)} \\- {roff(shown.summary[0].lower() + shown.summary[1:])}",
        ".SH SYNOPSIS",
    ]
    for usage in shown.usage:
        lines += [f"\\fB{roff(usage)}\\fR", ".br"]
    lines.append(".SH DESCRIPTION")
    for text in shown.paragraphs:
        lines += [".PP", *paragraph(text)]
    titles = {title: entries for title, entries in shown.sections.items() if title != "Subcommands"}
    for title, entries in titles.items():
        name, _, remark = title.partition(" (")
        lines += [f".SH {name.upper()}"] + ([roff(remark[0].upper() + remark[1:].rstrip(")")) + "."] if remark else []) + items(entries)
    if shown.commands:
        lines.append(".SH COMMANDS")
        for command in shown.commands:
            lines += command_section(command)
    tail = (HERE / f"{shown.name}.roff").read_text() + (HERE / "common.roff").read_text()
    return "\n".join(lines) + "\n" + tail

