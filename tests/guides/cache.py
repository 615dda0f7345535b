"""A compiler cache for the builds of the guides: the release's own ccache, outside of the system's packages.

CMakeLists.txt uses a ccache that it finds; the reader's commands and what they print are the same."""

import contextlib
import shutil
import subprocess

from . import system as systems
from .system import System

_INSIDE, _PROGRAM = "/usr/local/lib/guide-cache", "/usr/local/bin/ccache"
_WRAPPER = f"""#!/bin/sh
CCACHE_DIR={_INSIDE}/objects CCACHE_UMASK=000 CCACHE_MAXSIZE=2G LD_LIBRARY_PATH={_INSIDE} exec {_INSIDE}/ccache "$@"
"""
# The user of the system is none of the host's, and builds with sudo make folders in which he then writes.
_EVERYBODY = 0o777


def _make(suite, folder):
    """Takes ccache and its libraries out of a copy of the bare system in which it is installed."""
    place = systems.make_place(suite.folder / "cache.copy")
    root = systems.overlay([suite.root], place)
    system = System(root, suite.log)
    with systems.mounted(root, suite):
        system.as_root("apt-get", "-q", "update")
        system.as_root("apt-get", "-q", "-y", "install", "ccache")
        new = folder.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        (new / "objects").mkdir(parents=True)
        (new / "objects").chmod(_EVERYBODY)
        shutil.copy(system.path("/usr/bin/ccache"), new)
        for line in system.as_root("ldd", "/usr/bin/ccache").splitlines():
            name, _, path, *_ = line.split() if "=> /" in line else ("", "", "/")
            if not (suite.root / path[1:]).exists():  # what ccache alone brought
                shutil.copy(system.path(path), new / name)
    new.rename(folder)
    if place.is_mount():
        subprocess.run(["umount", "-l", place], check=True)
    shutil.rmtree(place)


@contextlib.contextmanager
def used(system, suite):
    """The system has the cache meanwhile."""
    folder = suite.folder / "cache"
    with suite.only_one("cache"):
        if not folder.exists():
            _make(suite.for_job("cache"), folder)
    inside, program = system.path(_INSIDE), system.path(_PROGRAM)
    inside.mkdir()
    subprocess.run(["mount", "--bind", folder, inside], check=True)
    program.write_text(_WRAPPER)
    program.chmod(0o755)
    try:
        yield
    finally:
        program.unlink()
        subprocess.run(["umount", "-l", inside], check=True)
        inside.rmdir()
