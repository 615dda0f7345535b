"""Postfix as a sending mail server, as Debian installs it: chroot, queue, master.cf; main.cf is the test's.

Debian 12's lies over /usr as all of the lab's programs do. Debian 13's needs a libc of its own, so its programs run in a
folder that holds them alone, with the lab's /etc, /var and /run in it."""

import re
import shutil
import smtplib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .namespace import STATE, command, layer
from .processes import Program, accepts, wait_until

USER, DROP = "postfix", "postdrop"
ETC = Path("/etc/postfix")
QUEUE = Path("/var/spool/postfix")
LOG = Path("/var/log/postfix.log")
SHARE = Path("/usr/share/postfix")
SOCKET = QUEUE / "mta-sts/postfix.sock"
OUTCOMES = QUEUE / "mta-sts/outcomes.sock"
SENDER = "sender.example"
_LAB_USR = "/lab-usr"  # the lab's /usr, in a root of another release

# What is not Debian's: who this host is, and a log file in place of syslog.
_MAIN = f"""
myhostname = {SENDER}
mydestination =
inet_interfaces = loopback-only
maillog_file = {LOG}
alias_maps =
transport_maps = texthash:{ETC}/transport
"""

# Some more lines that hold for tests alone: nobody waits for a host that failed before.
_PATIENCE = """
default_destination_concurrency_failed_cohort_limit = 0
"""


@dataclass(frozen=True)
class Delivery:
    """What Postfix's log says about one message, after one delivery attempt.

    outcome: "sent", "deferred" or "bounced"; line: the log line that says so; lines: all since the message came."""

    outcome: str
    line: str
    lines: tuple
    message_id: str


class Place:
    """Where a Postfix is installed. root: "" for the lab's own /usr, else the folder that its programs see as /."""

    def __init__(self, root=""):
        self.root = root

    def run(self, *words):
        """The words of a command of this Postfix."""
        return (("chroot", self.root) if self.root else ()) + words

    def path(self, name):
        """A file of this Postfix, seen from the lab."""
        return Path(f"{self.root}{name}")

    def run_product(self, user):
        """The words of `mta-sts` as that user, who runs this Postfix's sendmail: with the libraries of the lab's own system where they are others."""
        if not self.root:
            return ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "mta-sts")
        libraries = Path(f"{self.root}{_LAB_USR}")
        if not libraries.is_dir():
            libraries.mkdir()
            command("mount", "--bind", "/usr", libraries)
        loader = next(Path("/usr/lib").glob("*-linux-gnu/ld-linux*"))
        loader_there = f"{_LAB_USR}/{loader.relative_to('/usr')}"
        folders = f"{Path(loader_there).parent}:{_LAB_USR}/lib"
        return ("chroot", f"--userspec={user}:{user}", "--groups=", self.root, loader_there, "--library-path", folders, f"{_LAB_USR}/bin/mta-sts")

    def version(self):
        """Its version, as two numbers."""
        major, minor = command(*self.run("postconf", "-dh", "mail_version")).strip().split(".")[:2]
        return int(major), int(minor)


def _make_folders():
    for folder in (QUEUE, Path("/var/lib/postfix")):
        folder.mkdir(parents=True, exist_ok=True)
        command("mount", "-t", "tmpfs", "-o", "mode=755", "postfix", folder)
    command("chown", f"{USER}:{USER}", "/var/lib/postfix")


def install(unpacked):
    """Puts Debian 12's Postfix into place as its package would: folders, rights, configuration."""
    _make_folders()
    return _install(Place(), unpacked)


def install_next(unpacked):
    """The same for Debian 13's, unpacked with everything that it needs."""
    _make_folders()
    root = STATE / "debian-13"
    root.mkdir()
    layer(root, over=[unpacked])
    for folder in ("/etc", "/var", "/run", "/dev", "/proc", "/tmp"):
        (root / folder[1:]).mkdir(exist_ok=True)
        command("mount", "--rbind", folder, f"{root}{folder}")
    return _install(Place(str(root)), unpacked)


