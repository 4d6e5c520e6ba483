"""The launcher leaves flushes and collections to a process of their own, which may outlive it: a folder that it still writes cannot be removed."""
import pathlib
import time

LONGEST = 60  # seconds; only one that hangs takes so long


def has_mapped(process: pathlib.Path, folder: str) -> bool:
    try:
        return f"{folder}/" in (process / "maps").read_text()
    except OSError:  # it is gone, or another user's
        return False


def let_maintenance_end(folder: pathlib.Path) -> None:
    """As long as it lives, it has the index mapped."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end and any(has_mapped(process, str(folder)) for process in pathlib.Path("/proc").glob("[0-9]*")):
        time.sleep(0.01)
