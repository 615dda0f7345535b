"""What hangs, is far away or fails for ever costs no mail: a real resolver against hosts and name servers like that."""

import urllib.request

from peers import SERVFAIL, TXT, Reply
from resolver import Client, words_of
from world import folder, free_port, hosts, names, policy_certificate, publish, start  # noqa: F401

QUICK_TXT = ("--txt-ttl-least", 1, "--txt-ttl-most", 1)


class TestHangingPolicyHost:
    def test_mail_goes_without_a_policy_at_every_attempt_and_the_fetch_goes_on(self, start, publish, hosts):  # R73
        publish()
        hosts.hanging.add("example.test")
        resolver = start("--fetch-patience", 1)
        for _ in range(2):
            answer = resolver.ask("example.test")
            assert (answer["mode"], answer["reason"]) == ("none", "fetch-slow")
        assert resolver.admin("explain example.test")["in_progress"]
        hosts.released.set()
        resolver.wait_until(lambda: resolver.ask("example.test")["mode"] == "enforce", "the fetch to end")
        assert hosts.fetched == ["example.test"]

    def test_the_failure_is_known_after_a_restart(self, start, publish, hosts, folder):
        publish()
        hosts.hanging.add("example.test")
        resolver = start("--timeout", 1, folder=folder)
        resolver.expect_log("^warning timeout ")
        assert resolver.ask("example.test")["reason"] == "timeout"
        resolver.stop()
        again = start("--timeout", 1, folder=folder)
        again.expect_log("^warning timeout ")
        answer = again.ask("example.test")
        assert (answer["mode"], answer["reason"]) == ("none", "timeout")
        assert hosts.fetched == ["example.test"]
        explanation = again.admin("explain example.test")
        assert explanation["next_try"] and explanation["verdict"]["reason"] == "timeout"
        assert [failure["tlsrpt"] for failure in explanation["failures"]] == ["sts-policy-fetch-error"]

    def test_the_new_version_of_a_live_policy_is_not_waited_for(self, start, publish, hosts):  # R74
        publish()
        resolver = start(*QUICK_TXT, "--fetch-patience", 1)
        assert resolver.ask("example.test")["mode"] == "enforce"
        hosts.hanging.add("example.test")
        publish(version="2", mode="testing")
        resolver.wait_until(
            lambda: resolver.ask("example.test")["mode"] == "enforce" and len(hosts.fetched) == 2, "the new id"
        )
        hosts.released.set()
        resolver.wait_until(lambda: resolver.ask("example.test")["mode"] == "testing", "the new policy")

    def test_four_of_them_do_not_block_a_healthy_domain_at_their_address(self, start, publish, hosts):
        for name in ("d0.test", "d1.test", "d2.test", "d3.test", "example.test"):
            publish(name)
        hosts.hanging.update({"d0.test", "d1.test", "d2.test", "d3.test"})
        resolver = start("--fetch-patience", 60)
        with Client(resolver.socket_path) as client:
            client.send(b"".join(b"verdict d%d.test\n" % n for n in range(4)))
            resolver.wait_until(lambda: len(hosts.fetched) == 4, "four slow fetches")
            assert resolver.ask("example.test")["mode"] == "enforce"
            hosts.released.set()
            assert [words_of(client.line())["mode"] for _ in range(4)] == ["enforce"] * 4

    def test_forty_of_them_do_not_block_new_domains(self, start, publish, hosts):
        slow = [f"d{n}.test" for n in range(40)]
        for name in [*slow, "example.test", "second.test"]:
            publish(name)
        hosts.hanging.update(slow)
        resolver = start("--max-fetches", 8, "--max-fetches-per-address", 8, "--fetch-patience", 60)
        clients = [Client(resolver.socket_path) for _ in slow]
        try:
            for client, name in zip(clients, slow, strict=True):
                client.send(f"verdict {name}\n".encode())
            resolver.wait_until(lambda: len(hosts.fetched) >= 8, "slow fetches")
            for name in ("example.test", "second.test"):
                assert resolver.ask(name)["mode"] == "enforce"
        finally:
            hosts.released.set()
            for client in clients:
                client.socket.close()
        resolver.expect_log("^(warning|info) ")  # the oldest may have been given up


