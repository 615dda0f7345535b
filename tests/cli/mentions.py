"""What documents say in code: fenced blocks, spans between backticks, and commands in units and man pages."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from commands import command, options_below

# What may stand before the command: cron's time, a prompt, sudo with a user, a unit's key.
BEFORE = re.compile(r"^(?:\$ |Exec\w+=|\d+ [\d*]+ \* \* \*\s+|sudo (?:-u \S+ )?|if |then |!\s|\w+=\S* )+")
PLACEHOLDER = re.compile(r"[A-Z…<\[(.]")


class Mention(NamedTuple):
    """Words after the name of the command, and where they stand."""

    place: str
    words: list


def code_of(text: str) -> list:
    """(line number, code) of each line of a fenced block, continued lines joined, and of each span."""
    found, block = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            block = None if block is not None else ""
        elif block is None:
            found += [(number, span.replace("\\|", "|")) for span in re.findall(r"`([^`]+)`", line)]
        elif line.endswith("\\"):
            block += line[:-1]
        else:
            found.append((number, block + line))
            block = ""
    return found


def parts_of(code: str) -> list:
    """The commands of one line of shell."""
    code = re.sub(r"(?:^|\s)#.*", "", code)
    return [BEFORE.sub("", part.strip()) for part in re.split(r"\|\|?|&&|;|\$\(|\)", code)]


def words_of(part: str) -> list:
    try:
        return shlex.split(part)
    except ValueError:  # a quotation that ends elsewhere
        return part.split()


def mentions(path: Path, code: list, only_whole: bool = False) -> list:
    """Those of `mta-sts …`, and unless `only_whole` of a subcommand without it, as `exim-check --domain`."""
    found = []
    for number, line in code:
        for part in parts_of(line):
            words = words_of(part)
            if words and re.fullmatch(r"(\S*bin/)?mta-sts", words[0]):
                found.append(Mention(f"{path.name}:{number}", words[1:]))
            elif not only_whole and len(words) > 1 and words[0] in command().subcommands and re.match(r"-|[a-z-]+$", words[1]):
                found.append(Mention(f"{path.name}:{number}", words))
    return found


def resolve(words: list):
    """The deepest command that the words name, and what is wrong with them ("" where nothing is)."""
    here, rest = command(), [word.rstrip(",:") for word in words]
    while rest and here.subcommands:
        if rest[0] in here.subcommands:
            here = command(*here.words, rest.pop(0))
        elif rest[0].startswith("-") or PLACEHOLDER.match(rest[0]):
            break
        else:
            return here, f"{here} has no subcommand {rest[0]}"
    allowed = options_below(*here.words) if here.subcommands and here.words else here.options
    unknown = [found[0] for word in rest if (found := re.match(r"--[a-z][a-z-]*", word)) and found[0] not in allowed]
    return here, f"{here} has no option {', '.join(unknown)}" if unknown else ""


def bare_options(code: list) -> list:
    """(line number, option) of spans that begin with an option, such as `--days`."""
    return [(number, re.match(r"--[a-z][a-z-]*", span)[0]) for number, span in code if re.match(r"--[a-z]", span)]
