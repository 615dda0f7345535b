"""The blocks of a guide, and what their invisible marks say about them. CONTRIBUTING.md explains the marks."""

import re
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# Marks that say what becomes of a block, and those by which tests and README.md name one.
ACTIONS = ("file", "skip", "output", "example")
NAMES = ("run", "block", "from", "part of")
# Marks that stand by themselves, between paragraphs.
ALONE = ("way", "needs", "result", "by hand", "follow")

_MARK = re.compile(r"<!-- (?P<name>part of|by hand|\w+)(?::? (?P<value>.*?))? -->")
_HEADING = re.compile(r"(#+) (.*)")


class GuideError(Exception):
    """A guide cannot be followed as it is written; the text says where and why."""


@dataclass(frozen=True)
class Block:
    """A fenced block. ways: on which ways through the guide it lies, none if on all.

    action: "run", "file" (written to `value`), "output" (of the commands before it) or "skip" (`value` says why)."""

    guide: str
    line: int
    language: str
    text: str
    ways: frozenset
    action: str
    value: str

    def __str__(self):
        return f"{self.guide}:{self.line}"

    def shown(self):
        """One line that says which block this is."""
        if self.action == "file":
            return f"writes {self.value}"
        first, *more = [line for line in self.text.splitlines() if line]
        return first + (" …" if more else "")


@dataclass(frozen=True)
class Result:
    """A place in a guide where something must be true: `<!-- result: NAME -->`."""

    guide: str
    line: int
    name: str
    ways: frozenset

    def __str__(self):
        return f"{self.guide}:{self.line}"


@dataclass
class Guide:
    """A guide's blocks and results in their order, and the packages that it takes for granted."""

    name: str
    steps: list = field(default_factory=list)
    needs: list = field(default_factory=list)

    def ways(self):
        """Every way on which there is something to do."""
        return frozenset().union(*(step.ways for step in self.steps if getattr(step, "action", "") != "skip"))

    def needed(self, ways):
        """The packages that a reader who takes these ways is expected to have."""
        return [package for package, on in self.needs if on <= set(ways)]

    def on(self, ways):
        """The steps for a reader who takes these ways."""
        return [step for step in self.steps if step.ways <= set(ways)]


def read(name, root=REPOSITORY):
    """Reads a guide by its path in the tree. GuideError for a mark that is unknown, and for a block that is neither run
    nor marked."""
    return _Reader(name, root).guide


def named_block(name, word, root=REPOSITORY):
    """The (action, value, text) of the block that a guide marks `run: WORD` or `block: WORD`."""
    for marks, language, text, line in _fences((root / name).read_text().splitlines()):
        if word in (marks.get("run"), marks.get("block")):
            return (*_action(f"{name}:{line}", marks, language, root), text)
    raise GuideError(f"{name} marks no block as {word}")


def _marks(lines, fence):
    """The marks on the lines directly above a fence."""
    found = {}
    for line in reversed(lines[:fence]):
        match = _MARK.fullmatch(line)
        if not match:
            return found
        found[match["name"]] = match["value"] or ""
    return found


def _fences(lines):
    opened = None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if opened is None:
            opened = number
        else:
            text = "".join(f"{inner}\n" for inner in lines[opened + 1:number])
            yield _marks(lines, opened), lines[opened][3:].strip(), text, opened + 1
            opened = None


def _action(place, marks, language, root):
    unknown = set(marks) - {*ACTIONS, *NAMES, "way"}
    if unknown:
        raise GuideError(f"{place}: no mark is called {', '.join(sorted(unknown))}")
    given = [name for name in ACTIONS if name in marks]
    if len(given) > 1:
        raise GuideError(f"{place}: {' and '.join(given)} exclude each other")
    if given == ["example"]:
        return "file", "program.c"
    if given:
        if not marks[given[0]] and given != ["output"]:
            raise GuideError(f"{place}: the mark {given[0]} says nothing")
        return given[0], marks[given[0]]
    if language == "sh":
        return "run", ""
    for name in ("from", "part of"):
        other, _, word = marks.get(name, "").partition(": ")
        if word:
            return named_block(other, word, root)[:2]
    raise GuideError(f"{place}: this block is neither commands nor marked: say where it belongs (<!-- file: PATH -->), "
                     "or why it is not run (<!-- skip: WHY -->)")


class _Reader:
    """Walks through the lines of a guide, with the ways of the sections that the line is in."""

    def __init__(self, name, root):
        self.guide = Guide(name)
        self._root = root
        self._sections = []  # (depth of the heading, way or None)
        lines = (root / name).read_text().splitlines()
        fences = {line: (marks, language, text) for marks, language, text, line in _fences(lines)}
        end = 0
        for number, line in enumerate(lines, 1):
            if number <= end:
                continue
            if number in fences:
                self._block(number, *fences[number])
                end = number + len(fences[number][2].splitlines()) + 1
            elif heading := _HEADING.fullmatch(line):
                self._heading(len(heading[1]))
            elif (match := _MARK.fullmatch(line)) and match["name"] in ALONE:
                self._alone(number, match, lines)

    def _ways(self, *more):
        return frozenset(way for _, way in self._sections if way) | frozenset(more)

    def _heading(self, depth):
        while self._sections and self._sections[-1][0] >= depth:
            self._sections.pop()
        self._sections.append((depth, None))

    def _alone(self, number, match, lines):
        name, value = match["name"], match["value"]
        ways = self._ways(*_marks(lines, number - 1).get("way", "").split())
        if name == "needs":
            self.guide.needs += [(package, ways) for package in value.split()]
        elif name == "result":
            self.guide.steps.append(Result(self.guide.name, number, value, ways))
        elif name == "by hand":
            self.guide.steps.append(Block(self.guide.name, number, "sh", f"{value}\n", ways, "run", ""))
        elif name == "follow":
            action, why, text = named_block(*value.split(": "), self._root)
            self.guide.steps.append(Block(self.guide.name, number, "sh", text, ways, action, why))
        elif not "".join(lines[number:number + 1]):  # else it belongs to what comes in the next line
            if not self._sections:
                raise GuideError(f"{self.guide.name}:{number}: a way by itself belongs below a heading")
            self._sections[-1] = (self._sections[-1][0], value)

    def _block(self, number, marks, language, text):
        place = f"{self.guide.name}:{number}"
        action, value = _action(place, marks, language, self._root)
        if "part of" in marks and action == "file":
            other, _, word = marks["part of"].partition(": ")
            *_, whole = named_block(other, word, self._root)
            if not {line.strip() for line in text.splitlines()} <= {line.strip() for line in whole.splitlines()}:
                raise GuideError(f"{place}: not part of {other}: {word}")
            text = whole
        self.guide.steps.append(Block(self.guide.name, number, language, text, self._ways(*marks.get("way", "").split()),
                                      action, value))
