"""Several resolvers that share a cache in a real redis-server: one fetch for all of them, and no verdict that waits for it."""

import concurrent.futures
import contextlib
import hashlib
import hmac
import os
import re
import shlex
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest
import tls
from peers import A, Reply, policy_text
from redis_server import Redis, needed
from resolver import Client, Resolver, command, run_as_user, words_of
from server import DEADLINE_SECONDS
from world import folder, free_port, hosts, names, policy_certificate, publish, start  # noqa: F401

pytestmark = needed

KEY, CLAIM = "mta-sts:1:policy:example.test", "mta-sts:1:fetch:example.test"
SECRET = b"0123456789abcdef0123456789abcdef"
HOUR = 3600
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


class TestOneFetchForAll:
    def test_three_hosts_fetch_once(self, farm, redis, publish, hosts):  # noqa: F811
        publish(mode="enforce", max_age=604800)
        senders = [sender.connected() for sender in farm(redis.url(), count=3)]
        answers = [sender.ask() for sender in senders]
        assert {(answer["mode"], answer["mx"], answer["id"]) for answer in answers} == {("enforce", "mail.example.net", "1")}
        assert len({answer["expires"] for answer in answers}) == 1
        assert [answer["source"] for answer in answers] == ["fetch", "cache", "cache"]
        assert hosts.fetched == ["example.test"]
        assert [sender.metric("hits_total") for sender in senders] == [0, 1, 1]
        assert [sender.metric("misses_total") for sender in senders] == [1, 0, 0]
        assert 604700 < redis.ask("TTL", KEY) <= 604800  # the server drops it
        assert redis.ask("EXISTS", CLAIM) == 0

    def test_those_who_ask_meanwhile_wait_for_the_one_that_fetches(self, farm, redis, publish, hosts):  # noqa: F811
        publish()
        senders = [sender.connected() for sender in farm(redis.url(), count=3)]
        hosts.gate.clear()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            first = pool.submit(senders[0].ask)
            senders[0].resolver.wait_until(lambda: hosts.fetched, "the fetch")
            others = [pool.submit(sender.ask) for sender in senders[1:]]
            for sender in senders[1:]:
                sender.wait_for_metric("waits_total", 1)
            hosts.gate.set()
            answers = [asked.result() for asked in [first, *others]]
        assert {answer["mode"] for answer in answers} == {"enforce"}
        assert hosts.fetched == ["example.test"]

    def test_a_host_that_fetches_for_long_keeps_nobody(self, farm, redis, publish, hosts):  # noqa: F811
        publish()
        redis.ask("SET", CLAIM, "1")  # of a host that has ended meanwhile; or rubbish, without an end
        [sender] = farm(redis.url())
        assert sender.connected().ask_quickly()["mode"] == "enforce"
        assert sender.metric("waits_in_vain_total") == 1
        assert hosts.fetched == ["example.test"]
        assert redis.ask("EXISTS", CLAIM) == 0

    def test_many_cold_domains_at_once_are_fetched_once_each(self, farm, redis, publish, hosts):  # noqa: F811
        domains = [f"d{number}.test" for number in range(50)]
        for domain in domains:
            publish(domain)
        senders = [sender.connected() for sender in farm(redis.url(), count=3)]
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Client(sender.resolver.socket_path)) for sender in senders for _ in domains]
            for client, domain in zip(clients, domains * 3, strict=True):
                client.send(f"verdict {domain}\n".encode())
            assert {words_of(client.line())["mode"] for client in clients} == {"enforce"}
        # On a machine that has no time a wait may end before the other host's fetch.
        in_vain = sum(sender.metric("waits_in_vain_total") for sender in senders)
        assert set(hosts.fetched) == set(domains) and len(hosts.fetched) <= len(domains) + in_vain
        assert sum(sender.metric("hits_total") for sender in senders) == 3 * len(domains) - len(hosts.fetched)
        assert redis.ask("KEYS", "mta-sts:1:fetch:*") == []

    def test_a_host_that_dies_with_its_claims_keeps_nobody(self, farm, redis, publish, hosts):  # noqa: F811
        domains = [f"d{number}.test" for number in range(8)]
        for domain in domains:
            publish(domain)
        dying, other = (sender.connected() for sender in farm(redis.url(), count=2))
        hosts.gate.clear()
        with contextlib.ExitStack() as stack:
            for domain in domains:
                stack.enter_context(Client(dying.resolver.socket_path)).send(f"verdict {domain}\n".encode())
            dying.resolver.wait_until(lambda: redis.ask("DBSIZE") == len(domains), "the claims")
            dying.resolver.kill()
        hosts.gate.set()
        begun = time.monotonic()
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Client(other.resolver.socket_path)) for _ in domains]
            for client, domain in zip(clients, domains, strict=True):
                client.send(f"verdict {domain}\n".encode())
            assert {words_of(client.line())["mode"] for client in clients} == {"enforce"}
        assert time.monotonic() - begun < 1.5 + QUICK_SECONDS
        dying.resolver.process = dying.resolver.spawn()  # the end of the test ends it
        dying.resolver.wait_until(dying.resolver.is_ready, "the resolver to answer again")
        assert other.metric("waits_in_vain_total") == len(domains)
        assert len(redis.ask("KEYS", KEY.replace("example.test", "*"))) == len(domains)

    def test_a_failed_fetch_is_nobody_elses(self, farm, redis, publish, hosts):  # noqa: F811
        publish()
        del hosts.answers["example.test"]
        one, other = farm(redis.url(), count=2)
        one.resolver.expect_log("http-status")
        assert one.connected().ask()["reason"] == "http-status"
        assert redis.ask("DBSIZE") == 0
        publish()
        assert other.connected().ask_quickly()["mode"] == "enforce"

    def test_a_new_policy_reaches_all(self, farm, redis, publish, hosts):  # noqa: F811
        publish(mode="testing")
        one, other = farm(redis.url(), "--txt-ttl-least", "1", "--txt-ttl-most", "1", count=2)
        assert (one.connected().ask()["mode"], other.connected().ask()["mode"]) == ("testing", "testing")
        publish(version="2", mode="enforce")
        one.resolver.wait_until(lambda: one.ask()["mode"] == "enforce", "the new policy")
        other.resolver.wait_until(lambda: other.ask()["mode"] == "enforce", "the new policy")
        assert hosts.fetched == ["example.test"] * 2

    def test_what_the_administrator_wants_fetched_is_fetched(self, farm, redis, publish, hosts):  # noqa: F811
        publish(mode="testing")
        one, other = farm(redis.url(), count=2)
        assert one.connected().ask()["mode"] == "testing"
        publish(mode="enforce")  # under the same id
        done = command("cache", "refresh", "example.test", "--socket", one.resolver.socket_path)
        assert done.returncode == 0, done.stderr
        assert hosts.fetched == ["example.test"] * 2
        assert other.connected().ask()["mode"] == "enforce"
        assert hosts.fetched == ["example.test"] * 2


