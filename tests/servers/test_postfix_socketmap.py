"""The resolver's socket for Postfix: its protocol, hostile clients, addresses that are taken, sockets passed to it."""

import os
import random
import re
import resource
import socket
import subprocess

import pytest
from peers import NameServer
from resolver import COMMAND, Resolver, command, stopped_at_the_end
from world import free_port

SHORT = 30.0


@pytest.fixture(scope="module")
def names():
    """Domains without a record, but for one whose DNS is broken."""
    with NameServer() as server:
        server.fail_record("broken.test")
        yield server


@pytest.fixture
def start(request, names):
    def resolver(*options):
        one = Resolver(names, options=options)
        one.words += ["--postfix-socketmap", one.folder / "postfix.sock"]
        return one

    with stopped_at_the_end(request) as begin:
        yield lambda *options: begin(resolver(*options))


class Map:
    """A client as Postfix is one: one lookup at a time, over a Unix socket or TCP."""

    def __init__(self, place):
        if isinstance(place, int):
            self.socket = socket.create_connection(("127.0.0.1", place))
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(str(place))
        self.socket.settimeout(SHORT)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> str | None:
        """The next answer; None where the resolver has ended the connection."""
        while not (match := re.match(rb"(0|[1-9]\d*):", self.buffer)) or len(self.buffer) <= match.end() + int(match[1]):
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                assert self.buffer == b"", self.buffer
                return None
            self.buffer += data
        end = match.end() + int(match[1])
        text, comma, self.buffer = self.buffer[match.end() : end], self.buffer[end : end + 1], self.buffer[end + 1 :]
        assert comma == b","
        return text.decode()

    def ask(self, request: str) -> str | None:
        data = request.encode()
        self.send(b"%d:%s," % (len(data), data))
        return self.answer()


def map_socket(resolver):
    """Postfix's socket; the resolver says that it has started once each of its sockets listens."""
    resolver.wait_for_log("^info started ")
    return resolver.folder / "postfix.sock"


class TestProtocol:
    @pytest.mark.parametrize(
        "request_text, answer",
        [
            ("policy none.test", "NOTFOUND "),
            ("policy-tlsrpt none.test", "NOTFOUND "),
            ("policy NONE.Test", "NOTFOUND "),
            ("policy münchen.test", "NOTFOUND "),
            ("policy [relay.test]:587", "NOTFOUND "),
            ("policy [192.0.2.1]", "NOTFOUND "),
            ("policy [IPv6:2001:db8::1]:25", "NOTFOUND "),
            ("policy .test", "NOTFOUND "),
            ("policy .sub.none.test", "NOTFOUND "),
            ("policy _x.none.test", "NOTFOUND "),
            ("policy broken.test", "TEMP txt-lookup-failed"),
            ("policy BROKEN.test:25", "TEMP txt-lookup-failed"),
            ("policy broken.test:", "TEMP txt-lookup-failed"),
            ("policy [broken.test]:", "TEMP txt-lookup-failed"),
            ("policy [broken.test", "TEMP request-bad-next-hop"),
            ("policy none.test::25", "TEMP request-bad-next-hop"),
            ("policy ", "TEMP request-missing-domain"),
            ("policy", "TEMP request-missing-domain"),
            ("postfix none.test", "TEMP request-unknown-map"),
            ("", "TEMP request-unknown-map"),
            ("policy a\tb.test", "TEMP request-bad-character"),
        ],
    )
    def test_every_request_has_its_answer_and_the_connection_goes_on(self, start, request_text, answer):
        resolver = start()
        with Map(map_socket(resolver)) as client:
            assert client.ask(request_text) == answer
            assert client.ask("policy next.test") == "NOTFOUND "

    def test_parents_are_not_looked_up(self, start, names):
        resolver = start()
        with Map(map_socket(resolver)) as client:
            assert client.ask("policy .parent.test") == "NOTFOUND "
        assert names.count("_mta-sts.parent.test", 16) == 0

    def test_requests_may_come_in_pieces_and_together(self, start):
        resolver = start()
        with Map(map_socket(resolver)) as client:
            for byte in b"18:policy pieces.test,":
                client.send(bytes([byte]))
            assert client.answer() == "NOTFOUND "
            client.send(b"18:policy broken.test,12:policy .test,16:policy none.test,")
            assert [client.answer() for _ in range(3)] == ["TEMP txt-lookup-failed", "NOTFOUND ", "NOTFOUND "]

    def test_over_tcp(self, start):
        port = free_port()
        resolver = start("--postfix-socketmap", f"127.0.0.1:{port}")
        resolver.wait_for_log("^info started ")
        for place in (port, map_socket(resolver)):
            with Map(place) as client:
                assert client.ask("policy tcp.test") == "NOTFOUND "

    def test_the_file_is_for_its_group_alone(self, start):
        resolver = start()
        assert map_socket(resolver).stat().st_mode & 0o777 == 0o660
        resolver.stop()
        assert not map_socket(resolver).exists()


