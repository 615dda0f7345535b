"""The resolver's socket: hostile and slow clients, limits, rights, the service manager, metrics."""

import json
import os
import random
import resource
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from peers import NameServer
from resolver import COMMAND, Client, Inbox, Resolver, command, stopped_at_the_end, words_of
from world import free_port

UNITS = Path(__file__).resolve().parents[2] / "packaging" / "systemd"


@pytest.fixture(scope="module")
def names():
    """Every domain is without a record: what these tests are about are the clients."""
    with NameServer() as server:
        yield server


@pytest.fixture
def start(request, names):
    with stopped_at_the_end(request) as begin:
        yield lambda *options, **more: begin(Resolver(names, options=options, **more))


class TestLines:
    def test_answers_come_in_the_order_of_the_requests(self, start):
        resolver = start()
        with Client(resolver.socket_path) as client:
            # The second is answered from memory and the third is refused at once; both wait for the first.
            client.send(b"verdict first.test\nverdict \nverdict first.test\n")
            assert [words_of(client.line()).get("mode") for _ in range(2)] == ["none", "temp"]
            assert client.ended()

    def test_a_line_may_come_in_pieces(self, start):
        resolver = start()
        with Client(resolver.socket_path) as client:
            for byte in b"verdict pieces.test\n":
                client.send(bytes([byte]))
            assert words_of(client.line())["mode"] == "none"

    def test_thousands_of_requests_on_one_connection(self, start):
        resolver = start()
        with Client(resolver.socket_path) as client:
            client.ask("verdict many.test")
            client.socket.setblocking(False)
            wanted, sent, received = 5000, 0, b""
            request = b"verdict many.test\n" * wanted
            deadline = time.monotonic() + 30
            while received.count(b"\n") < wanted and time.monotonic() < deadline:
                try:
                    sent += client.socket.send(request[sent:]) if sent < len(request) else 0
                except BlockingIOError:
                    pass
                try:
                    received += client.socket.recv(65536)
                except BlockingIOError:
                    pass
            assert received.count(b"\n") == wanted
            assert set(received.split(b"\n")[:-1]) == {received.split(b"\n")[0]}

    def test_a_client_that_has_asked_all_still_reads(self, start):
        resolver = start()
        with Client(resolver.socket_path) as client:
            client.send(b"verdict half.test\n")
            client.socket.shutdown(socket.SHUT_WR)
            assert words_of(client.line())["mode"] == "none"
            assert client.ended()

    @pytest.mark.parametrize("requests, answers", [(b"verdict a.test", 1), (b"verdict a.test\nverdict b.test", 2), (b"", 0)])
    def test_the_last_request_ends_with_the_input(self, start, requests, answers):
        """Exim's readsocket shuts down its writing behind the request."""
        resolver = start()
        with Client(resolver.socket_path) as client:
            client.send(requests)
            client.socket.shutdown(socket.SHUT_WR)
            assert [words_of(client.line())["mode"] for _ in range(answers)] == ["none"] * answers
            assert client.ended()

    def test_an_input_that_ends_within_garbage_is_told_so(self, start):
        resolver = start()
        with Client(resolver.socket_path) as client:
            client.send(b"GET / HTTP/1.1")
            client.socket.shutdown(socket.SHUT_WR)
            assert client.line() == "mode=temp reason=request-unknown source=none"
            assert client.ended()

    @pytest.mark.parametrize(
        "line, reason",
        [
            (b"verdict", "request-missing-domain"),
            (b"verdict ", "request-missing-domain"),
            (b"verdict a.test b.test", "request-unexpected-word"),
            (b"VERDICT a.test", "request-unknown"),
            (b"verdicta.test", "request-unknown"),
            (b"", "request-unknown"),
            (b"GET / HTTP/1.1\r", "request-bad-character"),
            (b"verdict a.test\r", "request-bad-character"),
            (b"verdict a\0.test", "request-bad-character"),
            (b"verdict \xff\xfe.test", "request-bad-character"),
            (b"cache stats now", "request-unexpected-word"),
            (b"verdict " + b"a" * 1017, "request-too-long"),
            (b"a" * 4000, "request-too-long"),
        ],
    )
    def test_garbage_is_answered_once_and_the_connection_ends(self, start, line, reason):
        resolver = start()
        with Client(resolver.socket_path) as client:
            client.send(line + b"\nverdict a.test\n")
            assert client.line() == f"mode=temp reason={reason} source=none"
            assert client.ended()
        assert resolver.ask("a.test")["mode"] == "none"

    def test_the_longest_line_is_a_request(self, start):
        resolver = start()
        with Client(resolver.socket_path) as client:
            assert words_of(client.ask("verdict " + "a" * 1016))["mode"] in ("none", "temp")

    def test_an_endless_line_is_refused_when_it_is_too_long(self, start):
        resolver = start()
        with Client(resolver.socket_path) as client:
            client.send(b"x" * 1100)
            assert client.line() == "mode=temp reason=request-too-long source=none"
            assert client.ended()

    def test_random_bytes_harm_nobody(self, start):
        resolver = start()
        rng = random.Random(8461)
        for _ in range(200):
            with Client(resolver.socket_path) as client:
                try:
                    client.send(rng.randbytes(rng.randrange(1, 3000)) + b"\n")
                    client.ended()
                except (BrokenPipeError, ConnectionResetError):
                    pass
        assert resolver.ask("a.test")["mode"] == "none"


