"""A real web server in a fresh folder, the same for every kind of server.

A kind is a subclass of Server (nginx.py, apache.py): it turns a Site into its own configuration, starts the
unmodified program on free loopback ports, and reads its own log. The shared cases (cases.py) know this interface
alone, so that each case runs against each kind.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

BUILD = Path(os.environ.get("MTA_STS_BUILD", Path(__file__).resolve().parents[2] / "build"))
FULL = os.environ.get("MTA_STS_FULL") == "1"
DEADLINE_SECONDS = 20


@dataclass(frozen=True)
class Site:
    """What one case wants of a server, in no server's own words."""

    # The directive's words for the site (nginx `server`, Apache `<VirtualHost>`); {folder} is the server's folder.
    policy: str = ""
    policy_above: str = ""  # the same one level up (nginx `http`, Apache server config)
    redirect: str = ""  # a server-wide permanent redirect to this URL, the path appended
    headers: dict = field(default_factory=dict)  # header fields that the administrator adds to every answer
    compress: bool = False  # compression of text/plain, from the first byte on
    deny: bool = False  # every access to the site is denied
    error_page_405: str = ""  # the text of the administrator's own page for status 405
    files: dict = field(default_factory=dict)  # path below the document root -> text
    log_format: str = ""  # an access log with these fields (of: id mode domain status address), as JSON lines
    keepalive_requests: int = 1000
    tls: bool = False  # a second port with TLS and HTTP/2
    inside: str = ""  # further lines of the server's own syntax inside the site; only for tests of one kind
    above: str = ""  # further lines of the server's own syntax one level up; only for tests of one kind


