"""Our resolver, run as its package would run it: own user, sockets and readiness from the service manager's side."""

import os
import socket
from pathlib import Path

from .namespace import STATE, command
from .postfix import OUTCOMES as POSTFIX_OUTCOMES, SOCKET as POSTFIX_SOCKET, USER as POSTFIX_GROUP
from .processes import Program

USER = "mta-sts"
RUN = Path("/run/mta-sts")
CACHE = Path("/var/lib/mta-sts")
OUTCOMES = RUN / "outcomes.sock"
SOCKETS = {RUN / "resolver.sock": USER, RUN / "exim.sock": "Debian-exim", OUTCOMES: "Debian-exim:outcomes"}


class Resolver:
    """The running resolver. Its cache outlives a restart."""

    def __init__(self, *words, postfix=False):
        """words: further options of `mta-sts resolver`. postfix: with the sockets of mta-sts-postfix.socket and mta-sts-postfix-outcomes.socket."""
        sockets = [f"{path}:{group}" for path, group in SOCKETS.items()]
        if postfix:
            POSTFIX_SOCKET.parent.mkdir(exist_ok=True)
            sockets += [f"{POSTFIX_SOCKET}:{POSTFIX_GROUP}:postfix-socketmap", f"{POSTFIX_OUTCOMES}:{POSTFIX_GROUP}:outcomes"]
        for folder, mode in ((RUN, 0o755), (CACHE, 0o700)):
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)
        command("chown", f"{USER}:{USER}", CACHE)
        notify = STATE / "notify.sock"
        notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
            inbox.bind(str(notify))
            notify.chmod(0o666)
            inbox.setblocking(False)
            self.program = Program("resolver", [
                "/usr/bin/python3", "-B", Path(__file__).with_name("activate.py"), USER,
                *sockets, "--",
                "mta-sts", "resolver", "--cache", CACHE / "cache.sqlite", *words,
            ], lambda: self._told_ready(inbox), env={**os.environ, "NOTIFY_SOCKET": str(notify)})

    def stop(self):
        """Ends it, as the service manager would."""
        self.program.stop()

    @staticmethod
    def _told_ready(inbox):
        try:
            return b"READY=1" in inbox.recv(4096)
        except BlockingIOError:
            return False
