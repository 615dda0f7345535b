"""Several resolvers that share a cache in a real redis-server: one fetch for all of them, and no value that is believed unseen."""

import concurrent.futures
import contextlib
import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest
from peers import policy_text
from redis_server import needed
from resolver import Client, command, words_of
from shared_cache import CLAIM, KEY, NONE, QUICK_SECONDS, SECRET, Sender, farm, redis, seal, secret_file, serve, value_of, write_secret  # noqa: F401
from world import folder, hosts, names, policy_certificate, publish, start  # noqa: F401

pytestmark = needed

HOUR = 3600


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
        alone = sum(sender.fetched_alone() for sender in senders)
        assert set(hosts.fetched) == set(domains) and len(hosts.fetched) <= len(domains) + alone
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
        assert 2 <= len(hosts.fetched) <= 2 + one.fetched_alone() + other.fetched_alone()

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


def test_the_guide_for_farms_works_as_it_stands(serve, start, publish, folder):  # noqa: F811
    """Its settings and the form of its secret; scripts/guides follows its commands, with TLS."""
    publish()
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