class Server:
    """One running server; `with Kind(site) as server:` starts it, and ends it whatever happens."""

    kind = ""  # "nginx", "apache"
    program = Path()  # the unmodified program of the distribution
    module = Path()  # our module
    trouble = re.compile("")  # a line of the error log that a test must have announced

    @classmethod
    def sanitizers(cls) -> list:
        """The sanitizer libraries that the module was built with."""
        needed = subprocess.run(["objdump", "-p", cls.module], capture_output=True, text=True, check=True).stdout
        return [name for name in ("libasan", "libubsan") if name in needed]

    @classmethod
    def environment(cls) -> dict:
        """The environment of the program; a module with sanitizers needs their libraries loaded first."""
        libraries = [
            subprocess.run(["gcc", f"-print-file-name={name}.so"], capture_output=True, text=True, check=True)
            .stdout.strip()
            for name in cls.sanitizers()
        ]
        if not libraries:
            return dict(os.environ)
        # The unmodified program frees nothing at its end, and that is not what these tests are about.
        return {**os.environ, "LD_PRELOAD": " ".join(libraries), "ASAN_OPTIONS": "detect_leaks=0"}

    def __init__(self, site: Site, certificate=None):
        self.site = site
        self.certificate = certificate  # a tls.Certificate when site.tls
        self.folder = Path(tempfile.mkdtemp(prefix=f"mta-sts-{self.kind}-"))
        self.folder.chmod(0o755)  # the workers run as another user
        self.root = self.folder / "root"
        self.port = 0
        self.tls_port = 0
        self.process = None
        self.expected = []  # must be logged
        self.tolerated = []  # may be logged

    # What a kind brings.

    def configure(self) -> str:
        """Takes free ports (port, tls_port) and gives the text of the configuration."""
        raise NotImplementedError

    def command(self, *more: str) -> list:
        """The command line that runs the server in the foreground from config_path()."""
        raise NotImplementedError

    def start_process(self) -> subprocess.Popen:
        return self.spawn(self.command(), env=self.environment())

    def is_ready(self) -> bool:
        raise NotImplementedError

    def reload(self) -> None:
        """Asks for a graceful reload and returns when the new generation answers."""
        raise NotImplementedError

    stop_signal = signal.SIGTERM
    prefix = ()  # words before the command, such as a profiler

    @classmethod
    def check(cls, config: Path, folder: Path) -> subprocess.CompletedProcess:
        """Runs the server's own check of a configuration file (nginx -t, apachectl configtest)."""
        raise NotImplementedError

    # What all kinds share.

    def config_path(self) -> Path:
        return self.folder / f"{self.kind}.conf"

    def error_log_path(self) -> Path:
        return self.folder / "error.log"

    def access_log_path(self) -> Path:
        return self.folder / "access.log"

    def write_files(self) -> None:
        self.root.mkdir(exist_ok=True)
        for name, text in self.site.files.items():
            path = self.root / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if self.site.error_page_405:
            (self.root / "405.html").write_text(self.site.error_page_405)

    def spawn(self, command: list, **options) -> subprocess.Popen:
        """Starts `command` in a process group of its own, which dies with this test run."""
        output = open(self.folder / "output.log", "ab")
        try:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *map(str, (*self.prefix, *command))],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **options,
            )
        finally:
            output.close()

    def __enter__(self):
        try:
            for needed in (self.program, self.module):
                assert needed.exists(), f"{needed} is not there"
            self.write_files()
            self.config_path().write_text(self.configure())
            self.process = self.start_process()
            self.wait_until(self.is_ready, "the server to be ready")
        except BaseException:
            self.end_now()
            raise
        return self

    def __exit__(self, kind, value, trace):
        failed = kind is not None
        try:
            if failed:
                self.show_logs()
            else:
                self.stop()
                self.check_log()
        finally:
            self.end_now()

    def wait_until(self, condition, what: str, seconds: float = DEADLINE_SECONDS) -> None:
        """Polls `condition`; fails when the server ends or the deadline passes first."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.kind} ended with {self.process.returncode}:\n{self.log_text()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds} s for {what}:\n{self.log_text()}")
            time.sleep(0.005)

    def stop(self) -> None:
        """Stops the server gracefully; every process of it must be gone."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        code = self.process.wait(DEADLINE_SECONDS)
        assert code == 0, f"{self.kind} ended with {code}:\n{self.log_text()}"
        assert not self.group_alive(), f"{self.kind} left processes behind"

    def group_alive(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def end_now(self) -> None:
        if self.process is not None:
            if self.group_alive():
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def release(self) -> None:
        """Gives back what configure() took (listening sockets)."""

    def log_text(self) -> str:
        text = ""
        for path in (self.folder / "output.log", self.error_log_path()):
            if path.exists():
                text += path.read_text(errors="backslashreplace")
        return text

    def access_log_fields(self) -> list:
        """The lines of the access log, each a dict of site.log_format's names; an absent value is empty."""
        path = self.access_log_path()
        lines = path.read_text(errors="backslashreplace").splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines]
        return [{name: "" if value == "-" else value for name, value in line.items()} for line in found]

    def words(self, policy: str) -> str:
        """The directive's words with {folder} filled in."""
        return policy.replace("{folder}", str(self.folder))

    def show_logs(self) -> None:
        last = "\n".join(self.log_text().splitlines()[-60:])
        print(f"--- {self.kind}\n{self.config_path().read_text()}\n--- log\n{last}")

    def expect_log(self, pattern: str) -> None:
        """Announces a warning or worse: it must come, and it fails no test."""
        self.expected.append(re.compile(pattern))

    def tolerate_log(self, pattern: str) -> None:
        """Announces a line that one kind of server logs at error level and another does not."""
        self.tolerated.append(re.compile(pattern))

    def check_log(self) -> None:
        lines = self.log_text().splitlines()
        for pattern in self.expected:
            assert any(pattern.search(line) for line in lines), f"never logged: {pattern.pattern}"
        strange = [
            line
            for line in lines
            if (self.trouble.search(line) or "Sanitizer" in line or "runtime error" in line)
            and not any(pattern.search(line) for pattern in self.expected + self.tolerated)
        ]
        assert not strange, f"{self.kind} logged what no test announced:\n" + "\n".join(strange)

    def processes(self) -> list:
        """The process ids of the server, master first."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "-g", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return sorted(map(int, found.stdout.split()), key=lambda pid: (pid != self.process.pid, pid))


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no resident memory")


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))
