"""This host in trouble, or a peer that would have it look so: a real process with real limits, disks and files."""

import os
import pwd
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading

import pytest
from peers import http, policy_text
from resolver import COMMAND, OTHER_USER, Client, Resolver, run_as_user, words_of
from world import DOMAINS, folder, hosts, names, policy_certificate, publish, start  # noqa: F401

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a disk of its own")


def ask_all(resolver, domains) -> list:
    """Asks for all domains on one connection each, at once."""
    clients = [Client(resolver.socket_path) for _ in domains]
    for client, domain in zip(clients, domains, strict=True):
        client.send(f"verdict {domain}\n".encode())
    answers = [words_of(client.line()) for client in clients]
    for client in clients:
        client.socket.close()
    return answers


def stored_domains(resolver, copy_to) -> set:
    """What a resolver that was killed now would find: read from a copy, since the process has the file's lock."""
    for more in ("", "-wal"):
        source = resolver.cache_path.with_name(resolver.cache_path.name + more)
        if source.exists():
            shutil.copy(source, copy_to / f"copy{more}")
    try:
        with sqlite3.connect(copy_to / "copy") as database:
            return {row[0] for row in database.execute("SELECT domain FROM entry")}
    except sqlite3.DatabaseError:
        return set()
    finally:
        for path in copy_to.glob("copy*"):
            path.unlink()


