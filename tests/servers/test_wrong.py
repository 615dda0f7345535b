"""Configurations that a server's own check must refuse, or take with a warning.

wrong/KIND.toml is a table of cases: `lines` stand in the table's `frame` in the place of @LINES@, or `whole` is all of the
configuration. Each string of `error` (refused) or `warning` (taken) must be found in one line of what the check prints, "..."
standing for anything. @MODULE@ is the module, @FOLDER@ the folder of the run, @CONF@ the configuration, @REPEAT:N:TEXT@ is TEXT
N times with its # counting. `files` are put into the folder. A character up to U+00FF is the byte of that number.
"""

import re
import shutil
import tempfile
import tomllib
from pathlib import Path

import pytest

import kinds

TABLES = {
    kind: tomllib.loads((Path(__file__).parent / "wrong" / f"{kind.kind}.toml").read_text()) for kind in kinds.all_kinds()
}
FRAMES = {kind: table.pop("frame") for kind, table in TABLES.items()}
CASES = [(kind, name) for kind, table in TABLES.items() for name in table]


def test_every_case_says_what_comes_of_it():
    assert {kind for kind, _ in CASES} == set(kinds.all_kinds())
    for kind, name in CASES:
        keys = TABLES[kind][name].keys()
        assert keys - {"files"} in ({"lines", "error"}, {"lines", "warning"}, {"whole", "error"}, {"whole", "warning"}), name


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="mta-sts-wrong-"))
    yield path
    shutil.rmtree(path)


def repeat(text: str, times: int) -> str:
    return "".join(text.replace("#", str(number)) for number in range(times))


@pytest.mark.parametrize("kind, name", CASES, ids=[f"{kind.kind}-{name}" for kind, name in CASES])
def test_says_what_is_wrong(kind, name, folder):
    case = TABLES[kind][name]
    config = folder / f"{name}.conf"
    places = {"@MODULE@": str(kind.module), "@FOLDER@": str(folder), "@CONF@": str(config)}

    def fill(text: str) -> str:
        for mark, value in places.items():
            text = text.replace(mark, value)
        return re.sub(r"@REPEAT:(\d+):([^@]*)@", lambda found: repeat(found[2], int(found[1])), text)

    text = case["whole"] if "whole" in case else FRAMES[kind].replace("@LINES@", case["lines"])
    config.write_bytes(fill(text).encode("latin-1"))
    for file, content in case.get("files", {}).items():
        (folder / file).write_text(content)
    done = kind.check(config, folder)
    printed = done.stdout + done.stderr
    assert (done.returncode != 0) == ("error" in case), printed
    wanted = case["error"] if "error" in case else case["warning"]
    wanted = [fill(line) for line in ([wanted] if isinstance(wanted, str) else wanted)]
    assert wanted and all(line.strip() for line in wanted)
    for line in wanted:
        pattern = ".*".join(re.escape(part) for part in line.split("..."))
        assert re.search(pattern, printed), printed