def rubbish():
    body = policy_text().encode()
    now = int(time.time())

    def value(fetched=now, text=body, length=None) -> bytes:
        return seal(b"mta-sts 2 1 %d 192.0.2.1 %d" % (fetched, len(text) if length is None else length), text)

    none = NONE.encode()
    whole = value(text=none)
    return {
        "text": ("malformed", b"rubbish"),
        "bytes": ("malformed", bytes(range(256)) * 4),
        "cut": ("malformed", value(text=none, length=len(none) + 1)),
        "version": ("malformed", whole.replace(b"mta-sts 2", b"mta-sts 3")),
        "unsealed": ("unauthentic", b"mta-sts 1 1 %d 192.0.2.1 %d\n%s" % (now, len(none), none)),
        "other secret": ("unauthentic", value_of(NONE, secret=b"x" * 32)),
        "other domain": ("unauthentic", value_of(NONE, domain=b"second.test")),
        "other id": ("unauthentic", value_of(NONE, record_id="0").replace(b" 0 ", b" 1 ", 1)),
        "other body": ("unauthentic", value(text=policy_text(mode="enforce").encode()).replace(b"enforce", b"testing")),
        "list": ("malformed", None),
        "large": ("too-large", value(text=none) + b"x" * 70000),
        "giant": ("too-large", b"x" * 50_000_000),
        "future": ("time-wrong", value(fetched=now + 86400, text=none)),
        "expired": ("time-wrong", value(fetched=now - 604801, text=none)),
        "no policy": ("policy-invalid", value(text=b"<html>")),
        "no hosts": ("policy-invalid", value(text=policy_text(mx=()).encode())),
    }


