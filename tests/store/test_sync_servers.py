"""`mta-sts store sync` and what listens where a PostgreSQL server should: it stays within its time and memory, and tells what is wrong."""

import contextlib
import os
import resource
import socket
import struct
import subprocess
import threading
import time

import pytest
from stores import MTA_STS, TEMPORARY, USAGE

TIMEOUT = 2  # seconds of --timeout; a statement as a whole gets eight times that


def message(kind, content=b""):
    return kind + struct.pack("!I", len(content) + 4) + content


AUTHENTICATED = message(b"R", struct.pack("!I", 0))
READY = message(b"Z", b"I")
NOTICE = message(b"N", b"SNOTICE\0VNOTICE\0C00000\0M" + b"x" * 1000 + b"\0\0")
NOTIFICATION = message(b"A", struct.pack("!I", 1) + b"mta_sts\0" + b"y" * 200 + b"\0")
WELCOME = AUTHENTICATED + message(b"S", b"server_version\x0015.0\0") + message(b"S", b"client_encoding\0SQL_ASCII\0") + READY
BOUND = message(b"1") + message(b"2")
TOO_MANY_COLUMNS = message(b"T", struct.pack("!H", 1600) + b"".join(b"c\0" + struct.pack("!IHIHIH", 0, 0, 25, 65535, 0, 0) for _ in range(1600)))
NO_ROW = message(b"C", b"SELECT 0\0") + READY


def forever(connection, what):
    while True:
        connection.sendall(what * 100)


def never(connection):
    while connection.recv(65536):
        pass


class Listener:
    """Takes each connection, reads what is said first, and does what it is told to."""

    def __init__(self, folder, act):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(folder / ".s.PGSQL.5432"))
        self._socket.listen(8)
        self._act = act
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(65536)
                    self._act(connection)

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def in_session(*answers, then=never):
    """Lets the client in, and answers each of its statements in turn."""

    def act(connection):
        connection.sendall(WELCOME)
        for answer in answers:
            connection.recv(65536)
            connection.sendall(answer)
        connection.recv(65536)
        then(connection)

    return act


@pytest.fixture
def ask(tmp_path):
    """Runs one comparison with what acts as the server; gives the exit code, the messages, the seconds and the MB that it took."""
    listening = []

    def run(act):
        listening.append(Listener(tmp_path, act))
        begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [MTA_STS, "store", "sync", "--from", f"postgresql:///x?host={tmp_path}&user=u", "--store", str(tmp_path / "store.mdb"), "--once"]
        bounded = [] if os.environ.get("SANITIZE") else ["prlimit", "--as=1000000000"]  # a sanitizer reserves more
        process = subprocess.Popen([*bounded, *command, "--timeout", str(TIMEOUT)],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
        try:
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert "\x1b" not in out and out.count("\n") == 1, out
        return process.returncode, out, time.monotonic() - begun, after.ru_utime - before.ru_utime

    yield run
    for listener in listening:
        listener.close()


def close(_):
    pass


@pytest.mark.parametrize("act", [
    never, close, in_session(), in_session(then=close), in_session(BOUND), in_session(BOUND, then=close),
    in_session(then=lambda connection: connection.sendall(BOUND + TOO_MANY_COLUMNS)),
    lambda connection: connection.sendall(b"220 mail.example ESMTP\r\n"),
    lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    lambda connection: connection.sendall(AUTHENTICATED),
    lambda connection: (connection.sendall(AUTHENTICATED), never(connection)),
    lambda connection: connection.sendall(message(b"E", b"SFATAL\0VFATAL\0C28000\0M\x1b[2J\nno\0\0")),
])  # fmt: skip
def test_what_is_silent_or_ends_is_left_in_time(ask, act):
    code, out, seconds, _ = ask(act)
    assert code == TEMPORARY and out.startswith("mta-sts: error: database-unreachable: "), out
    assert seconds < 5 * TIMEOUT


@pytest.mark.parametrize("flood", [NOTICE, NOTIFICATION])
def test_what_never_comes_to_an_answer_is_left_in_time(ask, flood):
    code, out, seconds, _ = ask(in_session(then=lambda connection: forever(connection, flood)))
    assert code == TEMPORARY and "the server took over 16 s for a statement" in out, out
    assert seconds < 16 * TIMEOUT


def test_notices_of_a_server_that_lets_nobody_in_are_neither_shown_nor_awaited(ask):
    notice = message(b"N", b"SNOTICE\0VNOTICE\0C00000\0M\x1b[2J\n\0\0")
    code, out, seconds, _ = ask(lambda connection: (connection.sendall(AUTHENTICATED), forever(connection, notice)))
    assert code == TEMPORARY and out.startswith("mta-sts: error: database-unreachable: "), out
    assert seconds < 5 * TIMEOUT


@pytest.mark.parametrize("answer", [message(b"H", b"\0\0\0"), message(b"G", b"\0\0\0"), message(b"W", b"\0\0\0")])
def test_a_copy_that_nothing_asked_for_is_refused(ask, answer):
    code, out, seconds, processor = ask(in_session(BOUND + answer))
    assert code == USAGE and "database-refused: the server began to copy" in out, out
    assert seconds < 5 * TIMEOUT and processor < 2


@pytest.mark.parametrize("answer", [BOUND + message(b"n") + NO_ROW, BOUND + TOO_MANY_COLUMNS + NO_ROW])
def test_results_of_another_shape_are_no_rows(ask, answer):
    code, out, _, _ = ask(in_session(answer, then=close))
    assert code == USAGE and "database-standby" in out, out
