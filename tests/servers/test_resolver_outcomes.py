"""What mail servers tell the resolver of their sessions: datagrams, counted by day in a file."""

import json
import os
import socket
import sqlite3
import stat
import threading
import urllib.request

import pytest
from peers import NameServer
from resolver import Resolver, stopped_at_the_end
from world import free_port


@pytest.fixture(scope="module")
def names():
    with NameServer() as server:
        yield server


class Told:
    """A resolver that takes datagrams, and what it counted."""

    def __init__(self, begin, names, *options, folder=None):
        self.port = free_port()
        self.resolver = Resolver(names, folder=folder, options=("--metrics", f"127.0.0.1:{self.port}", *options))
        self.path = self.resolver.folder / "outcomes.sock"
        self.file = self.resolver.folder / "outcomes.sqlite"
        self.resolver.words += ["--outcomes-socket", self.path, "--outcomes-file", self.file]
        begin(self.resolver)

    def send(self, *datagrams: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            for datagram in datagrams:
                sender.sendto(datagram, str(self.path))

    def metric(self, name: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        return int(next(line for line in lines if line.startswith(f"mta_sts_{name} ")).split()[-1])

    def rows(self, query: str) -> list:
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def sessions(self) -> dict:
        """domain -> sessions that went well, and that did not."""
        rows = self.rows("SELECT domain, sum(success), sum(failure) FROM session GROUP BY domain")
        return {domain: (success, failure) for domain, success, failure in rows}

    def wait_for(self, expected: dict) -> None:
        self.resolver.wait_until(lambda: self.sessions() == expected, f"{expected} in the file")


@pytest.fixture
def told(request, names):
    with stopped_at_the_end(request) as begin:
        yield lambda *options, **more: Told(begin, names, *options, **more)


def outcome(domain: str, *failures: dict, failed: bool = False, **more) -> bytes:
    policy = {"policy-type": 2, "policy-domain": domain, "policy-string": ["version: STSv1", "mode: testing"],
              "mx-host": [f"mx.{domain}"], "failure-details": list(failures), "t": len(failures), "f": int(failed)}  # fmt: skip
    return json.dumps({"dpv": "1", "d": domain, "pr": f"v=TLSRPTv1; rua=mailto:tls@{domain}", "policies": [policy], **more}).encode()


def test_sessions_are_counted_by_domain(told):
    here = told()
    assert stat.S_IMODE(os.stat(here.path).st_mode) == 0o660 and stat.S_IMODE(os.stat(here.file).st_mode) == 0o600
    untrusted = {"c": 205, "n": "mx.a.test", "h": "250-mx.a.test\n250 STARTTLS", "r": "192.0.2.1", "f": "self-signed_certificate"}
    here.send(outcome("a.test"), outcome("A.Test."), outcome("a.test", untrusted, failed=True), outcome("b.test", untrusted))
    here.wait_for({"a.test": (2, 1), "b.test": (1, 0)})
    assert here.rows("SELECT domain, type, mx, helo, receiving_ip, count FROM failure ORDER BY domain") == [
        ("a.test", 203, "mx.a.test", "mx.a.test", "192.0.2.1", 1), ("b.test", 203, "mx.a.test", "mx.a.test", "192.0.2.1", 1)]  # fmt: skip
    assert ("b.test", "v=TLSRPTv1; rua=mailto:tls@b.test") in here.rows("SELECT domain, text FROM record")
    assert (here.metric("outcomes_total"), here.metric("outcomes_lost_total")) == (4, 0)


def test_what_is_no_datagram_of_the_protocol_is_counted_and_told_once(told):
    here = told()
    for word in ("not-json", "bad-domain", "bad-value", "other-version"):
        here.resolver.expect_log(f"datagram-{word}")
    wrong = [b"", b"\0", b"[" * 100_000, b"{}", outcome("a b"), outcome("a.test", {"c": 1}), outcome("a.test", dpv="2"), b"\xff" * 1000]
    here.send(*wrong, *wrong, outcome("a.test"))
    here.wait_for({"a.test": (1, 0)})
    refused = {word: here.metric(f'outcomes_refused_total{{error="datagram-{word}"}}')
               for word in ("not-json", "bad-domain", "bad-value", "other-version")}  # fmt: skip
    assert refused == {"not-json": 8, "bad-domain": 4, "bad-value": 2, "other-version": 2}
    assert here.resolver.log().count("datagram-not-json") == 1


def test_nothing_is_lost_that_came_before_the_end(told, names, request):
    here = told()
    here.send(*[outcome(f"d{number}.test") for number in range(50)])
    here.resolver.stop()
    assert len(here.sessions()) == 50
    with stopped_at_the_end(request) as begin:
        again = Told(begin, names, folder=here.resolver.folder)
        again.send(outcome("d1.test", failed=True))
        again.resolver.wait_until(lambda: again.sessions()["d1.test"] == (1, 1), "counts of before and after")


def test_many_senders_at_once(told):
    here = told()

    def tell(number):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:  # waits where the kernel's queue is full
            for _ in range(2000):
                sender.sendto(outcome(f"d{number}.test"), str(here.path))

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    here.wait_for({f"d{number}.test": (2000, 0) for number in range(8)})
    assert here.metric("outcomes_total") == 16_000


def test_a_file_that_cannot_be_written_is_told_and_tried_again(told):
    here = told()
    here.send(outcome("a.test"))
    here.wait_for({"a.test": (1, 0)})
    here.resolver.expect_log("tally-busy")
    holder = sqlite3.connect(here.file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    here.send(outcome("a.test"))
    here.resolver.wait_for_log("tally-busy")
    here.send(outcome("a.test"))
    assert here.resolver.ask("b.test")["mode"] == "none"  # verdicts wait for no file
    holder.execute("ROLLBACK")
    holder.close()
    here.wait_for({"a.test": (3, 0)})
    assert here.resolver.log().count("tally-busy") == 1


@pytest.mark.parametrize("made", ["text", "folder", "link", "missing"])
def test_a_file_that_cannot_be_used_is_told_at_the_start(tmp_path, made):
    file = tmp_path / "there" / "outcomes.sqlite"
    if made != "missing":
        file.parent.mkdir()
    if made == "text":
        file.write_text("This is no database.\n" * 100)
    elif made == "folder":
        file.mkdir()
    elif made == "link":
        file.symlink_to(tmp_path / "elsewhere")
    resolver = Resolver()
    resolver.words += ["--outcomes-socket", resolver.folder / "outcomes.sock", "--outcomes-file", file]
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    process = resolver.spawn()
    assert process.wait(20) == 2
    assert "outcomes-unusable" in resolver.log()
    resolver.end_now()
