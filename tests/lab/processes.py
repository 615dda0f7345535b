"""The programs that run in the lab: started, awaited, watched and ended by their own process ids."""

import os
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

from .namespace import LabError, STATE

START_SECONDS = 60
STOP_SECONDS = 20


def wait_until(condition, what, seconds=START_SECONDS, pause=0.01):
    """Asks condition() until it is true and returns its value; LabError naming `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not so after {seconds} s")
        select.select([], [], [], pause)


def accepts(address, port):
    """Whether a TCP connection to address and port is accepted."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        return client.connect_ex((address, port)) == 0


def _tail(path, lines=15):
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


def sanitizers(module):
    """The sanitizer runtimes that a program or module of ours needs; none in a build without them."""
    needed = subprocess.run(["objdump", "-p", module], capture_output=True, text=True, check=True).stdout
    return [subprocess.run(["gcc", f"-print-file-name={name}.so"], capture_output=True, text=True, check=True).stdout.strip()
            for name in ("libasan", "libubsan") if name in needed]


def hosting(module):
    """The environment of an unmodified program that loads a module of ours: sanitizer runtimes must come first."""
    libraries = sanitizers(module)
    return {**os.environ, "LD_PRELOAD": " ".join(libraries), "ASAN_OPTIONS": "detect_leaks=0"} if libraries else None


class Program:
    """One running program. Its output goes to log/NAME.out under the lab's state folder."""

    def __init__(self, name, words, ready, **options):
        self.name = name
        self.log = STATE / "log" / f"{name}.out"
        self._killed = False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **options)
        wait_until(lambda: self._ready(ready), f"{name} ready ({self.log})")

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process.poll() is None

    def _ready(self, ready):
        if not self.running():
            raise LabError(f"{self.name} ended with {self._process.returncode} at its start:\n{_tail(self.log)}")
        return ready()

    def stop(self, number=signal.SIGTERM):
        """Ends the program. One that ended before by itself, or does not end in time, is an error."""
        if self._killed:
            return
        if not self.running():
            raise LabError(f"{self.name} ended by itself with {self._process.returncode}:\n{_tail(self.log)}")
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise LabError(f"{self.name} did not end within {STOP_SECONDS} s") from error

    def kill(self):
        """Ends the program at once, as a crash would."""
        self._killed = True
        self._process.kill()
        self._process.wait()

    def hang_up(self):
        os.kill(self.pid, signal.SIGHUP)


def start_script(name, script, config):
    """Runs a scripted server of this folder, which writes to a pipe when it listens."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)

    def ready():
        try:
            return os.read(read_end, 16) != b""
        except BlockingIOError:
            return False
    try:
        words = ["/usr/bin/python3", Path(__file__).with_name(script), config, write_end]
        return Program(name, words, ready, pass_fds=[write_end])
    finally:
        os.close(read_end)
        os.close(write_end)