class TestThePeersDoing:
    def test_a_head_of_any_length_is_a_broken_answer_and_not_our_memory(self, start, publish, hosts):  # noqa: F811
        publish()
        hosts.answers["example.test"] = http(policy_text(), more="X: " + "a" * 120000 + "\r\n")
        resolver = start()
        resolver.expect_log("^warning http-syntax ")
        answers = [resolver.ask("example.test") for _ in range(5)]
        assert {(answer["mode"], answer["reason"]) for answer in answers} == {("none", "http-syntax")}
        assert hosts.fetched == ["example.test"]


    def test_as_many_hosts_as_a_policy_can_name_are_told_now_and_later(self, start, publish, hosts, folder):  # noqa: F811
        head = "version:STSv1\nmode:enforce\nmax_age:604800\n"
        letters = "abcdefghijklmnopqrstuvwxyz"
        named = [letters[i % 26] for i in range((65536 - len(head)) // 5)]
        assert len(named) == 13098
        publish()
        hosts.answers["example.test"] = http(head + "".join(f"mx:{host}\n" for host in named))
        resolver = start(folder=folder)
        for source in ("fetch", "cache"):
            answer = resolver.ask("example.test")
            assert (answer["mode"], answer["source"], answer["mx"].split()) == ("enforce", source, named)
        resolver.stop()
        answer = start(folder=folder).ask("example.test")
        assert (answer["mode"], answer["source"], answer["mx"].split()) == ("enforce", "cache", named)
        assert answer["ignore"].startswith("! ^a$ ; ! ^b$ ; ") and answer["ignore"].endswith("; *")


class TestThisHostsTrouble:
    def test_too_few_descriptors_are_no_domains_failure(self, publish, names, hosts, policy_certificate, folder):  # noqa: F811
        for name in DOMAINS:
            publish(name)
        resolver = Resolver(names, hosts, policy_certificate, (), folder)
        try:
            resolver.process = resolver.spawn(before=["prlimit", "--nofile=40:40"])
            resolver.wait_until(resolver.is_ready, "the resolver to answer")
            with Client(resolver.socket_path) as client:
                for name in DOMAINS:
                    client.send(f"verdict {name}\n".encode())
                modes = [words_of(client.line())["mode"] for _ in DOMAINS]
            assert set(modes) <= {"enforce", "temp"}
            assert modes.count("enforce") > len(DOMAINS) / 2
        finally:
            resolver.end_now()

    def test_no_variable_makes_it_write_down_keys(self, publish, names, hosts, policy_certificate, folder):  # noqa: F811
        publish()
        keys = folder / "keys"
        resolver = Resolver(names, hosts, policy_certificate, (), folder)
        try:
            resolver.process = resolver.spawn(
                environment={**os.environ, "SSLKEYLOGFILE": str(keys), "SSL_CERT_FILE": "/dev/null",
                             "https_proxy": "http://127.0.0.1:1/", "RES_OPTIONS": "ndots:9"}
            )  # fmt: skip
            resolver.wait_until(resolver.is_ready, "the resolver to answer")
            assert resolver.ask("example.test")["mode"] == "enforce"
            assert not keys.exists()
        finally:
            resolver.end_now()


class TestTheCachesFiles:
    def test_have_one_owner(self, start, folder):  # noqa: F811
        resolver = start(folder=folder)
        second = Resolver()
        second.words[second.words.index("--cache") + 1] = resolver.cache_path
        process = second.spawn()
        assert process.wait(20) == 2
        assert "cache-unusable" in second.log() and "another process" in second.log()
        second.end_now()
        assert not resolver.cache_path.with_name("cache.sqlite-shm").exists()

    @pytest.mark.parametrize("end", ["stop", "kill"])
    @pytest.mark.parametrize("suffix", ["-wal", ""])
    def test_cut_while_in_use_they_are_written_anew(self, start, publish, folder, tmp_path, suffix, end):  # noqa: F811
        for name in DOMAINS[:10]:
            publish(name)
        resolver = start(folder=folder)
        for name in DOMAINS[:5]:
            assert resolver.ask(name)["mode"] == "enforce"
        os.truncate(resolver.cache_path.with_name(resolver.cache_path.name + suffix), 0)
        resolver.expect_log("^error cache-damaged ")
        for name in DOMAINS[5:10]:
            assert resolver.ask(name)["mode"] == "enforce"
        if end == "stop":
            resolver.stop()
        else:
            resolver.wait_until(lambda: stored_domains(resolver, tmp_path) >= set(DOMAINS[:10]), "all rows", 30)
            resolver.kill()
        resolver.process = resolver.spawn()
        resolver.wait_until(resolver.is_ready, "the resolver to answer again")
        assert {entry["domain"] for entry in resolver.admin("cache list")["entries"]} == set(DOMAINS[:10])

    @pytest.mark.parametrize("removed", ["cache.sqlite*", "cache.sqlite-wal"])
    def test_removed_while_in_use_they_lose_no_large_policy(self, start, publish, hosts, folder, removed):  # noqa: F811
        """Memory does not hold its hosts, and the policy host is no help."""
        large = [f"mx{number}.a-host-with-a-long-name.example.net" for number in range(60)]
        for name in DOMAINS[:5]:
            publish(name, mx=large)
        resolver = start(folder=folder)
        assert {resolver.ask(name)["mode"] for name in DOMAINS[:5]} == {"enforce"}
        for name in DOMAINS[:5]:
            hosts.answers[name] = http("gone", "503 Service Unavailable")
        inode = resolver.cache_path.stat().st_ino
        keep = [path.open("rb") for path in folder.glob("cache.sqlite*")]  # lest the new file has the old one's number
        for path in folder.glob(removed):
            path.unlink()
        resolver.expect_log("^error cache-damaged ")
        resolver.wait_for_log("^error cache-damaged ")
        for path in keep:
            path.close()
        answers = [resolver.ask(name) for name in DOMAINS[:5]]
        assert {(answer["mode"], answer["mx"]) for answer in answers} == {("enforce", " ".join(large))}
        assert (resolver.cache_path.stat().st_ino == inode) == (removed == "cache.sqlite-wal")
        resolver.kill()
        resolver.process = resolver.spawn()
        resolver.wait_until(resolver.is_ready, "the resolver to answer again")
        answers = [resolver.ask(name) for name in DOMAINS[:5]]
        assert {(answer["mode"], answer["mx"]) for answer in answers} == {("enforce", " ".join(large))}

    def test_of_another_owner_are_left_alone(self, start, publish, folder, names, hosts, policy_certificate):  # noqa: F811
        """The file was removed under one resolver, and another one began anew at its path."""
        large = [f"mx{number}.a-host-with-a-long-name.example.net" for number in range(60)]
        for name in DOMAINS[:3]:
            publish(name, mx=large)
        first = start(folder=folder)
        assert first.ask(DOMAINS[0])["mode"] == "enforce"
        first.process.send_signal(signal.SIGSTOP)
        for path in folder.glob("cache.sqlite*"):
            path.unlink()
        second = Resolver(names, hosts, policy_certificate, (), folder)
        second.socket_path = folder / "second.sock"
        second.log_path = folder / "second.log"
        second.words[second.words.index("--socket") + 1] = second.socket_path
        with second:
            first.process.send_signal(signal.SIGCONT)
            first.expect_log("^error cache-damaged ")
            first.wait_for_log("^error cache-damaged ")
            log = folder / "cache.sqlite-wal"
            for name in DOMAINS[:3]:
                assert second.ask(name)["mode"] == "enforce"
            inode = log.stat().st_ino
            assert first.ask(DOMAINS[1])["mode"] == "enforce"
            first.expect_log("^error cache-store-failed ")
            first.wait_for_log("^error cache-store-failed ")
            assert log.stat().st_ino == inode
            assert {second.ask(name)["mx"] for name in DOMAINS[:3]} == {" ".join(large)}
            assert {first.ask(name)["mx"] for name in DOMAINS[:2]} == {" ".join(large)}

    def test_a_folder_that_is_away_for_a_while_loses_no_large_policy(self, start, publish, hosts, folder):  # noqa: F811
        large = [f"mx{number}.a-host-with-a-long-name.example.net" for number in range(60)]
        publish(mx=large)
        resolver = start(folder=folder)
        assert resolver.ask("example.test")["mode"] == "enforce"
        hosts.answers["example.test"] = http("gone", "503 Service Unavailable")
        for path in folder.glob("cache.sqlite*"):
            path.unlink()
        folder.chmod(0o777)  # the resolver makes no file in a folder that others may write
        resolver.expect_log("^error cache-damaged ")
        resolver.wait_for_log("^error cache-damaged ")
        for _ in range(3):
            answer = resolver.ask("example.test")
            assert (answer["mode"], answer["mx"]) == ("enforce", " ".join(large))
        folder.chmod(0o755)
        resolver.wait_until(lambda: resolver.cache_path.exists(), "a new file")
        resolver.wait_until(lambda: resolver.ask("example.test")["mode"] == "enforce", "the policy")
        resolver.stop()
        resolver.process = resolver.spawn()
        resolver.wait_until(resolver.is_ready, "the resolver to answer again")
        assert resolver.ask("example.test")["mx"] == " ".join(large)

    def test_a_leftover_of_shared_memory_does_no_harm(self, start, publish, folder):  # noqa: F811
        publish()
        resolver = start(folder=folder)
        resolver.ask("example.test")
        resolver.kill()
        shared = folder / "cache.sqlite-shm"
        shared.write_bytes(b"\xa5" * 100)
        shutil.chown(shared, OTHER_USER) if os.geteuid() == 0 else None
        resolver.process = resolver.spawn()
        resolver.wait_until(resolver.is_ready, "the resolver to answer again")
        assert resolver.ask("example.test")["source"] == "cache"
        assert not shared.exists()

    @needs_root
    @pytest.mark.parametrize("end", ["stop", "kill"])
    def test_on_a_disk_that_was_full_have_all_in_the_end(
        self, publish, names, hosts, policy_certificate, folder, tmp_path, end  # noqa: F811
    ):
        for name in DOMAINS[:20]:
            publish(name)
        disk = folder / "disk"
        disk.mkdir()
        resolver = Resolver(names, hosts, policy_certificate, (), folder)
        resolver.words[resolver.words.index("--cache") + 1] = disk / "cache.sqlite"
        user = pwd.getpwnam(OTHER_USER)
        mount = f'mount -t tmpfs -o size=512k,mode=0700,uid={user.pw_uid} tmpfs "$0" && exec "$@"'
        become = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        try:
            resolver.process = resolver.spawn(
                before=["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, str(disk), *become],
                user=0, group=0, extra_groups=[],
            )  # fmt: skip
            resolver.wait_until(resolver.is_ready, "the resolver to answer")
            inside = resolver.folder.__class__(f"/proc/{resolver.process.pid}/root{disk}")
            filler = inside / "filler"
            with filler.open("wb", buffering=0) as file:
                with pytest.raises(OSError):
                    while True:
                        file.write(b"x" * 4096)
            for name in DOMAINS[:20]:
                assert resolver.ask(name)["mode"] == "enforce"
            resolver.wait_for_log("^error cache-store-failed ")
            filler.unlink()
            resolver.cache_path = inside / "cache.sqlite"
            kept = resolver.cache_path
            if end == "kill":
                resolver.wait_until(lambda: stored_domains(resolver, tmp_path) >= set(DOMAINS[:20]), "all rows", 30)
            else:
                resolver.wait_for_log("^info cache-store-works ")
                resolver.wait_until(lambda: stored_domains(resolver, tmp_path) >= set(DOMAINS[:20]), "all rows", 30)
            assert kept.exists()
        finally:
            resolver.end_now()