class TestHostile:
    @pytest.mark.parametrize(
        "data, answer",
        [
            (b"1025:policy " + b"a" * 1018 + b",", "TEMP request-too-long"),
            (b"99999999999999999999999:", "TEMP request-too-long"),
            (b"016:policy none.test,", "TEMP request-malformed"),
            (b"15:policy none.test,", "TEMP request-malformed"),
            (b"17:policy none.test,16:policy none.test,", "TEMP request-malformed"),
            (b":policy none.test,", "TEMP request-malformed"),
            (b"-16:policy none.test,", "TEMP request-malformed"),
            (b"verdict none.test\n", "TEMP request-malformed"),
            (b"GET / HTTP/1.1\r\n\r\n", "TEMP request-malformed"),
            (b"\0" * 5000, "TEMP request-malformed"),
        ],
    )
    def test_lost_framing_is_answered_once_and_ends(self, start, data, answer):
        resolver = start()
        with Map(map_socket(resolver)) as client:
            client.send(data)
            assert client.answer() == answer
            assert client.answer() is None
        with Map(map_socket(resolver)) as client:
            assert client.ask("policy none.test") == "NOTFOUND "

    def test_the_longest_request_is_one(self, start):
        resolver = start()
        with Map(map_socket(resolver)) as client:
            assert client.ask("policy " + "a" * 1017) == "NOTFOUND "

    def test_half_a_request_is_waited_for_but_not_for_ever(self, start):
        resolver = start("--request-timeout", 1)
        with Map(map_socket(resolver)) as half, Map(map_socket(resolver)) as whole:
            half.send(b"16:policy no")
            assert whole.ask("policy none.test") == "NOTFOUND "
            assert half.answer() is None

    def test_half_a_request_and_the_end(self, start):
        resolver = start()
        with Map(map_socket(resolver)) as client:
            client.send(b"16:policy no")
            client.socket.shutdown(socket.SHUT_WR)
            assert client.answer() is None

    def test_random_bytes_harm_nobody(self, start):
        resolver = start()
        chance = random.Random(8461)
        pieces = [b"16:policy none.test,", b"policy ", b":", b",", b"0", b"17", b"[", b"]", b"\xff", b"\0", b"9" * 40]
        for _ in range(300):
            with Map(map_socket(resolver)) as client:
                try:
                    client.send(b"".join(chance.choice(pieces) for _ in range(chance.randrange(1, 40))))
                    client.socket.shutdown(socket.SHUT_WR)
                    while client.socket.recv(65536):
                        pass
                except (BrokenPipeError, ConnectionResetError):
                    pass
        with Map(map_socket(resolver)) as client:
            assert client.ask("policy none.test") == "NOTFOUND "

    def test_a_thousand_connections_are_served(self, start):
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        resolver = start()
        clients = [Map(map_socket(resolver)) for _ in range(1000)]
        try:
            for number, client in enumerate(clients):
                data = b"policy d%d.test" % number
                client.send(b"%d:%s," % (len(data), data))
            assert {client.answer() for client in clients} == {"NOTFOUND "}
            for client in clients[:500]:
                client.send(b"16:policy no")  # and half of them say no more
            with Map(map_socket(resolver)) as late:
                assert late.ask("policy none.test") == "NOTFOUND "
        finally:
            for client in clients:
                client.socket.close()


def starts(*options) -> subprocess.CompletedProcess:
    return subprocess.run([COMMAND, "resolver", *map(str, options)], capture_output=True, text=True, timeout=60)


class TestPlace:
    def test_an_address_that_is_taken(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as other:
            done = starts("--socket", tmp_path / "s", "--cache", tmp_path / "c",
                          "--postfix-socketmap", f"127.0.0.1:{other.getsockname()[1]}")  # fmt: skip
        assert done.returncode == 2
        assert "socket-in-use" in done.stderr

    def test_a_socket_of_another_process_in_its_place(self, tmp_path):
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(tmp_path / "postfix.sock"))
            other.listen()
            done = starts("--socket", tmp_path / "s", "--cache", tmp_path / "c",
                          "--postfix-socketmap", tmp_path / "postfix.sock")  # fmt: skip
        assert done.returncode == 2
        assert "socket-in-use" in done.stderr
        assert (tmp_path / "postfix.sock").exists()

    def test_a_file_of_another_kind_in_its_place(self, tmp_path):
        (tmp_path / "postfix.sock").write_text("mine")
        done = starts("--socket", tmp_path / "s", "--cache", tmp_path / "c",
                      "--postfix-socketmap", tmp_path / "postfix.sock")  # fmt: skip
        assert done.returncode == 2
        assert "socket-unusable" in done.stderr
        assert (tmp_path / "postfix.sock").read_text() == "mine"

    @pytest.mark.parametrize("place", ["192.0.2.1:8461", "0.0.0.0:8461", "[::]:8461"])
    def test_an_address_that_others_reach(self, tmp_path, place):
        done = starts("--socket", tmp_path / "s", "--cache", tmp_path / "c", "--postfix-socketmap", place)
        assert done.returncode == 2
        assert "--postfix-socketmap-any-address" in done.stderr

    @pytest.mark.parametrize("place", ["127.0.0.1", "localhost:8461", "127.0.0.1:0", "127.0.0.1:65536", "8461", ""])
    def test_an_address_that_is_none(self, tmp_path, place):
        done = starts("--socket", tmp_path / "s", "--cache", tmp_path / "c", "--postfix-socketmap", place)
        assert done.returncode == 2, done.stderr

    @pytest.mark.parametrize("family", ["unix", "tcp"])
    def test_a_socket_passed_under_its_name(self, names, family):
        """As systemd passes it, with FileDescriptorName= of the unit; the resolver's own socket is there too."""
        resolver = Resolver(names)
        port = free_port()
        place = resolver.folder / "postfix.sock" if family == "unix" else port
        listen = place if family == "unix" else f"127.0.0.1:{port}"
        resolver.process = resolver.spawn(
            before=["systemd-socket-activate", "--fdname=postfix-socketmap", "-l", listen], environment=dict(os.environ)
        )
        resolver.wait_for_log("Listening on")
        with Map(place) as client:
            assert client.ask("policy passed.test") == "NOTFOUND "
        assert resolver.ask("passed.test")["mode"] == "none"
        resolver.stop()
        resolver.end_now()