class TestRubbish:
    @pytest.mark.parametrize("kind", rubbish())
    def test_is_told_and_replaced(self, farm, redis, publish, hosts, kind):  # noqa: F811
        word, text = rubbish()[kind]
        publish()
        if text is None:
            redis.ask("RPUSH", KEY, "a", "b")
        else:
            redis.ask("SET", KEY, text)
        [sender] = farm(redis.url())
        sender.resolver.expect_log(f"^warning shared-value-{word} .*example.test")
        assert sender.connected().ask_quickly()["mode"] == "enforce"
        assert sender.metric(f'refused_total{{error="shared-value-{word}"}}') == 1
        assert hosts.fetched == ["example.test"]
        assert redis.ask("GET", KEY).startswith(b"mta-sts 2 1 ")
        assert sender.metric("connected") == 1

    def test_a_policy_of_another_id_is_none(self, farm, redis, publish, hosts):  # noqa: F811
        publish()
        redis.ask("SET", KEY, value_of(NONE, record_id="2"))
        [sender] = farm(redis.url())
        assert sender.connected().ask()["mode"] == "enforce"
        assert hosts.fetched == ["example.test"]

    def test_what_is_older_than_the_known_policy_is_not_used(self, farm, redis, publish, names):  # noqa: F811
        publish()
        [sender] = farm(redis.url(), "--txt-ttl-least", "1", "--txt-ttl-most", "1")
        assert sender.connected().ask()["mode"] == "enforce"
        redis.ask("SET", KEY, value_of(NONE, age=60, record_id="0"))
        names.set_record("example.test", "v=STSv1; id=0;")  # whoever forges the record of former times
        sender.resolver.wait_until(lambda: sender.ask()["id"] == "0", "the other id")
        assert sender.ask()["mode"] == "enforce"


class TestWhoeverElseMayWrite:
    def test_is_believed_where_the_hosts_have_no_secret(self, farm, redis, publish, hosts):  # noqa: F811
        publish()
        body = NONE.encode()
        redis.ask("SET", KEY, b"mta-sts 1 1 %d - %d\n%s" % (time.time(), len(body), body))
        [sender] = farm(redis.url(), secret=None)
        assert sender.connected().ask()["mode"] == "none"  # which is why that is told at the start
        assert hosts.fetched == []

    def test_hosts_without_the_same_secret_fetch_for_themselves(self, farm, redis, publish, hosts, folder):  # noqa: F811
        publish()
        other = write_secret(folder / "other", SECRET[::-1])
        senders = [farm(redis.url(), secret=secret)[0].connected() for secret in (folder / "secret", other, None)]
        for sender in senders[1:]:
            sender.resolver.expect_log("^warning shared-value-unauthentic .*example.test")
        assert [sender.ask_quickly()["mode"] for sender in senders] == ["enforce"] * 3
        assert hosts.fetched == ["example.test"] * 3
        shown = "".join(sender.resolver.log() for sender in senders)
        assert SECRET.decode() not in shown and SECRET.hex() not in shown

    def test_a_former_value_is_fetched_anew(self, farm, redis, publish, hosts):  # noqa: F811
        publish()
        redis.ask("SET", KEY, value_of(NONE, age=50 * HOUR))
        [sender] = farm(redis.url())
        assert sender.connected().ask_quickly()["mode"] == "enforce"
        assert hosts.fetched == ["example.test"]
        assert (sender.metric("overdue_total"), sender.metric("overdue_used_total")) == (1, 0)
        assert b"enforce" in redis.ask("GET", KEY)

    def test_a_former_value_is_better_than_none(self, farm, redis, publish, hosts):  # noqa: F811
        publish()
        del hosts.answers["example.test"]
        redis.ask("SET", KEY, value_of(policy_text(), age=50 * HOUR))
        [sender] = farm(redis.url())
        sender.resolver.expect_log("^info started|http-status")  # of a refresh, where the test lasts until then
        assert sender.connected().ask_quickly()["mode"] == "enforce"
        assert sender.metric("overdue_used_total") >= 1

    def test_a_former_value_does_while_the_policy_host_is_silent(self, farm, redis, publish, hosts):  # noqa: F811
        publish()
        redis.ask("SET", KEY, value_of(policy_text(mode="testing"), age=50 * HOUR))
        [sender] = farm(redis.url())
        sender.connected()
        hosts.gate.clear()
        try:
            assert sender.ask()["mode"] == "testing"
            assert sender.metric("overdue_used_total") == 1
        finally:
            hosts.gate.set()
        sender.resolver.wait_until(lambda: sender.ask()["mode"] == "enforce", "the policy that was fetched late")


