"""The resolver's verdicts: a real process against a scripted name server and policy hosts."""

import json
import os
import pwd
import re
import shutil
import signal
import sqlite3
import threading
from contextlib import closing

import pytest
from peers import SERVFAIL, TXT, A, Reply, http, policy_text
from resolver import Client, Resolver, words_of
from world import folder, hosts, names, policy_certificate, publish, start  # noqa: F401


def has_user(name: str) -> bool:
    try:
        return pwd.getpwnam(name) is not None
    except KeyError:
        return False


class TestVerdict:
    def test_asks_once_and_answers_from_memory_then(self, start, publish, names, hosts):
        publish(mx=("mail.example.net", "*.example.org"))
        resolver = start()
        first = resolver.ask("example.test")
        assert (first["mode"], first["id"], first["source"]) == ("enforce", "1", "fetch")
        assert first["mx"] == "mail.example.net *.example.org"
        assert first["ignore"] == r"! ^mail[.]example[.]net$ ; ! ^[^.]+[.]example[.]org$ ; *"
        second = resolver.ask("EXAMPLE.test.")
        assert (second["mode"], second["source"]) == ("enforce", "cache")
        assert hosts.fetched == ["example.test"]
        assert names.count("_mta-sts.example.test", TXT) == 1

    @pytest.mark.parametrize("mode", ["testing", "none"])
    def test_gives_the_other_modes(self, start, publish, mode):
        publish(mode=mode)
        assert start().ask("example.test")["mode"] == mode

    def test_a_domain_without_record_has_no_policy(self, start, hosts):
        assert start().ask("example.test")["mode"] == "none"
        assert hosts.fetched == []

    def test_u_labels_are_the_same_domain_as_their_a_labels(self, start, publish, hosts):
        publish("xn--mnchen-3ya.test")
        resolver = start()
        assert resolver.ask("münchen.test")["mode"] == "enforce"
        assert resolver.ask("xn--mnchen-3ya.test")["source"] == "cache"

    def test_two_records_count_as_none(self, start, publish, names):  # R5
        publish()
        names.set_record("example.test", "v=STSv1; id=1;", "v=STSv1; id=2;")
        assert start().ask("example.test")["mode"] == "none"

    def test_a_subdomain_does_not_have_its_parents_policy(self, start, publish, names, hosts):  # R79
        publish()
        resolver = start()
        assert resolver.ask("example.test")["mode"] == "enforce"
        asked, fetched = len(names.asked), len(hosts.fetched)
        assert resolver.ask("sub.example.test")["mode"] == "none"
        assert (names.asked[asked:], hosts.fetched[fetched:]) == ([("_mta-sts.sub.example.test", TXT)], [])

    def test_a_domain_delegates_with_cnames(self, start, publish, names, hosts):  # R60
        publish("second.test")  # the provider's own
        names.aliases["_mta-sts.example.test"] = "_mta-sts.second.test"
        names.aliases["mta-sts.example.test"] = "mta-sts.second.test"
        hosts.answers["example.test"] = http(policy_text(mx=("mail.second.test",)))
        answer = start().ask("example.test")
        assert (answer["mode"], answer["id"], answer["mx"]) == ("enforce", "1", "mail.second.test")
        assert hosts.fetched == ["example.test"]  # the Policy Host's name is the customer's, in the request too
        assert ("mta-sts.second.test", A) not in names.asked

    def test_text_that_is_no_domain_defers(self, start):
        assert start().ask("a..b")["mode"] in ("none", "temp")


