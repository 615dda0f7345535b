"""Resolvers that share a cache in a real redis-server, and values as they stand in it: fixtures and what the tests of both need."""

import contextlib
import hashlib
import hmac
import os
import time
import urllib.request
from pathlib import Path

import pytest
from peers import policy_text
from redis_server import Redis
from resolver import run_as_user
from world import folder, free_port, start  # noqa: F401

KEY, CLAIM = "mta-sts:1:policy:example.test", "mta-sts:1:fetch:example.test"
SECRET = b"0123456789abcdef0123456789abcdef"
QUICK_SECONDS = 3  # far below the time of any limit but those of the shared cache, also on a busy machine


class Sender:
    """A resolver of the farm, and its metrics."""

    def __init__(self, start, *options):
        self.port = free_port()
        self.resolver = start("--metrics", f"127.0.0.1:{self.port}", *options)

    def metric(self, name: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=20) as answer:
            self.page = answer.read().decode()
        lines = [line for line in self.page.splitlines() if line.startswith(f"mta_sts_shared_cache_{name} ")]
        return int(lines[0].split()[-1]) if lines else -1

    def fetched_alone(self) -> int:
        """The fetches that the others could not spare it: on a machine that has no time an answer or a wait may end too late."""
        return sum(self.metric(f"{name}_total") for name in ("unasked", "unanswered", "waits_in_vain"))

    def error(self, word: str) -> int:
        return self.metric(f'errors_total{{error="shared-cache-{word}"}}')

    def wait_for_metric(self, name: str, value: int) -> None:
        self.resolver.wait_until(lambda: self.metric(name) == value, f"{name} to be {value}")

    def connected(self):
        self.wait_for_metric("connected", 1)
        return self

    def ask(self, domain="example.test") -> dict:
        return self.resolver.ask(domain)

    def ask_quickly(self, domain="example.test") -> dict:
        begun = time.monotonic()
        answer = self.ask(domain)
        assert time.monotonic() - begun < QUICK_SECONDS
        return answer


@pytest.fixture
def serve():
    """Gives a function that starts a redis-server; all of them outlive the resolvers of the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *options, **more: stack.enter_context(Redis(*options, **more))


@pytest.fixture
def redis(serve):
    return serve()


@pytest.fixture
def secret_file(folder):  # noqa: F811
    return write_secret(folder / "secret", SECRET)


@pytest.fixture
def farm(serve, start, secret_file):  # noqa: F811
    """Gives a function that starts resolvers with a shared cache, whose values are sealed with a secret but where it is None."""

    def run(url, *options, count=1, secret=secret_file):
        sealed = () if secret is None else ("--shared-cache-secret-file", secret)
        senders = [Sender(start, "--shared-cache", url, *sealed, *options) for _ in range(count)]
        for sender in senders if secret is None else ():
            sender.resolver.expect_log("^warning shared-cache-unsealed ")
        return senders

    return run


def write_secret(path: Path, secret: bytes, mode=0o400) -> Path:
    """Writes a file as the user of the resolver, who alone reads it."""
    path.write_bytes(secret)
    path.chmod(mode)
    user = run_as_user()
    if user:
        os.chown(path, user["user"], -1)
    return path


def seal(line: bytes, body: bytes, domain=b"example.test", secret=SECRET) -> bytes:
    """The value of a host that has the secret."""
    mac = hmac.new(secret, domain + b"\n" + line + b"\n" + body, hashlib.sha256).hexdigest()
    return line + b" " + mac.encode() + b"\n" + body


def value_of(policy: str, age=0, record_id="1", **of) -> bytes:
    body = policy.encode()
    return seal(b"mta-sts 2 %s %d 192.0.2.1 %d" % (record_id.encode(), time.time() - age, len(body)), body, **of)


NONE = policy_text(mode="none", mx=())
