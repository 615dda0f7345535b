"""The server of the shared cache: what it does wrong holds up no verdict, and how resolvers connect to it."""

import socket
import threading
import time
from pathlib import Path

import pytest
import tls
from peers import A, Reply
from redis_server import needed
from resolver import Client, Resolver, command, words_of
from server import DEADLINE_SECONDS
from shared_cache import KEY, QUICK_SECONDS, farm, redis, secret_file, serve, write_secret  # noqa: F401
from world import folder, free_port, hosts, names, policy_certificate, publish, start  # noqa: F401

pytestmark = needed


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