class TestTheServerInTrouble:
    def test_killed_and_started_again(self, farm, redis, publish, hosts):  # noqa: F811
        for domain in ("example.test", "second.test", "third.test"):
            publish(domain)
        one, other = (sender.connected() for sender in farm(redis.url(), count=2))
        for sender in (one, other):
            sender.resolver.expect_log("^warning shared-cache-unreachable ")
        redis.kill()
        assert [sender.ask_quickly()["mode"] for sender in (one, other)] == ["enforce", "enforce"]
        assert hosts.fetched == ["example.test"] * 2
        one.wait_for_metric("connected", 0)
        assert one.ask_quickly("second.test")["mode"] == "enforce"
        assert one.metric("unasked_total") >= 1
        redis.start()
        for sender in (one, other):
            sender.connected()
            assert "shared-cache-works" in sender.resolver.log()
        assert [sender.ask_quickly("third.test")["mode"] for sender in (one, other)] == ["enforce", "enforce"]
        assert hosts.fetched.count("third.test") == 1

    def test_not_there_at_the_start(self, farm, serve, publish):  # noqa: F811
        publish()
        redis = serve()
        redis.kill()
        [sender] = farm(redis.url())
        sender.resolver.expect_log("^warning shared-cache-unreachable ")
        assert sender.ask_quickly()["mode"] == "enforce"
        redis.start()
        sender.connected()

    def test_stopped_it_costs_a_moment_once(self, farm, redis, publish, hosts):  # noqa: F811
        domains = [f"d{number}.test" for number in range(20)]
        for domain in domains:
            publish(domain)
        [sender] = farm(redis.url())
        sender.connected().resolver.expect_log("^warning shared-cache-silent ")
        with redis.stopped():
            begun = time.monotonic()
            clients = [Client(sender.resolver.socket_path) for _ in domains]
            for client, domain in zip(clients, domains, strict=True):
                client.send(f"verdict {domain}\n".encode())
            answers = [words_of(client.line()) for client in clients]
            assert time.monotonic() - begun < QUICK_SECONDS
            assert {answer["mode"] for answer in answers} == {"enforce"}
            sender.wait_for_metric("connected", 0)
            publish()
            assert sender.ask_quickly()["mode"] == "enforce"
            assert sender.error("silent") >= 1 and sender.metric("unasked_total") >= 1
            for client in clients:
                client.socket.close()
        sender.connected()
        assert len(hosts.fetched) == 21

    def test_a_replica_is_promoted_behind_a_name(self, farm, serve, redis, publish, hosts, names):  # noqa: F811
        publish()
        publish("second.test")
        names.replies["cache.test", A] = Reply(records=[bytes([127, 0, 0, 1])])
        replica = serve("--replicaof", "127.0.0.1", redis.port, address="127.0.0.2", port=redis.port)
        replica.wait_until(lambda: b"master_link_status:up" in replica.ask("INFO", "replication"), "the replica")
        senders = [sender.connected() for sender in farm(f"redis://cache.test:{redis.port}", count=3)]
        for sender in senders:
            sender.resolver.expect_log("^warning shared-cache-unreachable ")
        assert senders[0].ask()["mode"] == "enforce"
        replica.wait_until(lambda: replica.ask("EXISTS", KEY) == 1, "the policy at the replica")
        redis.kill()
        replica.ask("REPLICAOF", "NO", "ONE")
        names.replies["cache.test", A] = Reply(records=[bytes([127, 0, 0, 2])])
        for sender in senders:
            sender.resolver.wait_until(lambda one=sender: "shared-cache-works" in one.resolver.log().split("unreachable")[-1], "it to follow")
            sender.connected()
        assert [sender.ask_quickly()["mode"] for sender in senders] == ["enforce"] * 3
        assert hosts.fetched == ["example.test"]
        assert [sender.ask_quickly("second.test")["mode"] for sender in senders] == ["enforce"] * 3
        assert hosts.fetched == ["example.test", "second.test"]

    def test_one_that_became_a_replica_is_left(self, farm, serve, redis, publish, names):  # noqa: F811
        publish()
        publish("second.test")
        names.replies["cache.test", A] = Reply(records=[bytes([127, 0, 0, 1])])
        promoted = serve(address="127.0.0.2", port=redis.port)
        [sender] = farm(f"redis://cache.test:{redis.port}")
        sender.connected().resolver.expect_log("^warning shared-cache-refused .*READONLY")
        redis.ask("REPLICAOF", "127.0.0.2", redis.port)
        names.replies["cache.test", A] = Reply(records=[bytes([127, 0, 0, 2])])
        assert sender.ask_quickly()["mode"] == "enforce"
        sender.resolver.wait_for_log("shared-cache-works", 2)
        assert sender.ask_quickly("second.test")["mode"] == "enforce"
        promoted.wait_until(lambda: promoted.ask("EXISTS", "mta-sts:1:policy:second.test") == 1, "the policy there")

    def test_without_memory(self, farm, redis, publish):  # noqa: F811
        publish()
        [sender] = farm(redis.url())
        sender.connected().resolver.expect_log("^warning shared-cache-refused .*OOM")
        redis.ask("CONFIG", "SET", "maxmemory", "1")
        assert sender.ask_quickly()["mode"] == "enforce"
        assert sender.error("refused") >= 1 and sender.metric("connected") == 1
        assert sender.metric("waits_total") == 0

    @pytest.mark.parametrize("kind", ["nothing", "http", "array", "giant"])
    def test_something_else_answers_there(self, farm, publish, kind):  # noqa: F811
        said = {"nothing": b"", "http": b"HTTP/1.1 400 Bad Request\r\n\r\n", "array": b"*4294967295\r\n",
                "giant": b"$536870912\r\n" + b"x" * 200_000}[kind]  # fmt: skip
        publish()
        with socket.create_server(("127.0.0.1", 0)) as door:
            clients = []

            def talk():
                while True:
                    try:
                        client, _ = door.accept()
                        clients.append(client)
                        client.sendall(said)
                    except ConnectionError:
                        continue
                    except OSError:
                        return

            thread = threading.Thread(target=talk)
            thread.start()
            try:
                [sender] = farm(f"redis://127.0.0.1:{door.getsockname()[1]}")
                word = "garbled" if said else "silent"
                sender.resolver.expect_log(f"^warning shared-cache-{word} ")
                sender.resolver.wait_until(lambda: sender.error(word) >= 2, "two tries")
                assert sender.ask_quickly()["mode"] == "enforce"
                assert sender.metric("connected") == 0
            finally:
                door.shutdown(socket.SHUT_RDWR)
                thread.join()
                for client in clients:
                    client.close()


