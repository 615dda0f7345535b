"""Long under load: a resolver that is killed again and again, and one that never is while all around it fails in turn."""

import contextlib
import itertools
import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
import tls
from peers import NXDOMAIN, SERVFAIL, Reply, http, policy_text
from resolver import Client, run_as_user, words_of
from world import folder, hosts, names, policy_certificate, publish, start  # noqa: F401

ENFORCE = [f"d{n}.test" for n in range(25)]
TESTING = [f"d{n}.test" for n in range(25, 35)]
NONE = [f"d{n}.test" for n in range(35, 45)]
FRESH = [f"d{n}.test" for n in range(45, 50)]  # forgotten again and again, so that each time is the first

SANITIZED = bool(os.environ.get("SANITIZE"))
QUICK = ["--txt-ttl-least", 1, "--txt-ttl-most", 1, "--dns-timeout", 1, "--fetch-patience", 1, "--txt-failure-ttl", 1]


class Askers:
    """`with Askers(resolver, right) as askers:` ask at a bounded rate from several connections; wrong() must stay empty.

    A connection that ends is made anew: the resolver may be killed under it.
    """

    def __init__(self, resolver, right, threads: int = 4, pause: float = 0.01):
        self.resolver, self.right, self.pause = resolver, right, pause
        self.answered = 0
        self.wrong = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(random.Random(n),)) for n in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def run(self, dice):
        domains = [*ENFORCE, *TESTING, *NONE, *FRESH]
        while not self.stopping.is_set():
            with contextlib.suppress(OSError), Client(self.resolver.socket_path, timeout=30) as client:
                while not self.stopping.wait(self.pause):
                    domain = dice.choice(domains)
                    line = client.ask(f"verdict {domain}")
                    if not line:
                        break
                    self.note(domain, line)
            self.stopping.wait(self.pause)

    def note(self, domain, line):
        with self.lock:
            self.answered += 1
            if not self.right(domain, words_of(line)):
                self.wrong.append((domain, line))


class World:
    """What is published, with ids that go up, and who fails now."""

    def __init__(self, publish, names, hosts):
        self.publish, self.names, self.hosts = publish, names, hosts
        self.ids = itertools.count(1)
        self.version = ""
        self.publish_anew()

    def publish_anew(self):
        """A new id for every domain, the policies as they were."""
        self.version = str(next(self.ids))
        for mode, domains in (("enforce", ENFORCE + FRESH), ("testing", TESTING)):
            for domain in domains:
                self.publish(domain, version=self.version, mode=mode)

    def with_answers(self, answer: bytes):
        self.publish_anew()
        self.hosts.answers = dict.fromkeys(self.hosts.answers, answer)


def is_right(domain: str, verdict: dict) -> bool:
    """What was known before is obeyed whatever happens; a domain without a record never gets a policy."""
    if domain in ENFORCE:
        return verdict["mode"] == "enforce"
    if domain in TESTING:
        return verdict["mode"] == "testing"
    if domain in NONE:
        return verdict["mode"] in ("none", "temp")
    return verdict["mode"] in ("enforce", "temp") or bool(verdict.get("reason"))


def learn(resolver):
    for domain, mode in [*((name, "enforce") for name in ENFORCE), *((name, "testing") for name in TESTING)]:
        assert resolver.ask(domain)["mode"] == mode


class TestKills:
    def test_fifty_under_questions_lose_no_policy(self, start, publish, names, hosts, folder):  # noqa: F811
        world = World(publish, names, hosts)
        resolver = start(*QUICK, folder=folder)
        resolver.expect_log("")
        learn(resolver)
        dice = random.Random(1)
        with Askers(resolver, is_right, pause=0.001) as askers:
            for _ in range(50):
                world.publish_anew()  # so that rows are being written when it comes
                enough = askers.answered + dice.randrange(1, 200)
                resolver.wait_until(lambda enough=enough: askers.answered >= enough, "answers", 60)
                resolver.kill()
                resolver.process = resolver.spawn()
                resolver.wait_until(resolver.is_ready, "the resolver to answer again")
        assert askers.wrong == []
        hosts.answers.clear()
        resolver.kill()
        resolver.process = resolver.spawn()
        resolver.wait_until(resolver.is_ready, "the resolver to answer again")
        learn(resolver)
        assert "cache-damaged" not in resolver.log()


@contextlib.contextmanager
def dns_says(world, reply):
    world.names.everywhere = reply
    yield
    world.names.everywhere = None


@contextlib.contextmanager
def hosts_say(world, answer):
    world.with_answers(answer)
    yield


@contextlib.contextmanager
def hosts_hang(world):
    world.publish_anew()
    world.hosts.gate.clear()
    yield
    world.hosts.gate.set()


@contextlib.contextmanager
def certificate_of(world, context):
    right, world.hosts.context = world.hosts.context, context
    world.publish_anew()
    yield
    world.hosts.context = right


