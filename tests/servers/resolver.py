"""A real resolver process in a fresh folder, its own name server and policy hosts beside it."""

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from server import BUILD, DEADLINE_SECONDS

COMMAND = BUILD / "bin" / "mta-sts"
OTHER_USER = "nobody"  # whom root becomes: the resolver does not run as root

TROUBLE = re.compile(r"^(warning|error) ")


def run_as_user() -> dict:
    """The options of subprocess that make a child another user, where this is root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(OTHER_USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def command(*words, **options) -> subprocess.CompletedProcess:
    """Runs mta-sts to its end, as the user whose resolver is trusted."""
    return subprocess.run(
        [COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60, **{**run_as_user(), **options}
    )


class Client:
    """One connection to the resolver's socket."""

    def __init__(self, path, timeout: float = DEADLINE_SECONDS):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> str:
        """The next answer; empty where the resolver has ended the connection."""
        while b"\n" not in self.buffer:
            chunk = self.socket.recv(65536)
            if not chunk:
                return ""
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def ask(self, request: str) -> str:
        self.send(request.encode() + b"\n")
        return self.line()

    def ended(self) -> bool:
        """Waits until the resolver ends the connection; false where it sends something instead."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


class Inbox:
    """Stands for the service manager at NOTIFY_SOCKET."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(20)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)

    def next(self, word: str) -> str:
        """The next message with this word, others passed over."""
        while True:
            text = self.socket.recv(4096).decode()
            if text.startswith(word):
                return text


def words_of(line: str) -> dict:
    """The key=value words of a verdict line."""
    return {key: quoted or bare for key, quoted, bare in re.findall(r'(\S+?)=(?:"([^"]*)"|(\S+))', line)}


class Resolver:
    """`with Resolver(...) as resolver:` starts the process and ends it whatever happens."""

    def __init__(self, name_server=None, hosts=None, certificate=None, options=(), folder=None):
        self.own_folder = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="mta-sts-resolver-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, OTHER_USER)
        self.socket_path = self.folder / "resolver.sock"
        self.cache_path = self.folder / "cache.sqlite"
        self.log_path = self.folder / "log"
        self.words = ["--socket", self.socket_path, "--cache", self.cache_path, "--allow-private",
                      "--config", self.config_path()]  # fmt: skip
        if name_server is not None:
            self.words += ["--dns", f"127.0.0.1:{name_server.port}"]
        if hosts is not None:
            self.words += ["--https-port", hosts.port]
        if certificate is not None:
            self.words += ["--ca", self.folder / "ca.pem"]
            shutil.copy(certificate.authority, self.folder / "ca.pem")
            (self.folder / "ca.pem").chmod(0o644)
        self.words += options
        self.process = None
        self.expected = []

    def config_path(self) -> Path:
        path = self.folder / "mta-sts.conf"
        if not path.exists():
            path.write_text("# empty\n")
            path.chmod(0o644)
        return path

    def spawn(self, before=(), environment=None, **options) -> subprocess.Popen:
        with open(self.log_path, "ab") as log:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, before), COMMAND, "resolver", *map(str, self.words)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                **{**run_as_user(), **options},
            )  # fmt: skip

    def __enter__(self):
        try:
            self.process = self.spawn()
            self.wait_until(self.is_ready, "the resolver to answer")
        except BaseException:
            self.end_now()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is not None:
                print(f"--- log\n{self.log()}")
            else:
                self.stop()
                self.check_log()
        finally:
            self.end_now()

    def is_ready(self) -> bool:
        try:
            with Client(self.socket_path):
                return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def wait_until(self, condition, what: str, seconds: float = DEADLINE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"the resolver ended with {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds} s for {what}:\n{self.log()}")
            time.sleep(0.005)

    def wait_for_log(self, pattern: str, count: int = 1) -> None:
        self.wait_until(lambda: len(re.findall(pattern, self.log(), re.MULTILINE)) >= count, pattern)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE_SECONDS)
        assert code == 0, f"the resolver ended with {code}:\n{self.log()}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end_now(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return self.log_path.read_text(errors="backslashreplace") if self.log_path.exists() else ""

    def expect_log(self, pattern: str) -> None:
        """Announces a warning or worse: it must come, and it fails no test."""
        self.expected.append(re.compile(pattern))

    def check_log(self) -> None:
        lines = self.log().splitlines()
        for pattern in self.expected:
            assert any(pattern.search(line) for line in lines), f"never logged: {pattern.pattern}\n{self.log()}"
        strange = [
            line
            for line in lines
            if (TROUBLE.search(line) or "Sanitizer" in line or "runtime error" in line)
            and not any(pattern.search(line) for pattern in self.expected)
        ]
        assert not strange, "logged what no test announced:\n" + "\n".join(strange)

    def ask(self, domain: str) -> dict:
        with Client(self.socket_path) as client:
            return words_of(client.ask("verdict " + domain))

    def admin(self, request: str) -> dict:
        with Client(self.socket_path) as client:
            return json.loads(client.ask(request))


@contextlib.contextmanager
def stopped_at_the_end(request):
    """Gives a function that starts a resolver for a test. All of them are stopped when the test ends, and what their logs
    hold is then part of a test that passed."""
    running = []

    def start(one):
        one.__enter__()
        running.append(one)
        return one

    yield start
    report = getattr(request.node, "outcome_of_call", None)
    problem = None if report is not None and report.passed else AssertionError
    for one in reversed(running):
        one.__exit__(problem, None, None)