def _install(place, unpacked):
    shutil.copytree(unpacked / "etc/postfix", ETC, dirs_exist_ok=True)
    shutil.copy(place.path(SHARE / "dynamicmaps.cf"), ETC)
    shutil.copy(place.path(SHARE / "master.cf.dist"), ETC / "master.cf")
    for program in ("postdrop", "postqueue"):
        command("chgrp", DROP, place.path(f"/usr/sbin/{program}"))
        command("chmod", "2755", place.path(f"/usr/sbin/{program}"))
    (ETC / "transport").touch()
    Path("/etc/aliases").touch()
    return place


class Postfix:
    """A running Postfix. settings: lines of main.cf; transport: lines of transport_maps."""

    def __init__(self, place, settings="", transport=""):
        self.place = place
        shutil.copy(place.path(SHARE / "main.cf.debian"), ETC / "main.cf")
        self._set((_MAIN + _PATIENCE + settings).strip().splitlines())
        (ETC / "transport").write_text(f"{SENDER} discard:\n{transport}")
        self._start()

    def _start(self):
        # Before the start comes a copy of what a chroot needs: 3.7's unit makes it on Debian, 3.10's check.
        if self.place.version() < (3, 10):
            command("/usr/lib/postfix/configure-instance.sh", "-")
        command(*self.place.run("postfix", "check"))
        # master itself, as `postfix start-fg` runs it: its signals are for the program and not for a shell in between.
        words = self.place.run("/usr/lib/postfix/sbin/master", "-s", "-c", ETC)
        self.program = Program("postfix", words, lambda: accepts("127.0.0.1", 25))

    def configure(self, settings):
        """Writes `name = value` settings and starts anew."""
        self.stop()
        self._set(settings)
        self._start()

    def send(self, recipient, sender=f"someone@{SENDER}"):
        """Submits one message, waits for its first delivery attempt and says what came of it."""
        before = LOG.stat().st_size if LOG.exists() else 0
        with smtplib.SMTP("127.0.0.1", 25, timeout=60) as client:
            client.ehlo()
            for code, text in (client.mail(sender), client.rcpt(recipient)):
                assert code == 250, text
            code, text = client.data(f"From: {sender}\r\nTo: {recipient}\r\nSubject: A message\r\n\r\nHello.\r\n")
        message = re.fullmatch(r".* queued as (\S+)", text.decode())[1]
        return self._outcome(before, message)

    def retry(self, delivery):
        """Attempts the delivery of a deferred message again."""
        before = LOG.stat().st_size
        command(*self.place.run("postqueue", "-i", delivery.message_id))
        return self._outcome(before, delivery.message_id)

    def queue(self):
        """The names of the messages in the queue."""
        return re.findall(r'"queue_id": "(\w+)"', command(*self.place.run("postqueue", "-j")))

    def ask(self, key, table):
        """What a table says for a key, asked as an administrator would: exit code and text."""
        words = self.place.run("postmap", "-q", key, table)
        done = subprocess.run(words, text=True, capture_output=True, check=False)
        return done.returncode, (done.stdout or done.stderr).strip()

    def stop(self):
        """Ends it, with every process that takes mail."""
        self.program.stop()
        wait_until(lambda: not accepts("127.0.0.1", 25), "the end of Postfix")

    def _set(self, settings):
        lines = [line for line in settings if line]
        if lines:
            command(*self.place.run("postconf", "-e", *lines))

    @staticmethod
    def _outcome(before, message):
        def lines():
            with LOG.open(encoding="utf-8", errors="replace") as log:
                log.seek(before)
                return log.read().splitlines()

        def status():
            return next((line for line in lines() if f" {message}: " in line and " status=" in line), None)

        line = wait_until(status, f"the delivery of {message} ({LOG})", 120)
        return Delivery(re.search(r" status=(\w+)", line)[1], line, tuple(lines()), message)
