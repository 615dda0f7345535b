"""The shared cases of hostile requests."""

import random

from client import Connection, get
from expected import ELSEWHERE, PATH, WORDS, assert_policy
from server import Site


class Attack:
    """What a hostile client gets: an answer or a closed connection, and the server goes on."""

    ODD = [
        b"GET " + PATH.encode() + b"\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET " + PATH.encode() + b"%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /.well-known/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET " + PATH.encode() + b"?" + b"a" * 7000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET " + PATH.encode() + b"?" + b"a" * 70000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"../" * 2000 + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: " + b"a." * 5000 + b"\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: mta-sts.\x00\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/1.1\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nIf-None-Match: " + b'"a",' * 1500 + b"\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nRange: bytes=" + b"0-," * 2000 + b"\r\n\r\n",
        b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        b"GET  " + PATH.encode() + b"  HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 600,
        b"\x00" * 5000,
        b"\r\n" * 500 + b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ]  # fmt: skip

    def send_and_leave(self, server, data):
        with Connection(server.port) as connection:
            try:
                connection.send(data)
                connection.socket.shutdown(1)
                while connection._more():
                    pass
            except (ConnectionResetError, BrokenPipeError):
                pass
            return connection.buffer

    def test_survives_odd_requests(self, start):
        server = start(Site(policy=WORDS, redirect=ELSEWHERE))
        server.tolerate_log("client sent invalid")
        processes = server.processes()
        for data in self.ODD:
            self.send_and_leave(server, data)
            assert_policy(get(server.port, PATH))
        assert server.processes() == processes

    def test_survives_random_requests(self, start):
        server = start(Site(policy=WORDS, redirect=ELSEWHERE))
        server.tolerate_log("client sent invalid")
        processes = server.processes()
        chance = random.Random(8461)
        pieces = [b"GET ", b"POST ", b"HEAD ", PATH.encode(), b"/", b"..", b"%2e", b"%", b"?", b"#", b" HTTP/1.1", b"\r\n",
                  b"Host: mta-sts.a", b"Content-Length: 4", b"Transfer-Encoding: chunked", b"Range: bytes=1-2", b"\n", b"\x00",
                  b"If-None-Match: *", b"Expect: 100-continue", b"\xff", b"\r\n\r\n", b"0\r\n\r\n", b" "]  # fmt: skip
        for _ in range(500):
            data = b"".join(chance.choice(pieces) for _ in range(chance.randrange(1, 30)))
            self.send_and_leave(server, data)
        assert_policy(get(server.port, PATH))
        assert server.processes() == processes

    def test_refuses_two_framings_of_one_body(self, start):
        """Whatever the server makes of both, the bytes of the body are no second request."""
        server = start(Site(policy=WORDS, log_format="status"))
        hidden = b"0\r\n\r\nDELETE /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
        head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(hidden)}\r\nTransfer-Encoding: chunked\r\n\r\n"
        answers = self.send_and_leave(server, head.encode() + hidden)
        assert answers.count(b"HTTP/1.1 ") == 1

    def test_survives_clients_that_leave(self, start):
        server = start(Site(policy=WORDS))
        for method in ("GET", "POST"):
            for _ in range(50):
                with Connection(server.port) as connection:
                    connection.send_request(method, PATH, {"Content-Length": "1000"}, b"x" * 10)
        assert_policy(get(server.port, PATH))
