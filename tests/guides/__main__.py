"""`python3 -m guides SUITE… -- [--short] [GUIDE…]`: what scripts/guides runs, once the bare systems are made."""

import argparse
import fcntl
import os
import sys
import time
from pathlib import Path

from . import jobs
from .follow import say
from .markdown import GuideError
from .suites import Suite
from .walks import chosen


def _walks(options):
    return [walk for walk in chosen([str(Path(guide)) for guide in options.guides])
            if (not options.way or set(options.way) & walk.ways) and (walk.is_short() or not options.short)]


def main():
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(prog="scripts/guides")
    parser.add_argument("--suite", action="append", required=True)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--way", action="append")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("guides", nargs="*")
    options = parser.parse_args()
    began = time.monotonic()
    try:
        walks = _walks(options)
        suites = [Suite(name) for name in options.suite]
        locks = []
        for suite in suites:
            locks.append((suite.folder / "lock").open("w", encoding="utf-8"))
            fcntl.flock(locks[-1], fcntl.LOCK_EX)  # until the process ends: a second run would take its systems away
            suite.clean(options.keep)
            if not suite.has_packages() and any(walk.takes_packages() for walk in walks):
                raise GuideError(f"there are no packages: run scripts/package {suite.name} first")
        failed = jobs.run(jobs.plan(walks, suites, options.short), os.cpu_count(), options.short, options.keep)
    except GuideError as error:
        failed = [str(error)]
    said = "FAILED: " + "; ".join(failed) if failed else "every guide works as it is written"
    used = os.times()
    say(f"\n{said}, in {time.monotonic() - began:.0f} s, {sum(used[:4]):.0f} CPU seconds")
    return 1 if failed else 0


sys.exit(main())
