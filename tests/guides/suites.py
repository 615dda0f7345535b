"""A release of Debian: its bare system, and what is kept beside it."""

import contextlib
import fcntl
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from .markdown import REPOSITORY


@dataclass(frozen=True)
class Suite:
    """A release, as one job sees it. Jobs run side by side, each with a log and with apt's folders of its own."""

    name: str
    job: str = "all"

    def for_job(self, name):
        """The same release for another job."""
        return replace(self, job=name)

    @property
    def folder(self):
        return REPOSITORY / "build/guides" / self.name

    @property
    def root(self):
        return self.folder / "root"

    @property
    def log(self):
        return self.folder / "logs" / f"{self.job}.log"

    @property
    def layers(self):
        return self.folder / "layers"

    @property
    def packages(self):
        return REPOSITORY / f"build/package-{self.name}/root.out"

    def has_packages(self):
        return any(self.packages.glob("*.deb"))

    def clean(self, keep):
        """Removes what another run left, but for whole layers where they are to be kept."""
        for name in ("logs", "apt", "cache.copy"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for folder in self.layers.glob("*"):
            if not (keep and (folder / "done").exists()):
                shutil.rmtree(folder)
        for folder in (self.folder / "logs", self.folder / "apt", self.layers):
            folder.mkdir(exist_ok=True)

    @contextlib.contextmanager
    def only_one(self, what):
        """One job at a time makes what all share."""
        with (self.folder / f"{what}.lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def downloads(self):
        """Two folders for apt, of lists and of packages, with what earlier jobs downloaded; the next ones get what this adds."""
        shared, own = self.folder / "downloads", self.folder / "apt" / self.job
        for kind in ("lists", "archives"):
            for folder in (shared / kind, own / kind / "partial"):
                folder.mkdir(parents=True, exist_ok=True)
            _link(shared / kind, own / kind)
        try:
            yield own / "lists", own / "archives"
        finally:
            for kind in ("lists", "archives"):
                _link(own / kind, shared / kind)
            shutil.rmtree(own)


def _link(source: Path, target: Path):
    """The files of one folder in the other too, but for apt's locks. apt replaces files and never writes into one."""
    for file in source.iterdir():
        if not file.is_file() or file.name == "lock":
            continue
        with contextlib.suppress(FileNotFoundError):  # another job has replaced it meanwhile
            (target / f".{file.name}").unlink(missing_ok=True)
            (target / f".{file.name}").hardlink_to(file)
            (target / f".{file.name}").replace(target / file.name)
