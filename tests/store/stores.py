"""What the tests of `mta-sts store` share."""

import json
import os
import subprocess

import pytest

MTA_STS = os.environ["MTA_STS"]
PROBLEM, USAGE, TEMPORARY = 1, 2, 3


class Store:
    """A store in a folder of its own, through the command."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "store.mdb"

    def run(self, command, *words, stdin="", **how):
        done = subprocess.run([MTA_STS, "store", command, "--store", self.path, *map(str, words)], input=stdin,
                              capture_output=True, text=True, timeout=120, check=False, **how)  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def do(self, command, *words, **how):
        """What a command that must succeed prints."""
        code, out, err = self.run(command, *words, **how)
        assert (code, err) == (0, ""), err
        return out

    def json(self, command, *words):
        return json.loads(self.do(command, "--json", *words))

    def put_lines(self, *lines):
        return self.do("import", "-", stdin="".join(f"{line}\n" for line in lines))

    def error(self, command, *words, **how):
        """The error word of a command that must fail, and its exit code; nothing is on standard output."""
        code, out, err = self.run(command, *words, **how)
        assert out == "" and err.startswith("mta-sts: error: ") and err.count("\n") == 1, err
        return err.removeprefix("mta-sts: error: ").partition(":")[0], code


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)
