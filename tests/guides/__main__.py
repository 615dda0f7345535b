"""`python3 -m guides SUITE… -- [--short] [GUIDE…]`: what scripts/guides runs, once the bare systems are made."""

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .follow import go_on, install, say
from .markdown import REPOSITORY, GuideError, read
from .walks import COMMAND, chosen


@dataclass(frozen=True)
class Suite:
    """A release of Debian: its bare system, where things are kept beside it, and the product's packages for it."""

    name: str

    @property
    def folder(self):
        return REPOSITORY / "build/guides" / self.name

    @property
    def root(self):
        return self.folder / "root"

    @property
    def log(self):
        return self.folder / "log"

    @property
    def layers(self):
        return self.folder / "layers"

    @property
    def packages(self):
        return REPOSITORY / f"build/package-{self.name}/root.out"

    def has_packages(self):
        return any(self.packages.glob("*.deb"))


class Layers:
    """Systems in which packages and build are done; walks that begin alike share one."""

    def __init__(self, suite, keep):
        self._suite, self._keep, self._made = suite, keep, {}
        for folder in suite.layers.glob("*"):
            if not (keep and (folder / "done").exists()):
                shutil.rmtree(folder)

    def of(self, walk):
        """The layer of a walk, made at its first use."""
        key = repr(self._key(walk))
        if key not in self._made:
            self._made[key] = self._make(walk, self._suite.layers / hashlib.sha256(key.encode()).hexdigest()[:12])
        else:
            say("         packages and build as above")
        return self._made[key]

    def forget(self):
        """Removes them, but for what is kept for the next run."""
        for folder in self._made.values() if not self._keep else ():
            if folder.is_mount():
                subprocess.run(["umount", "-l", folder], check=True)
            shutil.rmtree(folder)

    def _make(self, walk, folder):
        mark = folder / "done"
        if mark.exists():
            say("         packages and build as in the run before (--keep)")
        else:
            install(walk, self._suite, folder)
            mark.touch()
        return folder

    @staticmethod
    def _key(walk):
        steps = [(step.action, step.value, step.text) for step in walk.parts()[0] if step.action != "skip"]
        return (read(walk.guide).needed(walk.ways), walk.takes_packages(), steps)


def _follow(walks, suite, short, keep):
    """Follows each walk in one release; returns those that failed."""
    layers, failed = Layers(suite, keep), []
    for walk in walks:
        began = time.monotonic()
        say(f"\n{walk}, Debian {suite.name}")
        try:
            layer = layers.of(walk)
            if not short:
                observer = None
                if walk.scene == "publish" and not walk.takes_packages():
                    say(f"         for mta-sts check, another host: {COMMAND}")
                    observer = layers.of(COMMAND)
                if go_on(walk, suite, layer, observer):
                    raise GuideError("see above")
        except GuideError as error:
            say(f"FAILED: {walk}: {error}\nAll output: {suite.log}")
            failed.append(f"{walk}, {suite.name}")
        else:
            say(f"{time.monotonic() - began:6.0f} s in all")
    layers.forget()
    return failed


def main():
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(prog="scripts/guides")
    parser.add_argument("--suite", action="append", required=True)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--way", action="append")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("guides", nargs="*")
    options = parser.parse_args()
    failed = []
    try:
        walks = [walk for walk in chosen([str(Path(guide)) for guide in options.guides])
                 if not options.way or set(options.way) & walk.ways]
        for suite in map(Suite, options.suite):
            lock = (suite.folder / "lock").open("w", encoding="utf-8")
            fcntl.flock(lock, fcntl.LOCK_EX)  # until the process ends: a second run would take its systems away
            suite.log.write_text("")
            left_out = [walk for walk in walks if not suite.has_packages() and walk.takes_packages()]
            if not options.short:
                failed += [f"{walk}, {suite.name}: run scripts/package {suite.name} first" for walk in left_out]
            failed += _follow([walk for walk in walks if walk not in left_out and (walk.is_short() or not options.short)], suite,
                              options.short, options.keep)
    except GuideError as error:
        failed.append(str(error))
    say("\n" + ("FAILED: " + "; ".join(failed) if failed else "every guide works as it is written"))
    return 1 if failed else 0


sys.exit(main())