class TestOneForMany:
    def test_one_lookup_and_one_fetch_serve_all_who_ask(self, start, publish, names, hosts):
        publish()
        resolver = start()
        hosts.gate.clear()
        clients = [Client(resolver.socket_path) for _ in range(50)]
        for client in clients:
            client.send(b"verdict example.test\n")
        resolver.wait_until(lambda: hosts.fetched, "the fetch")
        late = Client(resolver.socket_path)
        late.send(b"verdict example.test\n")
        hosts.gate.set()
        assert {words_of(client.line())["mode"] for client in [*clients, late]} == {"enforce"}
        assert hosts.fetched == ["example.test"]
        assert names.count("_mta-sts.example.test", TXT) == 1
        for client in [*clients, late]:
            client.socket.close()

    def test_a_client_that_leaves_does_not_stop_the_fetch(self, start, publish, hosts):
        publish()
        resolver = start()
        hosts.gate.clear()
        with Client(resolver.socket_path) as client:
            client.send(b"verdict example.test\n")
            resolver.wait_until(lambda: hosts.fetched, "the fetch")
        hosts.gate.set()
        assert resolver.ask("example.test")["mode"] == "enforce"
        assert hosts.fetched == ["example.test"]


class TestCache:
    def test_outlives_a_restart(self, start, publish, hosts, folder):
        publish()
        resolver = start(folder=folder)
        assert resolver.ask("example.test")["source"] == "fetch"
        resolver.stop()
        hosts.answers.clear()
        again = start(folder=folder)
        answer = again.ask("example.test")
        assert (answer["mode"], answer["source"]) == ("enforce", "cache")
        assert hosts.fetched == ["example.test"]

    def test_outlives_a_kill(self, start, publish, hosts, folder):
        publish()
        resolver = start(folder=folder)
        resolver.ask("example.test")
        resolver.kill()
        hosts.answers.clear()
        resolver.process = resolver.spawn()  # over the socket file that the dead process left
        resolver.wait_until(resolver.is_ready, "the resolver to answer again")
        answer = resolver.ask("example.test")
        assert (answer["mode"], answer["source"]) == ("enforce", "cache")

    @pytest.mark.parametrize(
        "damage",
        [b"", b"no database at all" * 100, b"\0" * 8192, b"SQLite format 3\0" + b"\xff" * 4080],
        ids=["emptied", "text", "zeros", "header-only"],
    )
    def test_a_damaged_file_is_moved_aside_and_the_service_goes_on(self, start, publish, hosts, folder, damage):
        publish()
        resolver = start(folder=folder)
        resolver.ask("example.test")
        resolver.stop()
        for more in ("-wal", "-shm"):
            (folder / f"cache.sqlite{more}").unlink(missing_ok=True)
        resolver.cache_path.write_bytes(damage)
        again = start(folder=folder)
        if damage:
            again.expect_log("^error cache-damaged ")
            resolver.expect_log("^error cache-damaged ")
        assert again.ask("example.test")["mode"] == "enforce"
        assert hosts.fetched == ["example.test"] * 2

    def test_a_row_that_someone_changed_is_not_believed(self, start, publish, hosts, folder):
        publish()
        resolver = start(folder=folder)
        resolver.ask("example.test")
        resolver.stop()
        with closing(sqlite3.connect(resolver.cache_path)) as database, database:
            table = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchone()[0]
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            assert "body" in columns
            database.execute(f"UPDATE {table} SET body = replace(body, 'enforce', 'none')")
        again = start(folder=folder)
        again.expect_log("^(warning|error) cache-")
        resolver.expect_log("^(warning|error) cache-")
        assert again.ask("example.test")["mode"] == "enforce"
        assert hosts.fetched == ["example.test"] * 2

    def test_a_place_that_cannot_be_written_stops_the_start(self, start):
        resolver = Resolver()
        resolver.words[resolver.words.index("--cache") + 1] = "/proc/none/cache.sqlite"
        process = resolver.spawn()
        assert process.wait(20) == 2
        assert "cache-unusable" in resolver.log()
        resolver.end_now()

    def test_the_file_is_for_its_owner_alone(self, start, publish):
        publish()
        resolver = start()
        resolver.ask("example.test")
        assert resolver.cache_path.stat().st_mode & 0o777 == 0o600