def prlimit(resolver, *words) -> str:
    return subprocess.run(["prlimit", "--pid", str(resolver.process.pid), *words], check=True, capture_output=True,
                          text=True, **run_as_user()).stdout.strip()  # fmt: skip


@contextlib.contextmanager
def limited(resolver, world, limit, most):
    """Takes from the running process what a full disk or a busy host would."""
    before = prlimit(resolver, f"--{limit}", "--noheadings", "--output", "SOFT")
    prlimit(resolver, f"--{limit}={most}:")
    world.publish_anew()
    yield
    prlimit(resolver, f"--{limit}={before}:")


@contextlib.contextmanager
def rude_clients(resolver):
    clients = [Client(resolver.socket_path) for _ in range(100)]
    for number, client in enumerate(clients):
        client.send((f"verdict d{number % 50}.test\n" * 20).encode() if number % 2 else b"verdict half")
    yield
    for client in clients:
        client.socket.close()


@contextlib.contextmanager
def reloaded(resolver):
    resolver.process.send_signal(signal.SIGHUP)
    yield


def descriptors(pid) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def private_kib(pid) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))


def soak(seconds, resolver, world, tmp_path) -> dict:
    """Load and one fault after the other for so long; gives what the process held after the first round and in the end."""
    stranger = tls.make_certificate(tmp_path, "other.test")
    other = tls.server_context(stranger)
    faults = [
        lambda: dns_says(world, Reply(code=SERVFAIL)),
        lambda: dns_says(world, Reply(silent=True)),
        lambda: dns_says(world, Reply(code=NXDOMAIN)),
        lambda: hosts_say(world, http("nothing", "404 Not Found")),
        lambda: hosts_say(world, b"\0\1\2 no answer\r\n\r\n"),
        lambda: hosts_say(world, http(policy_text() + "x: " + "a" * 70000 + "\r\n")),
        lambda: hosts_say(world, http(policy_text(), more="X: " + "a" * 120000 + "\r\n")),
        lambda: hosts_say(world, b""),
        lambda: hosts_hang(world),
        lambda: certificate_of(world, other),
        lambda: limited(resolver, world, "fsize", 0),
        lambda: limited(resolver, world, "nofile", 16),
        lambda: rude_clients(resolver),
        lambda: reloaded(resolver),
    ]
    end = time.monotonic() + seconds
    rounds, held = 0, []
    with Askers(resolver, is_right) as askers:
        while time.monotonic() < end or rounds < 2:
            for fault in faults:
                with fault():
                    enough = askers.answered + 100
                    resolver.wait_until(lambda enough=enough: askers.answered >= enough, "100 answers in trouble", 120)
                world.publish_anew()
                for domain in FRESH:
                    resolver.admin(f"cache purge {domain}")
                for domain in [*FRESH, ENFORCE[0]]:
                    resolver.wait_until(lambda domain=domain: is_new(resolver, world, domain), f"{domain}'s policy", 120)
                world.names.asked.clear()
                world.hosts.fetched.clear()
            rounds += 1
            held.append((private_kib(resolver.process.pid), descriptors(resolver.process.pid)))
        assert askers.wrong == []
    learn(resolver)
    return {"rounds": rounds, "answered": askers.answered, "private_kib": [kib for kib, _ in held],
            "descriptors": [number for _, number in held]}


def is_new(resolver, world, domain) -> bool:
    verdict = resolver.ask(domain)
    return verdict["mode"] == "enforce" and verdict["id"] == world.version


def check_soak(seconds, resolver, world, tmp_path):
    resolver.expect_log("")
    learn(resolver)
    figures = soak(seconds, resolver, world, tmp_path)
    print(f"figure: soak of {seconds} s: {figures['rounds']} rounds of faults, {figures['answered']} answers, private KiB "
          f"{figures['private_kib'][0]} to {figures['private_kib'][-1]}, descriptors {figures['descriptors'][0]} to "
          f"{figures['descriptors'][-1]}")
    # A sanitizer keeps what was freed. The resolver gives memory back once it is idle, which a busy machine puts off.
    assert SANITIZED or min(figures["private_kib"][-3:]) <= max(figures["private_kib"][:3]) + 3072, figures
    assert min(figures["descriptors"][-3:]) <= figures["descriptors"][0] + 16, figures
    assert {entry["domain"] for entry in resolver.admin("cache list")["entries"]} >= {*ENFORCE, *TESTING}


class TestSoak:
    def test_minutes_of_faults_cost_nothing(self, start, publish, names, hosts, tmp_path):  # noqa: F811
        world = World(publish, names, hosts)
        check_soak(300, start(*QUICK), world, tmp_path)

    @pytest.mark.full
    def test_an_hour_of_faults_costs_nothing(self, start, publish, names, hosts, tmp_path):  # noqa: F811
        world = World(publish, names, hosts)
        check_soak(3600, start(*QUICK), world, tmp_path)
