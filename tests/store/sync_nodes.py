"""Nodes that keep their stores equal to a table in a real PostgreSQL, for tests."""

import collections
import json
import re
import signal
import subprocess

import pytest
from postgresql import until
from stores import MTA_STS, Store

NONE = {"mode": "none", "max_age": 86400}
# What `store import` takes, of all that the table has.
LINES = """
COPY (SELECT '@' || profile || ',' || words FROM mta_sts.profile UNION ALL
      SELECT domain || ',' || coalesce(words, 'profile=' || profile, 'alias=' || alias) FROM mta_sts.domain) TO STDOUT
"""


class Node:
    """A web server's host: its store, and the process that follows the table."""

    def __init__(self, folder, address, *options):
        folder.mkdir()
        self.store = Store(folder)
        self._log = folder / "log"
        self._command = [MTA_STS, "store", "sync", "--from", address, "--store", self.store.path, "--timeout", "3", *options]
        self._process = None

    def start(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        return self

    def log(self):
        return self._log.read_text(encoding="utf-8")

    def end(self, how=signal.SIGTERM):
        if self._process:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def has_logged(self, word, times=1):
        until(lambda: len(re.findall(rf"^\w+ {word} ", self.log(), re.M)) >= times, lambda: f"{word}: {self.log()}")

    def words_of(self, domain):
        """What is stored for a domain, without waiting for anything; None where there is no such domain."""
        code, out, _ = self.store.run("get", domain)
        return out if code == 0 else None

    def has(self, domain, text):
        until(lambda: text in (self.words_of(domain) or ""), lambda: f"{domain}: {self.log()}")


@pytest.fixture
def panel(postgresql, request):
    """A database of its own: its server, and its name."""
    name = re.sub(r"\W", "_", request.node.name.lower())[-40:]
    postgresql.make(name)
    return postgresql, name


@pytest.fixture
def nodes(panel, tmp_path):
    """Makes nodes, which are ended."""
    server, database = panel
    made = []

    def make(*options, user="postgres"):
        made.append(Node(tmp_path / f"node{len(made)}", server.address(database, user), *options))
        return made[-1]

    yield make
    for node in made:
        node.end()


def records(store):
    return collections.Counter(store.do("export").splitlines()) if store.path.exists() else None


def end_equal(panel, followers, folder, withdrawn=()):
    """Waits until each node's store has what an import of the table makes, and mode none for what left the table."""
    server, database = panel
    folder.mkdir()
    expected = Store(folder)
    expected.do("import", "-", stdin=server.do(database, LINES))
    lines = records(expected) + collections.Counter(json.dumps({"domain": name, **NONE}, separators=(",", ":")) for name in withdrawn)
    for node in followers:
        until(lambda node=node: records(node.store) == lines, lambda node=node: f"{(records(node.store) - lines).most_common(3)} {node.log()}")
        assert node.store.run("verify")[0] == 0
    return lines


def once(panel, store, *options, user="postgres"):
    server, database = panel
    done = subprocess.run([MTA_STS, "store", "sync", "--from", server.address(database, user), "--store", store.path, "--once", *options],
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def fill(panel, count=50):
    server, database = panel
    server.do(database, f"INSERT INTO mta_sts.domain (domain, words) SELECT 'd' || n || '.example', 'enforce mx=old.example' FROM generate_series(1, {count}) AS n")
