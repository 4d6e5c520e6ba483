"""One kind of compile: what is there, what is run, and what the launcher has to decide."""
import dataclasses
import functools
import shutil
import subprocess

# What the launcher says of a run: served; stored; compiled and not stored; passed on to the compiler.
HIT, MISS, UNSTORED, PASS = "hit", "miss", "unstored", "pass"


@dataclasses.dataclass(frozen=True)
class Change:
    """Something that happens between two runs of one command."""

    name: str
    script: str  # by sh, in the tree
    decision: str
    command: str = ""  # from now on, where it is another
    directory: str = ""  # in the tree, where it runs from now on


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    command: str  # as in a shell, but without one: compiler and arguments; {tree} is where its sources are
    sources: dict[str, str]  # by their paths in the tree
    launched: str = ""  # what the launcher gets where it is not that command; {cc} is the launcher
    first: str = MISS
    second: str = HIT
    prepare: str = ""  # by sh, in the tree, before anything else: what the command needs that a compiler makes
    changes: tuple[Change, ...] = ()
    varies: str = ""  # glob of outputs that the bare program makes anew each time: only the two launched runs have to agree
    why: str = ""  # in the log where it is not stored or passed on
    programs: str = ""  # ZCCACHE_PROGRAMS
    directory: str = "."  # in the tree, where it runs; what it leaves elsewhere is seen as well
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    needs: tuple[str, ...] = ()  # programs besides the command's own


@functools.cache
def is_there(program: str) -> bool:
    return shutil.which(program) is not None


@functools.cache
def can(compiler: str, arguments: str, source: str = "") -> bool:
    """Whether this compiler is there and takes these arguments."""
    command = [compiler, *arguments.split(), "-o", "/dev/null", "-"]
    return is_there(compiler) and subprocess.run(command, input=source.encode(), capture_output=True, check=False).returncode == 0


def c_compilers() -> list[str]:
    return [name for name in ("gcc", "clang", "clang-16", "clang-19") if is_there(name)]


def clangs() -> list[str]:
    return [name for name in c_compilers() if name.startswith("clang")]


def cxx(c: str) -> str:
    """gcc -> g++, clang-16 -> clang++-16"""
    return c.replace("gcc", "g++") if c.startswith("gcc") else c.replace("clang", "clang++")


def cxx_compilers() -> list[str]:
    return [cxx(name) for name in c_compilers() if is_there(cxx(name))]
