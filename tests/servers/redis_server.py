"""A real redis-server in a folder of its own, unpacked of Debian's package by scripts/test, and its commands."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from server import DEADLINE_SECONDS
from world import free_port

UNPACKED = Path(__file__).parents[2] / "build/lab-redis/root"
PROGRAM = str(UNPACKED / "usr/bin/redis-server") if (UNPACKED / "usr/bin/redis-server").exists() else shutil.which("redis-server")

needed = pytest.mark.skipif(PROGRAM is None, reason="redis-server is not there: sudo scripts/test unpacks Debian's package")


class RedisFailure(Exception):
    """An error that the server answered with."""


class Redis:
    """`with Redis(...) as redis:` starts a server that keeps nothing on disk, on loopback and on a Unix socket."""

    def __init__(self, *options, address="127.0.0.1", port=None, before=()):
        self.address, self.port = address, port or free_port()
        self.options, self.before = options, before
        self.folder = Path(tempfile.mkdtemp(prefix="mta-sts-redis-"))
        self.folder.chmod(0o755)
        self.path = self.folder / "redis.sock"
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        libraries = [str(path) for path in (UNPACKED / "usr/lib").glob("*-linux-gnu")]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", PROGRAM, "--bind", self.address, "--port", str(self.port), "--save", "",
                 "--appendonly", "no", "--dir", str(self.folder), "--unixsocket", str(self.path), "--unixsocketperm", "777",
                 "--repl-diskless-sync-delay", "0", *map(str, self.options)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)},
            )  # fmt: skip
        self.wait_until(self.answers, "redis-server to answer")

    def answers(self) -> bool:
        with contextlib.suppress(OSError, RedisFailure):
            return self.run(*self.before, command=("PING",)) == b"PONG"
        return False

    def wait_until(self, condition, what: str) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            log = (self.folder / "log").read_text()
            assert self.process.poll() is None and time.monotonic() < deadline, f"waited for {what}:\n{log}"
            time.sleep(0.005)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @contextlib.contextmanager
    def stopped(self):
        """It is there and says nothing meanwhile."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def url(self, database=0) -> str:
        return f"redis://{self.address}:{self.port}/{database}"

    def run(self, *before, command):
        """Runs commands on one connection, and gives what the last one is answered with."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
            stream.settimeout(DEADLINE_SECONDS)
            stream.connect(str(self.path))
            with stream.makefile("rwb") as file:
                for words in [*before, command]:
                    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
                    file.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
                    file.flush()
                    answer = self.read(file)
                return answer

    def read(self, file):
        line = file.readline()
        kind, rest = line[:1], line[1:].rstrip(b"\r\n")
        if kind == b"-":
            raise RedisFailure(rest.decode())
        if kind == b"$":
            return None if rest == b"-1" else file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.read(file) for _ in range(int(rest))]
        if kind in b"+:" and line.endswith(b"\r\n"):
            return rest if kind == b"+" else int(rest)
        raise OSError("the server ended the connection")

    def ask(self, *command, database=0):
        return self.run(*self.before, ("SELECT", database), command=command)