class TestConnections:
    def test_unix_socket_and_database(self, farm, redis, publish):  # noqa: F811
        publish()
        [sender] = farm(f"unix://{redis.path}?db=3")
        assert sender.connected().ask()["mode"] == "enforce"
        assert (redis.ask("DBSIZE"), redis.ask("EXISTS", KEY, database=3)) == (0, 1)

    def test_password_and_user(self, farm, serve, publish, folder):  # noqa: F811
        publish()
        acl = ("--user", *"sts on >p@ss:word ~mta-sts:* resetchannels -@all +getrange +set +del +ping +select".split())
        redis = serve("--requirepass", "admin-word", *acl, before=[("AUTH", "admin-word")])
        good, wrong = folder / "good", folder / "wrong"
        good.write_text("p@ss:word\nsecond line\n")
        wrong.write_text("other-word\n")
        for path in (good, wrong):
            path.chmod(0o644)
        place = f"127.0.0.1:{redis.port}/1"
        [refused] = farm(f"redis://sts:@{place}", "--shared-cache-password-file", wrong)
        refused.resolver.expect_log("^warning shared-cache-refused .*WRONGPASS")
        [asked] = farm(f"redis://{place}")
        asked.resolver.expect_log("^warning shared-cache-refused .*NOAUTH")
        for sender in (refused, asked):
            sender.resolver.wait_until(lambda one=sender: one.error("refused") >= 1, "the refusal")
            assert sender.ask_quickly()["mode"] == "enforce"
        assert redis.ask("DBSIZE", database=1) == 0
        [written] = farm(f"redis://sts:p%40ss%3Aword@{place}")
        [read] = farm(f"redis://sts:@{place}", "--shared-cache-password-file", good)
        assert [sender.connected().ask()["source"] for sender in (written, read)] == ["fetch", "cache"]
        shown = read.page + read.resolver.log() + Path(f"/proc/{read.resolver.process.pid}/cmdline").read_text()
        assert "p@ss" not in shown and "p%40ss" not in shown
        assert "p%40ss" not in written.resolver.log() and "other-word" not in refused.resolver.log()

    def test_tls(self, farm, serve, publish, names, folder):  # noqa: F811
        publish()
        publish("second.test")
        keys = folder / "keys"
        keys.mkdir()
        keys.chmod(0o755)
        certificate = tls.make_certificate(keys, "cache.test")
        client_key, client_chain = keys / "client.key", keys / "client.pem"
        (keys / "client.ext").write_text("extendedKeyUsage=clientAuth\n")
        tls.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", client_key,
                    "-out", keys / "client.csr", "-subj", "/CN=sender")  # fmt: skip
        tls.openssl("x509", "-req", "-in", keys / "client.csr", "-CA", certificate.authority, "-CAkey", keys / "ca.key",
                    "-CAcreateserial", "-days", 2, "-extfile", keys / "client.ext", "-out", client_chain)  # fmt: skip
        for path in keys.iterdir():
            path.chmod(0o644)
        names.replies["cache.test", A] = names.replies["other.test", A] = Reply(records=[bytes([127, 0, 0, 1])])
        port = free_port()
        options = ("--tls-port", port, "--tls-cert-file", certificate.chain, "--tls-key-file", certificate.key,
                   "--tls-ca-cert-file", certificate.authority)  # fmt: skip
        roots = ("--shared-cache-ca", certificate.authority)
        redis = serve(*options)  # which asks its clients for a certificate where nobody says otherwise
        shown = ("--shared-cache-certificate", client_chain, "--shared-cache-key", client_key)
        [known] = farm(f"rediss://cache.test:{port}", *roots, *shown)
        [nameless] = farm(f"rediss://cache.test:{port}", *roots)
        [misnamed] = farm(f"rediss://other.test:{port}", *roots, *shown)
        [distrusting] = farm(f"rediss://cache.test:{port}", *shown)
        [plain] = farm(f"rediss://127.0.0.1:{redis.port}", *roots)
        assert known.connected().ask()["mode"] == "enforce"
        assert redis.ask("EXISTS", KEY) == 1
        for sender in (nameless, misnamed, distrusting, plain):
            # A client without a certificate learns of it behind the handshake (TLS 1.3), where a reset may overtake the alert.
            word = {nameless: "(tls|unreachable)", plain: "(tls|unreachable|silent)"}.get(sender, "tls")
            sender.resolver.expect_log(f"^warning shared-cache-{word} ")
            sender.resolver.wait_for_log(f"^warning shared-cache-{word} ")
            assert sender.ask_quickly()["mode"] == "enforce"
            assert sender.metric("hits_total") == 0

    @pytest.mark.parametrize("options", [
        ("--shared-cache", "redis://secret@cache.test"), ("--shared-cache", "http://:secret@cache.test"),
        ("--shared-cache", "redis://:secret@cache.test/x"), ("--shared-cache-ca", "/secret"),
        ("--shared-cache", "redis://cache.test", "--shared-cache-ca", "/secret"),
        ("--shared-cache", "rediss://cache.test", "--shared-cache-key", "/secret"),
        ("--shared-cache", "redis://:secret@cache.test", "--shared-cache-password-file", "/etc/hostname"),
        ("--shared-cache-secret-file", "/secret"),
    ])  # fmt: skip
    def test_wrong_options_are_told_without_the_password(self, options):
        done = command("resolver", "--config", "/dev/null", *options)
        assert done.returncode == 2
        assert "shared-cache-wrong" in done.stderr and "secret" not in done.stderr

    @pytest.mark.parametrize("options", [
        ("redis://cache.test", "--shared-cache-password-file", "/nowhere"),
        ("redis://cache.test", "--shared-cache-secret-file", "/nowhere"),
        ("rediss://cache.test", "--shared-cache-ca", "/nowhere"),
        ("rediss://cache.test", "--shared-cache-certificate", "/nowhere", "--shared-cache-key", "/nowhere"),
    ])  # fmt: skip
    def test_files_that_cannot_be_read_are_told_at_the_start(self, options):
        resolver = Resolver(options=("--shared-cache", *options))
        process = resolver.spawn()
        assert process.wait(DEADLINE_SECONDS) == 2
        assert "shared-cache-unusable" in resolver.log() and "/nowhere" in resolver.log()
        resolver.end_now()

    @pytest.mark.parametrize(("bytes_of_it", "mode", "word"), [(31, 0o600, "less than 32 bytes"), (32, 0o644, "file-exposed"),
                                                               (32, 0o620, "file-exposed"), (5000, 0o600, "file-too-large")])  # fmt: skip
    def test_a_secret_that_is_none_is_refused_at_the_start(self, folder, bytes_of_it, mode, word):  # noqa: F811
        path = write_secret(folder / "secret", b"k" * bytes_of_it, mode)
        resolver = Resolver(options=("--shared-cache", "redis://127.0.0.1", "--shared-cache-secret-file", path))
        assert resolver.spawn().wait(DEADLINE_SECONDS) == 2
        assert "shared-cache-unusable" in resolver.log() and word in resolver.log()
        assert "kkkk" not in resolver.log()
        resolver.end_now()