BROKEN = {
    "405": http("not so", "405 Method Not Allowed"),
    "404": http("nothing", "404 Not Found"),
    "500": http("trouble", "500 Internal Server Error"),
    "redirect": http("", "301 Moved Permanently", more="Location: https://mta-sts.second.test/\r\n"),
    "html": http("<html>hello</html>", kind="text/html"),
    "html-as-text": http("<html>hello</html>"),
    "no-type": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
    "large": http(policy_text() + "x: " + "a" * 70000 + "\r\n"),
    "truncated": http(policy_text()).replace(b"Content-Length: ", b"Content-Length: 9"),
    "no-http": b"\0\1\2\3 hello\r\n\r\n",
    "empty": b"",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
class TestBrokenPolicyHost:
    def test_there_is_no_policy_where_none_was_known(self, start, publish, hosts, body):
        publish()
        hosts.answers["example.test"] = body
        resolver = start()
        resolver.expect_log("^warning ")
        answer = resolver.ask("example.test")
        assert answer["mode"] == "none" and answer["reason"]

    def test_the_policy_in_force_stays(self, start, publish, names, hosts, body):  # R72
        publish()
        resolver = start("--txt-ttl-least", 1, "--txt-ttl-most", 1)
        assert resolver.ask("example.test")["mode"] == "enforce"
        publish(version="2", mode="none")
        hosts.answers["example.test"] = body
        resolver.expect_log("^warning ")
        resolver.wait_until(lambda: resolver.ask("example.test") and len(hosts.fetched) >= 2, "the new id", 20)
        answer = resolver.ask("example.test")
        assert (answer["mode"], answer["id"], answer["source"]) == ("enforce", "1", "cache")


class TestDnsTrouble:
    @pytest.mark.parametrize("code", [SERVFAIL, 5, 1, 4], ids=["servfail", "refused", "formerr", "notimp"])
    def test_a_failed_lookup_defers_where_nothing_is_known(self, start, names, code):  # R15, P6
        names.fail_record("example.test", code)
        answer = start("--dns-timeout", 2).ask("example.test")
        assert answer["mode"] == "temp" and answer["reason"]

    def test_a_silent_name_server_defers_within_its_time(self, start, names):
        names.replies["_mta-sts.example.test", TXT] = Reply(silent=True)
        assert start("--dns-timeout", 1).ask("example.test")["mode"] == "temp"

    def test_a_policy_in_force_is_obeyed_all_the_same(self, start, publish, names):
        publish()
        resolver = start("--txt-ttl-least", 1, "--txt-ttl-most", 1, "--dns-timeout", 1)
        assert resolver.ask("example.test")["mode"] == "enforce"
        asked = names.count("_mta-sts.example.test", TXT)
        names.fail_record("example.test")
        resolver.wait_until(
            lambda: resolver.ask("example.test") and names.count("_mta-sts.example.test", TXT) > asked, "TXT"
        )
        assert resolver.ask("example.test")["mode"] == "enforce"


class TestNewId:
    def test_brings_the_new_policy(self, start, publish, hosts):
        publish()
        resolver = start("--txt-ttl-least", 1, "--txt-ttl-most", 1)
        assert resolver.ask("example.test")["mode"] == "enforce"
        publish(version="2", mode="testing")
        resolver.wait_until(lambda: resolver.ask("example.test")["mode"] == "testing", "the new policy", 20)
        assert hosts.fetched == ["example.test"] * 2


class TestAdmin:
    def test_lists_shows_refreshes_and_purges(self, start, publish, hosts):
        for name in ("second.test", "example.test"):
            publish(name)
        resolver = start()
        resolver.ask("example.test")
        resolver.ask("second.test")
        listed = resolver.admin("cache list")
        assert [entry["domain"] for entry in listed["entries"]] == ["example.test", "second.test"]
        assert listed["next"] is None
        assert [entry["domain"] for entry in resolver.admin("cache list example.test")["entries"]] == ["second.test"]
        shown = resolver.admin("cache show example.test")
        assert shown["policy"]["body"] == policy_text() and shown["policy"]["live"]
        assert shown["record"]["outcome"] == "ok"
        publish(version="2", mode="testing")
        assert resolver.admin("cache refresh example.test")["policy"]["mode"] == "testing"
        assert resolver.admin("cache purge second.test") == {"purged": 1}
        assert resolver.admin("cache purge second.test") == {"purged": 0}
        assert resolver.admin("cache purge *") == {"purged": 1}
        assert resolver.admin("cache list")["entries"] == []
        assert resolver.admin("explain never.test")["policy"] is None
        assert resolver.admin("cache stats")

    def test_answers_questions_during_a_purge_of_all(self, start, publish):
        publish()
        resolver = start()
        assert resolver.ask("example.test")["source"] == "fetch"
        with (
            Client(resolver.socket_path) as before,
            Client(resolver.socket_path) as admin,
            Client(resolver.socket_path) as behind,
        ):
            admin.send(b"".join(b"verdict n%d.test\n" % number for number in range(200)))
            for _ in range(200):
                assert words_of(admin.line())["mode"] == "none"
            for client in (before, behind):
                assert words_of(client.ask("verdict example.test"))["source"] == "cache"
            resolver.process.send_signal(signal.SIGSTOP)  # all requests are there when it goes on
            os.waitid(os.P_PID, resolver.process.pid, os.WSTOPPED | os.WNOWAIT)
            before.send(b"verdict example.test\n")
            admin.send(b"cache purge *\n")
            behind.send(b"verdict example.test\n")
            resolver.process.send_signal(signal.SIGCONT)
            assert [words_of(client.line())["source"] for client in (before, behind)] == ["cache", "cache"]
            assert json.loads(admin.line()) == {"purged": 201}
        assert resolver.ask("example.test")["source"] == "fetch"


class TestSignals:
    def test_term_answers_what_is_under_way_and_takes_no_more(self, start, publish, hosts):
        publish()
        resolver = start()
        hosts.gate.clear()
        idle = Client(resolver.socket_path)
        with Client(resolver.socket_path) as client:
            client.send(b"verdict example.test\n")
            resolver.wait_until(lambda: hosts.fetched, "the fetch")
            resolver.process.send_signal(signal.SIGTERM)
            assert idle.ended()
            resolver.wait_for_log("^info stopping ")
            with pytest.raises(OSError):
                Client(resolver.socket_path)
            hosts.gate.set()
            assert words_of(client.line())["mode"] == "enforce"
            assert client.ended()
        assert resolver.process.wait(20) == 0
        assert not resolver.socket_path.exists()
        idle.socket.close()

    def test_term_answers_who_has_just_come(self, start):
        resolver = start()
        new, half, old = (Client(resolver.socket_path) for _ in range(3))
        with new, half, old:
            assert words_of(old.ask("verdict a.test"))["mode"] == "none"
            half.send(b"verdict ")
            assert resolver.ask("a.test")["mode"] == "none"  # so the others are accepted
            resolver.process.send_signal(signal.SIGTERM)
            assert old.ended()
            new.send(b"verdict a.test\n")
            half.send(b"a.test\n")
            for client in (new, half):
                assert words_of(client.line())["mode"] == "none"
                assert client.ended()
        assert resolver.process.wait(20) == 0

    @pytest.mark.parametrize("more", [["--drain-timeout", "1"], []], ids=["its time is over", "a second signal"])
    def test_term_does_not_wait_for_ever(self, start, publish, hosts, more):
        publish()
        resolver = start(*more)
        hosts.gate.clear()
        with Client(resolver.socket_path) as client:
            client.send(b"verdict example.test\n")
            resolver.wait_until(lambda: hosts.fetched, "the fetch")
            resolver.process.send_signal(signal.SIGTERM)
            if not more:
                resolver.wait_for_log("^info stopping ")
                resolver.process.send_signal(signal.SIGINT)
            assert resolver.process.wait(20) == 0
            assert client.ended()

    def test_hup_reads_configuration_and_ca_file_again(self, start, publish, hosts, certificate):
        publish()
        publish("second.test")
        resolver = start()
        assert resolver.ask("example.test")["mode"] == "enforce"
        authority = (resolver.folder / "ca.pem").read_bytes()
        (resolver.folder / "ca.pem").write_bytes(certificate.authority.read_bytes())
        (resolver.folder / "mta-sts.conf").write_text("log-level = debug\nmax-connections = 7\n")
        resolver.process.send_signal(signal.SIGHUP)
        resolver.wait_for_log("^info reloaded ")
        answer = resolver.ask("second.test")
        resolver.expect_log("^warning cert-untrusted ")
        assert (answer["mode"], answer["reason"]) == ("none", "cert-untrusted")
        (resolver.folder / "ca.pem").write_bytes(authority)
        resolver.process.send_signal(signal.SIGHUP)
        resolver.wait_for_log("^info reloaded ", 2)
        publish("third.test")
        assert resolver.ask("third.test")["mode"] == "enforce"

    def test_hup_during_the_start_waits_for_its_end(self, names):
        resolver = Resolver(names)
        resolver.process = resolver.spawn()
        resolver.wait_until(resolver.cache_path.exists, "the cache, which is there before the socket")
        resolver.process.send_signal(signal.SIGHUP)
        resolver.wait_for_log("^info reloaded ")
        resolver.stop()
        resolver.end_now()

    def test_hup_with_a_wrong_configuration_changes_nothing(self, start):
        resolver = start()
        (resolver.folder / "mta-sts.conf").write_text("\nfrobnicate = 1\n")
        resolver.process.send_signal(signal.SIGHUP)
        resolver.expect_log(r'^error reload-failed config-unknown-key: .*mta-sts.conf:2: "frobnicate"')
        resolver.wait_for_log("reload-failed")
        assert resolver.ask("example.test")["mode"] == "none"

    def test_hup_names_what_waits_for_a_restart(self, start):
        resolver = start()
        (resolver.folder / "mta-sts.conf").write_text("metrics = 127.0.0.1:1\n")
        resolver.process.send_signal(signal.SIGHUP)
        resolver.expect_log("^warning restart-needed ")
        resolver.wait_for_log("restart-needed")


class TestLoad:
    def test_many_domains_at_once(self, start, publish, hosts):
        for n in range(50):
            publish(f"d{n}.test")
        resolver = start()
        found = []

        def work(first):
            with Client(resolver.socket_path) as client:
                client.send(b"".join(b"verdict d%d.test\n" % n for n in range(first, 50, 5)))
                found.extend(words_of(client.line())["mode"] for _ in range(first, 50, 5))

        threads = [threading.Thread(target=work, args=(first,)) for first in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == ["enforce"] * 50
        assert sorted(hosts.fetched) == sorted(f"d{n}.test" for n in range(50))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
class TestRoot:
    @pytest.mark.skipif(has_user("mta-sts"), reason="root becomes that user here")
    def test_root_with_nobody_to_become_answers_and_warns(self):
        resolver = Resolver()
        shutil.chown(resolver.folder, "root", "root")
        resolver.process = resolver.spawn(user=0, group=0)
        try:
            resolver.wait_until(resolver.is_ready, "the resolver to answer")
            assert "warning runs-as-root " in resolver.log()
            assert resolver.ask("192.0.2.1")["reason"] == "domain-is-address"
            resolver.stop()
        finally:
            resolver.end_now()

    def test_root_becomes_the_user_for_good(self, start):
        resolver = Resolver(options=["--user", "nobody"])
        resolver.process = resolver.spawn(user=0, group=0)
        resolver.wait_until(resolver.is_ready, "the resolver to answer")
        status = dict(
            line.split(":\t", 1) for line in open(f"/proc/{resolver.process.pid}/status").read().splitlines() if ":\t" in line
        )  # fmt: skip
        assert status["Uid"].split() == [str(65534)] * 4
        assert status["CapEff"] == status["CapPrm"] == "0" * 16
        assert status["NoNewPrivs"] == "1"
        assert resolver.socket_path.stat().st_mode & 0o777 == 0o660
        resolver.stop()
        resolver.end_now()

    def test_a_user_that_does_not_exist_is_refused(self):
        resolver = Resolver(options=["--user", "no-such-user"])
        process = resolver.spawn(user=0, group=0)
        assert process.wait(20) == 2
        assert "error user-unusable --user no-such-user: there is no such user" in resolver.log()
        resolver.end_now()
