"""The subcommands and options of the built command, read from its own --help."""

import functools
import os
import re
import subprocess
from dataclasses import dataclass

MTA_STS = os.environ["MTA_STS"]


def run(*words):
    return subprocess.run([MTA_STS, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False)  # fmt: skip


def section(text: str, title: str) -> str:
    found = re.search(rf"^{title}:\n((?:  .*\n?)+)", text, re.MULTILINE)
    return found[1] if found else ""


@dataclass(frozen=True)
class Command:
    """One subcommand; `words` are its name after mta-sts, none for the program itself."""

    words: tuple
    help: str

    @property
    def options(self) -> frozenset:
        """The long options, with their hyphens."""
        return frozenset(re.findall(r"^  (?:-\w, )?(--[a-z][a-z-]*)", section(self.help, "Options"), re.MULTILINE))

    @property
    def subcommands(self) -> list:
        return re.findall(r"^  ([a-z][a-z-]*)\s", section(self.help, "Subcommands"), re.MULTILINE)

    def __str__(self):
        return " ".join(("mta-sts", *self.words))


@functools.cache
def command(*words) -> Command:
    return Command(words, run(*words, "--help").stdout)


def tree(*words) -> list:
    """The command of these words and all below it."""
    here = command(*words)
    return [here] + [below for name in here.subcommands for below in tree(*words, name)]


def options_below(*words) -> frozenset:
    return frozenset().union(*(each.options for each in tree(*words)))
