"""Sources of Debian's packages, by apt-get source and with package lists of its own: nothing of the system is changed."""
import pathlib
import shutil
import subprocess


class NoSources(Exception):
    pass


class Sources:
    """What was fetched stays in `directory` for the next time."""

    def __init__(self, directory: pathlib.Path):
        self.directory = directory
        self.updated = False

    def unpack(self, package: str, with_debian: bool) -> pathlib.Path:
        place = self.directory / package
        if not (place / "unpacked").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            self._fetch(package, place, with_debian)
        return next(path for path in place.iterdir() if path.is_dir())

    def _fetch(self, package: str, place: pathlib.Path, with_debian: bool) -> None:
        if not self.updated:
            self._update()
        if with_debian:
            self._apt(place, "source", package)
        else:  # what the authors released
            self._apt(place, "source", "--download-only", "--tar-only", package)
            archive = next(path for path in place.iterdir() if ".orig.tar." in path.name and not path.name.endswith(".asc"))
            subprocess.run(["tar", "xf", archive.name], cwd=place, check=True)
        (place / "unpacked").touch()

    def _update(self) -> None:
        for part in ("lists/partial", "cache/archives/partial"):
            (self.directory / "apt" / part).mkdir(parents=True, exist_ok=True)
        release = next(line.split("=")[1].strip() for line in open("/etc/os-release") if line.startswith("VERSION_CODENAME="))
        (self.directory / "apt/sources.list").write_text(f"deb-src http://deb.debian.org/debian {release} main\n")
        self._apt(self.directory, "update")
        self.updated = True

    def _apt(self, directory: pathlib.Path, *arguments: str) -> None:
        own = self.directory / "apt"
        options = {"Dir::Etc::sourcelist": own / "sources.list", "Dir::Etc::sourceparts": "/dev/null", "Dir::State::lists": own / "lists",
                   "Dir::Cache": own / "cache", "APT::Sandbox::User": "root"}
        ran = subprocess.run(["apt-get", "-qq", *(f"-o{k}={v}" for k, v in options.items()), *arguments], cwd=directory, capture_output=True, text=True)
        if ran.returncode != 0:
            raise NoSources(f"apt-get {' '.join(arguments)}: {ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else 'failed'}")