def test_the_guide_for_farms_works_as_it_stands(serve, start, publish, folder):  # noqa: F811
    publish()
    """Its settings and the form of its secret; scripts/guides follows its commands, with TLS."""
    text = (Path(__file__).parents[2] / "docs/farm.md").read_text()
    [settings] = re.findall(r"<<SETTINGS\n(.*?)^SETTINGS$", text, re.MULTILINE | re.DOTALL)
    [options] = re.findall(r"^```\n(shared-cache = .*?)^metrics", text, re.MULTILINE | re.DOTALL)
    settings = settings.replace("$(cat cache-password)", "PASSWORD").replace("$(cat admin-password)", "ADMIN-PASSWORD")
    words = [shlex.split(line, comments=True) for line in settings.splitlines() if not re.match("bind |port |tls-", line)]
    redis = serve(*(word for line in words if line for word in ("--" + line[0], *line[1:])), before=[("AUTH", "admin", "ADMIN-PASSWORD")])
    [secret_command] = re.findall(r"^openssl rand .*?(?= \|)", text, re.MULTILINE)
    write_secret(folder / "shared-cache-secret", subprocess.run(secret_command.split(), capture_output=True, check=True).stdout)
    write_secret(folder / "shared-cache-password", b"PASSWORD\n")
    given = [word for line in options.splitlines() for word in re.fullmatch(r"(\S+) = (\S+)", line).groups()]
    given = [f"--{word}" if at % 2 == 0 else word.replace("/etc/mta-sts", str(folder)) for at, word in enumerate(given)]
    given[1] = given[1].replace("rediss://", "redis://").replace("cache.example.com:6380", f"127.0.0.1:{redis.port}")
    senders = [Sender(start, *given).connected() for _ in range(2)]
    assert [sender.ask()["source"] for sender in senders] == ["fetch", "cache"]
    assert redis.ask("KEYS", "mta-sts:1:policy:*") == [KEY.encode()]
    assert sum(sender.error("refused") for sender in senders) == 0


def test_without_a_shared_cache_there_are_no_metrics_of_one(start, publish):  # noqa: F811
    publish()
    sender = Sender(start)
    assert sender.ask()["mode"] == "enforce"
    assert sender.metric("connected") == -1 and "shared_cache" not in sender.page