class TestLimits:
    def test_a_thousand_clients_are_all_answered(self, start):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        resolver = start("--max-connections", 100)
        clients = [Client(resolver.socket_path) for _ in range(1000)]
        try:
            for client in clients:
                client.send(b"verdict thousand.test\n")
            for client in clients:
                assert words_of(client.line())["mode"] == "none"
                client.socket.close()
        finally:
            for client in clients:
                client.socket.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def test_closed_standard_descriptors_are_held(self, names):
        resolver = Resolver(names)
        resolver.process = resolver.spawn(before=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
        resolver.wait_until(resolver.is_ready, "the resolver to answer")
        for number in range(3):
            assert os.readlink(f"/proc/{resolver.process.pid}/fd/{number}") == "/dev/null"
        resolver.stop()
        resolver.end_now()

    def test_idle_clients_make_room_for_one_that_asks(self, start):
        resolver = start("--max-connections", 10)
        idle = [Client(resolver.socket_path) for _ in range(10)]
        assert resolver.ask("room.test")["mode"] == "none"
        for client in idle:
            client.socket.close()

    def test_few_descriptors_mean_fewer_clients_not_lost_answers(self, names):
        resolver = Resolver(names, options=["--max-connections", 1000])
        resolver.process = resolver.spawn(before=["prlimit", "--nofile=40:40"])
        resolver.expect_log("^warning descriptors-few at most 20 clients at once")
        resolver.wait_until(resolver.is_ready, "the resolver to answer")
        clients = [Client(resolver.socket_path) for _ in range(100)]
        for client in clients:
            client.send(b"verdict few.test\n")
        for client in clients:
            assert words_of(client.line())["mode"] == "none"
            client.socket.close()
        resolver.stop()
        resolver.check_log()
        resolver.end_now()

    def test_a_client_that_never_ends_its_line_is_cut_off(self, start):
        resolver = start("--request-timeout", 1, "--idle-timeout", 60)
        with Client(resolver.socket_path) as client:
            client.send(b"verdict slo")
            assert client.ended()

    def test_trickled_bytes_do_not_win_time(self, start):
        resolver = start("--request-timeout", 1, "--idle-timeout", 60)
        with Client(resolver.socket_path, timeout=0.2) as client:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                try:
                    client.send(b"v")
                    if client.ended():
                        return
                except TimeoutError:
                    continue
                except BrokenPipeError:
                    return
            raise AssertionError("still connected")

    def test_an_idle_client_is_cut_off(self, start):
        resolver = start("--idle-timeout", 1)
        with Client(resolver.socket_path) as client:
            client.ask("verdict idle.test")
            assert client.ended()

    def test_a_client_that_does_not_read_is_cut_off_and_holds_little(self, start):
        resolver = start("--write-timeout", 1)
        with Client(resolver.socket_path) as client:
            client.ask("verdict slow.test")
            client.socket.setblocking(False)
            sent = 0
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                try:
                    sent += client.socket.send(b"verdict slow.test\n" * 1000)
                except BlockingIOError:
                    time.sleep(0.01)  # it reads no more: now its patience is what is waited for
                except (BrokenPipeError, ConnectionResetError):
                    break
            else:
                raise AssertionError("never cut off")
            assert sent < 8 << 20
        assert resolver.ask("a.test")["mode"] == "none"


class TestRights:
    def test_the_socket_is_for_owner_and_group(self, start):
        assert start().socket_path.stat().st_mode & 0o7777 == 0o660

    def test_a_live_socket_is_left_alone(self, start):
        first = start()
        second = Resolver()
        second.words[1] = first.socket_path
        process = second.spawn()
        assert process.wait(20) == 2
        assert "error socket-in-use " in second.log()
        second.end_now()
        assert first.ask("a.test")["mode"] == "none"

    def test_a_socket_that_another_program_listens_at_is_left_alone(self, names):
        resolver = Resolver(names)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(resolver.socket_path))
            other.listen()
            os.chmod(resolver.socket_path, 0o666)
            process = resolver.spawn()
            assert process.wait(20) == 2
            assert "error socket-in-use " in resolver.log()
            assert resolver.socket_path.exists()
        resolver.end_now()

    def test_a_file_of_another_kind_is_left_alone(self, names):
        resolver = Resolver(names)
        resolver.socket_path.write_text("precious")
        process = resolver.spawn()
        assert process.wait(20) == 2
        assert "error socket-unusable " in resolver.log()
        assert resolver.socket_path.read_text() == "precious"
        resolver.end_now()

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
    def test_only_root_and_the_own_user_ask_for_the_cache(self, start):
        resolver = start()
        assert "error" not in resolver.admin("cache list")  # root
        done = command("cache", "list", "--socket", resolver.socket_path)  # its own user
        assert done.returncode == 0, done.stderr
        resolver.socket_path.chmod(0o666)
        resolver.folder.chmod(0o755)
        stranger = (
            "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
            "s.sendall(b'cache list\\nexplain a.test\\ncache purge *\\nverdict a.test\\n');"
            "f = s.makefile(); print(''.join(f.readline() for _ in range(4)))"
        )
        done = subprocess.run(
            ["/usr/bin/python3", "-c", stranger, resolver.socket_path], user=1, group=1, extra_groups=[],
            capture_output=True, text=True, timeout=20,
        )  # fmt: skip
        lines = done.stdout.splitlines()
        assert [json.loads(line)["error"] for line in lines[:3]] == ["not-permitted"] * 3
        assert words_of(lines[3])["mode"] == "none"

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
    def test_without_the_right_to_the_socket_a_verdict_defers(self, start):
        resolver = start()
        resolver.folder.chmod(0o755)
        done = command("verdict", "a.test", "--json", "--socket", resolver.socket_path,
                       user=1, group=1, extra_groups=[])  # fmt: skip
        assert done.returncode == 3
        assert json.loads(done.stdout)["verdicts"][0]["reason"] == "socket-permission"


