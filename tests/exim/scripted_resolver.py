"""A resolver that answers what a test tells it to, over the socket that Exim's configuration names."""

import contextlib
import select
import shutil
import socket
import threading
from pathlib import Path

SOCKET = Path("/run/mta-sts/exim.sock")
GROUP = "Debian-exim"
NONE = "mode=none source=none"


def policy_line(mode, *mx, policy_id="20260101"):
    """The verdict line of a policy, as the resolver gives it."""
    words = f'mode={mode} id={policy_id} mx="{" ".join(mx)}"'
    if mode == "enforce":
        words += f' ignore="{" ; ".join([*map(_rule, dict.fromkeys(mx)), "*"])}"'
    return f"{words} source=cache expires=1893456000"


def _rule(pattern):
    label = "[^.]+[.]" if pattern.startswith("*.") else ""
    return f"! ^{label}{pattern.removeprefix('*.').replace('.', '[.]')}$"


class ScriptedResolver:
    """Answers `verdict DOMAIN` from `answers`, a line or a function of the connection; `otherwise` for all others.

    asked: every domain it was asked for, in order."""

    def __init__(self, path=SOCKET):
        self.path = path
        self.answers = {}
        self.otherwise = NONE
        self.asked = []
        path.parent.mkdir(exist_ok=True)
        self.start()

    def start(self):
        """Listens, in place of the one that was stopped."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        shutil.chown(self.path, group=GROUP)
        self.path.chmod(0o660)
        self._listener.listen(16)
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def stop(self, unlink=False):
        """Ends as a killed process does: nobody listens, the socket's file stays (or goes with `unlink`)."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if unlink:
            self.path.unlink()

    def restart(self):
        """Listens again."""
        self.path.unlink(missing_ok=True)
        self.start()

    def reset(self):
        """Forgets answers and questions."""
        self.otherwise = NONE
        self.answers.clear()
        self.asked.clear()

    def _serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:  # the asker may hang up
            for line in lines:
                word, _, domain = line.decode().rstrip("\n").partition(" ")
                assert word == "verdict"
                self.asked.append(domain)
                answer = self.answers.get(domain, self.otherwise)
                if callable(answer):
                    answer(connection)
                    return
                connection.sendall(f"{answer}\n".encode())


def silence(connection):
    """Says nothing until the asker has gone, who may have closed its own half long before."""
    gone = select.poll()
    gone.register(connection, select.POLLHUP)
    gone.poll()


def hang_up(connection):
    """Closes in the middle of an answer."""
    connection.sendall(b"mode=enfo")


def raw(data):
    """Sends bytes as they are."""
    return lambda connection: connection.sendall(data)
