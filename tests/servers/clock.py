"""A program that is told another time by a library that it is started with."""

import os
import subprocess

from server import BUILD

CLOCK = BUILD / "tests" / "servers" / "clock_at.so"


def at(seconds: int) -> dict:
    """The environment in which the built command's wall clock stands still at a time; a sanitizer's library must be the first."""
    needed = subprocess.run(["objdump", "-p", BUILD / "bin" / "mta-sts"], capture_output=True, text=True, check=True).stdout
    first = [subprocess.run(["gcc", f"-print-file-name={name}.so"], capture_output=True, text=True, check=True).stdout.strip()
             for name in ("libasan", "libubsan") if f"{name}.so" in needed]  # fmt: skip
    # Programs that it starts have the libraries too, and may leak what they like.
    leaks = {"ASAN_OPTIONS": "detect_leaks=0"} if first else {}
    return {**os.environ, "LD_PRELOAD": " ".join([*first, str(CLOCK)]), "CLOCK_AT": str(seconds), **leaks}