class TestServiceManager:
    def test_tells_readiness_life_reload_and_end(self, names):
        resolver = Resolver(names)
        inbox = Inbox(resolver.folder / "notify")
        environment = {**os.environ, "NOTIFY_SOCKET": str(resolver.folder / "notify"), "WATCHDOG_USEC": "100000"}
        resolver.process = resolver.spawn(environment=environment)
        assert "STATUS=" in inbox.next("READY=1")
        for _ in range(3):
            inbox.next("WATCHDOG=1")
        resolver.process.send_signal(signal.SIGHUP)
        assert "MONOTONIC_USEC=" in inbox.next("RELOADING=1")
        inbox.next("READY=1")
        resolver.process.send_signal(signal.SIGTERM)
        inbox.next("STOPPING=1")
        assert resolver.process.wait(20) == 0
        resolver.end_now()

    def test_does_not_answer_a_watchdog_meant_for_another(self, names):
        resolver = Resolver(names)
        inbox = Inbox(resolver.folder / "notify")
        environment = {**os.environ, "NOTIFY_SOCKET": str(resolver.folder / "notify"), "WATCHDOG_USEC": "100000",
                       "WATCHDOG_PID": "1"}  # fmt: skip
        resolver.process = resolver.spawn(environment=environment)
        inbox.next("READY=1")
        inbox.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            inbox.next("WATCHDOG=1")
        resolver.stop()
        resolver.end_now()

    def test_takes_the_sockets_that_it_is_passed(self, names):
        resolver = Resolver(names)
        second = resolver.folder / "exim.sock"
        del resolver.words[:2]  # no --socket: those passed are all
        resolver.process = resolver.spawn(
            before=["systemd-socket-activate", "-l", resolver.socket_path, "-l", second], environment=dict(os.environ)
        )
        resolver.wait_until(lambda: resolver.socket_path.exists() and second.exists(), "the sockets")
        assert resolver.ask("a.test")["mode"] == "none"
        with Client(second) as client:
            assert words_of(client.ask("verdict a.test"))["mode"] == "none"
        resolver.stop()
        assert resolver.socket_path.exists(), "the file is the service manager's"
        resolver.end_now()

    def test_a_passed_socket_of_another_kind_stops_the_start(self, names):
        resolver = Resolver(names)
        del resolver.words[:2]
        port = free_port()
        resolver.process = resolver.spawn(
            before=["systemd-socket-activate", "-l", f"127.0.0.1:{port}"], environment=dict(os.environ)
        )
        resolver.wait_for_log("Listening on")
        socket.create_connection(("127.0.0.1", port)).close()
        assert resolver.process.wait(20) == 2
        assert "error socket-passed-wrong " in resolver.log()
        resolver.end_now()

    def test_units_are_in_order(self, tmp_path):
        for unit in UNITS.iterdir():
            if unit.suffix in (".service", ".socket"):
                text = unit.read_text().replace("/usr/bin/mta-sts", str(COMMAND))
                (tmp_path / unit.name).write_text(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *tmp_path.iterdir()], capture_output=True, text=True, timeout=60
        )
        ours = [line for line in done.stderr.splitlines() if "mta-sts" in line]
        assert done.returncode == 0 and not ours, done.stderr


