"""Each block of shell in README.md and docs/ is run by a test, with these exceptions.

- A block whose mark `skip` gives the reason.
- `scripts/package`: scripts/test --full runs it, before the guides that follow the page with its packages; here its words are only
  looked for.
- `scripts/bench` and `scripts/lab` in docs/performance.md: a measurement takes minutes of a quiet machine. Their words are only looked
  for; tests/servers/test_bench.py runs the two measurements that need no other program, in small.
"""

import itertools
import os
import re
from pathlib import Path

import pytest
from test_documents import PAPERS, ROOT


def blocks(path: Path) -> list:
    """(marks above it, its commands) of each block of shell."""
    found = re.findall(r"((?:^<!-- [^\n]* -->\n)*)^```sh\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)
    return [(marks, [line.strip() for line in shell.replace("\\\n", " ").splitlines() if line.strip()]) for marks, shell in found]


# Whose lines are not run as they stand: of them it is only held that the script knows the words. The docstring above says why.
NOT_RUN = {"scripts/package", "scripts/bench", "scripts/lab"}


def fault_of_script(words: list) -> str:
    """A script is one of the exceptions and names what it takes, or the lab's program does for it. What stands behind -- is another command."""
    script = ROOT / words[0]
    if words[0] not in NOT_RUN:
        return f"nothing runs: {' '.join(words)}"
    if not os.access(script, os.X_OK):
        return f"{words[0]} is no script"
    text = script.read_text()
    known = set(re.findall(r"[\w-]+", text + ((ROOT / "tests/lab/__main__.py").read_text() if "-m lab" in text else "")))
    return "".join(f"{words[0]} knows no {word}" for word in itertools.takewhile(lambda word: word != "--", words[1:]) if word not in known)


# scripts/guides follows the pages that its walks name. Other tests read the marks that name what is run.
FOLLOWED = set(re.findall(r"_walk\(\"(?:docs/)?([\w-]+\.md)\"", (ROOT / "tests/guides/walks.py").read_text()))
READERS = [path.read_text() for path in ROOT.glob("tests/*/test_*guide.py")]
CONTAINER = (ROOT / "tests/packages/container").read_text()


def is_read(name: str) -> bool:
    """Does a test run the blocks of this page that are marked with a name?"""
    return any(name in reader and "<!-- run: (" in reader for reader in READERS) or f"guide {name.removesuffix('.md')} run" in CONTAINER


def faults_of(path: Path) -> list:
    """What no test runs and no mark explains: a block is run by its name, by scripts/guides, or its lines are tests of their own."""
    faults = []
    for marks, lines in blocks(path):
        if "<!-- skip: " in marks or "<!-- run: " in marks and is_read(path.name):
            continue
        scripts = [re.sub("^sudo ", "", line).split() for line in lines if re.match(r"(?:sudo )?scripts/", line)]
        scripts = [words for words in scripts if words[0] in NOT_RUN or path.name not in FOLLOWED]
        faults += [fault for words in scripts if (fault := fault_of_script(words))]
        others = [line for line in lines if not re.match(r"(?:sudo )?(?:scripts/|mta-sts )", line)]
        faults += [] if path.name in FOLLOWED else [f"nothing runs: {line}" for line in others]
    return faults


@pytest.mark.parametrize("path", [path for path in PAPERS if blocks(path)], ids=lambda path: path.name)
def test_every_block_of_shell_is_run_by_a_test(path):
    assert faults_of(path) == []


def test_a_block_that_nothing_runs_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- run: one -->\n```sh\nsudo frob\n```\n\n```sh\nmta-sts lint x\nsudo scripts/bench nginx\nscripts/bench frob\nscripts/test\n```\n")
    assert faults_of(page) == ["nothing runs: sudo frob", "scripts/bench knows no frob", "nothing runs: scripts/test"]
    assert FOLLOWED >= {"README.md", "nginx.md"} and is_read("nginx.md") and is_read("container.md") and not is_read("page.md")
