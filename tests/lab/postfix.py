"""Postfix as a sending mail server, as Debian installs it: chroot, queue, master.cf; main.cf is the test's."""

import re
import shutil
import smtplib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .namespace import command
from .processes import Program, accepts, wait_until

USER, DROP = "postfix", "postdrop"
ETC = Path("/etc/postfix")
QUEUE = Path("/var/spool/postfix")
LOG = Path("/var/log/postfix.log")
SHARE = Path("/usr/share/postfix")
SOCKET = QUEUE / "mta-sts/postfix.sock"
SENDER = "sender.example"

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


def install(unpacked):
    """Puts Debian's Postfix into place as its package would: folders, rights, configuration."""
    for folder in (QUEUE, Path("/var/lib/postfix")):
        folder.mkdir(parents=True, exist_ok=True)
        command("mount", "-t", "tmpfs", "-o", "mode=755", "postfix", folder)
    command("chown", f"{USER}:{USER}", "/var/lib/postfix")
    shutil.copytree(unpacked / "etc/postfix", ETC, dirs_exist_ok=True)
    shutil.copy(SHARE / "dynamicmaps.cf", ETC)
    shutil.copy(SHARE / "master.cf.dist", ETC / "master.cf")
    for program in ("postdrop", "postqueue"):
        command("chgrp", DROP, f"/usr/sbin/{program}")
        command("chmod", "2755", f"/usr/sbin/{program}")
    (ETC / "transport").touch()
    Path("/etc/aliases").touch()


def version():
    """The version of the Postfix that is here, as two numbers."""
    major, minor = command("postconf", "-h", "mail_version").strip().split(".")[:2]
    return int(major), int(minor)


class Postfix:
    """A running Postfix. settings: lines of main.cf; transport: lines of transport_maps."""

    def __init__(self, settings="", transport=""):
        debian = (SHARE / "main.cf.debian").read_text()
        (ETC / "main.cf").write_text(debian + _MAIN + _PATIENCE + settings)
        (ETC / "transport").write_text(f"{SENDER} discard:\n{transport}")
        self._start()

    def _start(self):
        # What Debian's unit does before the start: the files that a chroot needs.
        command("/usr/lib/postfix/configure-instance.sh", "-")
        command("postfix", "check")
        # master itself, as `postfix start-fg` runs it: its signals are for the program and not for a shell in between.
        self.program = Program("postfix", ["/usr/lib/postfix/sbin/master", "-s", "-c", ETC], lambda: accepts("127.0.0.1", 25))

    def configure(self, settings):
        """Writes `name = value` settings and starts anew."""
        self.stop()
        command("postconf", "-e", *settings)
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
        command("postqueue", "-i", delivery.message_id)
        return self._outcome(before, delivery.message_id)

    def queue(self):
        """The names of the messages in the queue."""
        return re.findall(r'"queue_id": "(\w+)"', command("postqueue", "-j"))

    def stop(self):
        """Ends it."""
        self.program.stop()

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


def postmap(key, table):
    """What a table says for a key, asked as an administrator would."""
    done = subprocess.run(["postmap", "-q", key, table], text=True, capture_output=True, check=False)
    return done.returncode, (done.stdout or done.stderr).strip()