class TestMetrics:
    def test_are_there_and_count(self, start):
        port = free_port()
        resolver = start("--metrics", f"127.0.0.1:{port}")
        resolver.ask("a.test")
        with Client(resolver.socket_path) as client:
            client.ask("nonsense")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            text = answer.read().decode()
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert values["mta_sts_requests_total"] == "1"
        assert values['mta_sts_requests_refused_total{reason="request-unknown"}'] == "1"
        assert int(values["mta_sts_connections_accepted_total"]) >= 3
        assert values["mta_sts_entries"]
        names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        assert len(names) == len(set(names))

    @pytest.mark.parametrize(
        "request_text, status",
        [(b"GET / HTTP/1.1\r\n\r\n", b"404"), (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"), (b"\0\xff\n\n", b"405")],
    )
    def test_nothing_else_is_there(self, start, request_text, status):
        port = free_port()
        start("--metrics", f"127.0.0.1:{port}")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(request_text)
            assert client.recv(4096).split()[1] == status

    def test_a_long_request_and_many_visitors_are_cut_off(self, start):
        port = free_port()
        resolver = start("--metrics", f"127.0.0.1:{port}")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(b"x" * 5000)
            try:
                assert client.recv(10) == b""
            except ConnectionResetError:
                pass
        visitors = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(50)]
        assert visitors[-1].recv(10) == b""
        for visitor in visitors:
            visitor.close()
        assert resolver.ask("a.test")["mode"] == "none"

    @pytest.mark.parametrize("address", ["0.0.0.0:9163", "[::]:9163", "192.0.2.1:9163"])
    def test_are_for_loopback_alone_unless_told_otherwise(self, names, address):
        resolver = Resolver(names, options=["--metrics", address])
        process = resolver.spawn()
        assert process.wait(20) == 2
        assert "error metrics-unusable " in resolver.log()
        resolver.end_now()

    @pytest.mark.parametrize("address", ["127.0.0.1", "localhost:1", "127.0.0.1:x", ":1", "[::1]", "127.0.0.1:99999"])
    def test_an_address_that_is_none_is_refused(self, names, address):
        resolver = Resolver(names, options=["--metrics", address])
        process = resolver.spawn()
        assert process.wait(20) == 2
        assert "error metrics-unusable " in resolver.log()
        resolver.end_now()