class TestFailingDns:
    def test_a_live_policy_is_served_while_dns_is_silent(self, start, publish, names):  # R74
        publish()
        resolver = start(*QUICK_TXT, "--dns-timeout", 600)
        assert resolver.ask("example.test")["mode"] == "enforce"
        names.replies["_mta-sts.example.test", TXT] = Reply(silent=True)
        asked = names.count("_mta-sts.example.test", TXT)
        resolver.wait_until(
            lambda: resolver.ask("example.test")["source"] == "cache"
            and names.count("_mta-sts.example.test", TXT) > asked,
            "the silence",
        )
        assert resolver.ask("example.test")["mode"] == "enforce"

    def test_a_record_that_fails_for_ever_counts_as_none(self, start, publish, names, folder):
        names.fail_record("example.test", SERVFAIL)
        options = ("--dns-failure-limit", 2, "--txt-failure-ttl", 1)
        resolver = start(*options, folder=folder)
        assert resolver.ask("example.test")["mode"] == "temp"
        resolver.wait_until(lambda: resolver.ask("example.test")["mode"] == "none", "the limit")
        assert resolver.ask("example.test")["reason"] == "dns-failure-limit"
        resolver.stop()
        again = start(*options, folder=folder)
        assert again.ask("example.test")["reason"] == "dns-failure-limit"
        publish()
        again.wait_until(lambda: again.ask("example.test")["mode"] == "enforce", "the record")

    def test_never_for_a_domain_that_had_a_record(self, start, publish, names, folder):
        publish(max_age=1)
        options = ("--dns-failure-limit", 1, "--txt-failure-ttl", 1, *QUICK_TXT)
        resolver = start(*options, folder=folder)
        assert resolver.ask("example.test")["mode"] == "enforce"
        names.fail_record("example.test", SERVFAIL)
        resolver.expect_log("^info ")
        resolver.wait_until(lambda: resolver.ask("example.test")["mode"] == "temp", "the policy's end")
        resolver.stop()
        again = start(*options, folder=folder)
        asked = names.count("_mta-sts.example.test", TXT)
        again.wait_until(
            lambda: again.ask("example.test")["mode"] == "temp"
            and names.count("_mta-sts.example.test", TXT) >= asked + 3,
            "three more failures",
        )


class TestMetrics:
    def test_tell_verdicts_by_mode_source_and_reason_and_the_time_of_fetches(self, start, publish, names, hosts):
        publish()
        publish("second.test")
        hosts.answers["second.test"] = b""
        port = free_port()
        resolver = start("--metrics", f"127.0.0.1:{port}")
        resolver.expect_log("^warning ")
        for name in ("example.test", "example.test", "second.test", "third.test"):
            resolver.ask(name)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        for line in (
            'mta_sts_verdicts_total{mode="enforce",source="fetch",reason=""} 1',
            'mta_sts_verdicts_total{mode="enforce",source="cache",reason=""} 1',
            'mta_sts_verdicts_total{mode="none",source="none",reason="txt-none"} 1',
            'mta_sts_fetch_results_total{result="ok"} 1',
            "# TYPE mta_sts_fetch_seconds histogram",
            'mta_sts_fetch_seconds_bucket{le="+Inf"} 2',
            "mta_sts_fetch_seconds_count 2",
            "mta_sts_failing_policies 0",
        ):
            assert line in lines, line
        assert "mta_sts_days_to_expiry 6" in lines or "mta_sts_days_to_expiry 7" in lines
        assert any(line.startswith("mta_sts_oldest_policy_seconds ") for line in lines)
        assert resolver.admin("explain example.test")["peer"] == "127.0.0.1"
