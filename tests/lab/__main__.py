"""`python3 -m lab [--build FOLDER] [--parts a,b] [--bare] [-- COMMAND…]`: runs a command or a shell in the lab."""

import argparse
import os
import shutil
import subprocess
import sys

from .lab import PARTS, USUAL_PARTS, Lab
from .namespace import STATE, LabError, run_inside


def _arguments():
    parser = argparse.ArgumentParser(prog="scripts/lab", description="A small internet for MTA-STS: runs COMMAND "
                                     "(or a shell) in it; everything is gone afterwards.")
    parser.add_argument("--build", metavar="FOLDER", help="the build whose programs are installed (default: build)")
    parser.add_argument("--parts", default=",".join(USUAL_PARTS), help="what to start beside DNS (default: %(default)s)")
    parser.add_argument("--bare", action="store_true", help="only the namespaces: COMMAND builds its lab itself")
    parser.add_argument("--logs", metavar="FOLDER", help="copy the lab's logs there at the end")
    parser.add_argument("command", nargs="*", metavar="COMMAND")
    options = parser.parse_args()
    options.parts = [part for part in options.parts.split(",") if part]
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return options


def _work(options):
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    lab = None if options.bare else Lab(options.build, options.parts)
    words = options.command
    try:
        if not words:
            lab.introduce()
            words = [os.environ.get("SHELL", "/bin/bash")]
        return subprocess.run(words, check=False).returncode
    except OSError as error:
        raise LabError(f"{words[0]}: {error.strerror}") from error
    finally:
        if lab:
            lab.close()
        if options.logs:
            shutil.copytree(STATE, options.logs, dirs_exist_ok=True, ignore=shutil.ignore_patterns("layers", "ca", "*.sock"))


def main():
    """Runs the command line and returns its exit code."""
    options = _arguments()
    if options.bare and not options.command:
        print("--bare needs a command", file=sys.stderr)
        return 2
    try:
        return run_inside(lambda: _work(options))
    except LabError as error:
        print(error, file=sys.stderr)
        return 3


sys.exit(main())
