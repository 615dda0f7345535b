"""docs/security.md: its numbers are those of the code, and the tests that it names are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
LIMITS = re.findall(r"^\| [^|]+ \| (\d+)(?: \w+)? \| `([^`]+)`: `(\w+)` \|$", PAGE, re.M)
TESTS = sorted(set(re.findall(r"`(tests/[^`:]+)(?:::(\w+))?`", PAGE.partition("## Threats")[2].partition("## Limits")[0])))


def value_of(words: str) -> int:
    """The value of a constant expression as this code writes them."""
    plain = re.sub(r"//.*", "", words).replace("'", "").strip().strip("{}")
    plain = re.sub(r"std::\w+_t\{(\d+)\}", r"\1", plain)
    plain = re.sub(r"\b(\d+)U?L{0,2}\b", r"\1", plain)
    assert re.fullmatch(r"[\d *<+]+", plain), words
    return eval(plain)  # of digits and operators alone


@pytest.mark.parametrize("number, path, name", LIMITS, ids=lambda word: str(word))
def test_a_limit_is_that_of_the_code(number, path, name):
    found = re.findall(rf"constexpr [\w:]+ {name}(?: = |(?={{))([^;]+);", (ROOT / path).read_text())
    assert len(found) == 1, f"{path} has no constant {name}"
    assert value_of(found[0]) == int(number)


@pytest.mark.parametrize("path, name", TESTS)
def test_a_test_is_there(path, name):
    assert (ROOT / path).is_file()
    assert not name or re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.M)


def test_every_row_is_read():
    threats, limits = (PAGE.partition(title)[2].partition("\n## ")[0] for title in ("## Threats", "## Limits"))
    rows = [len(re.findall(r"^\| (?!---)", part, re.M)) - 1 for part in (threats, limits)]
    assert rows[1] == len(LIMITS) > 40 and rows[0] > 20
    assert all("`tests/" in row for row in re.findall(r"^\| (?!---|threat ).*$", threats, re.M))
