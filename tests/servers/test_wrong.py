"""Configurations that a server's own check must refuse, or take with a warning.

wrong/KIND/NAME.conf is a whole configuration with NAME.expected-error (refused) or NAME.expected-warning (taken) beside
it. Each of its lines must be found in one line of what the check prints, "..." standing for anything. @MODULE@ is the
module, @FOLDER@ the folder of the run, @CONF@ the configuration, @REPEAT:N:TEXT@ is TEXT N times with its # counting.
NAME.file-X is put into the folder as X. A case more is two files more.
"""

import re
import shutil
import tempfile
from pathlib import Path

import pytest

import kinds

WRONG = Path(__file__).parent / "wrong"
CASES = [
    (kind, path)
    for kind in kinds.all_kinds()
    for path in sorted((WRONG / kind.kind).glob("*.conf"))
]  # fmt: skip


def test_has_cases_for_every_kind():
    assert {kind for kind, _ in CASES} == set(kinds.all_kinds())


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="mta-sts-wrong-"))
    yield path
    shutil.rmtree(path)


def repeat(text: str, times: int) -> str:
    return "".join(text.replace("#", str(number)) for number in range(times))


@pytest.mark.parametrize("kind, path", CASES, ids=[f"{kind.kind}-{path.stem}" for kind, path in CASES])
def test_says_what_is_wrong(kind, path, folder):
    config = folder / path.name
    places = {"@MODULE@": str(kind.module), "@FOLDER@": str(folder), "@CONF@": str(config)}

    def fill(text: str) -> str:
        for name, value in places.items():
            text = text.replace(name, value)
        return re.sub(r"@REPEAT:(\d+):([^@]*)@", lambda found: repeat(found[2], int(found[1])), text)

    config.write_bytes(fill(path.read_bytes().decode("latin-1")).encode("latin-1"))
    for more in path.parent.glob(path.stem + ".file-*"):
        (folder / more.name.rsplit(".file-", 1)[1]).write_bytes(more.read_bytes())
    done = kind.check(config, folder)
    printed = done.stdout + done.stderr

    error, warning = path.with_suffix(".expected-error"), path.with_suffix(".expected-warning")
    assert error.exists() != warning.exists(), "one of the two must stand beside it"
    assert (done.returncode != 0) == error.exists(), printed
    wanted = fill((error if error.exists() else warning).read_text()).splitlines()
    assert wanted and all(line.strip() for line in wanted)
    for line in wanted:
        pattern = ".*".join(re.escape(part) for part in line.split("..."))
        assert re.search(pattern, printed), printed
