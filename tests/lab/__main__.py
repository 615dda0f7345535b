"""`python3 -m lab [--build FOLDER] [--parts a,b] [--bare] [-- COMMAND…]`: runs a command or a shell in the lab."""

import argparse
import os
import shutil
import subprocess
import sys

from .lab import PARTS, Lab
from .namespace import STATE, LabError, run_inside


def _arguments():
    parser = argparse.ArgumentParser(prog="scripts/lab", description="A small internet for MTA-STS: runs COMMAND "
                                     "(or a shell) in it; everything is gone afterwards.")
    parser.add_argument("--build", metavar="FOLDER", help="the build whose programs are installed (default: build)")
    parser.add_argument("--parts", default=",".join(PARTS), help="what to start beside DNS (default: %(default)s)")
    parser.add_argument("--bare", action="store_true", help="only the namespaces: COMMAND builds its lab itself")
    parser.add_argument("--logs", metavar="FOLDER", help="copy the lab's logs there at the end")
    parser.add_argument("command", nargs="*", metavar="COMMAND")
    options = parser.parse_args()
    options.parts = [part for part in options.parts.split(",") if part]
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return options


def _introduce(lab):
    print("The lab is up. Leave the shell to end it; nothing of it will be left.\n")
    print("domain                       policy                                mail host, what it does")
    for domain in lab.domains.values():
        for index, (name, host) in enumerate(domain.mail.items()):
            first = (domain.name, domain.words.partition(" max_age")[0] or "none") if index == 0 else ("", "")
            print(f"{first[0]:28} {first[1]:45.45} {name} ({host.certificate} certificate, STARTTLS {host.starttls})")
    print(f"\nlogs   {STATE}/log, {STATE}/mail, /var/log/exim4/mainlog")
    print("try    mta-sts verdict good.example\n"
          "       echo hello | exim4 -odf -v someone@good.example\n"
          "       curl -i https://mta-sts.good.example/.well-known/mta-sts.txt\n"
          "       kdig TXT _mta-sts.good.example\n")


def _work(options):
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    lab = None if options.bare else Lab(options.build, options.parts)
    words = options.command
    try:
        if not words:
            _introduce(lab)
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
