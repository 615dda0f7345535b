"""A real IMAP server, Dovecot of Debian's package, in a folder of its own; scripts/test unpacks it."""

import contextlib
import email.message
import gzip
import imaplib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests/servers"))
from tls import make_certificate  # noqa: E402

UNPACKED = ROOT / "build/lab-dovecot/root"
UNPACKED_13 = ROOT / "build/lab-dovecot-13/root"  # the next release's, which has other settings, with all that it needs in a chroot
SECONDS = 60
USER, PASSWORD = "reports@example.com", "correct\"horse"

has_both = (UNPACKED_13 / "usr/sbin/dovecot").exists()
needed = pytest.mark.skipif(not (UNPACKED / "usr/sbin/dovecot").exists() or os.geteuid() != 0,
                            reason="sudo scripts/test unpacks Debian's package dovecot-imapd, and runs it as root")  # fmt: skip

COMMON = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
default_internal_user = daemon
default_internal_group = daemon
default_login_user = nobody
first_valid_uid = 1
ssl = required
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""

# Before 2.4 the settings had other names.
OLD = """
protocols = imap
ssl_cert = <{folder}/host.pem
ssl_key = <{folder}/host.key
mail_location = maildir:~/Maildir
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/home
}}
"""
NEW = """
dovecot_config_version = {version}
dovecot_storage_version = {version}
protocols {{
  imap = yes
}}
ssl_server_cert_file = {folder}/host.pem
ssl_server_key_file = {folder}/host.key
mail_driver = maildir
mail_path = ~/Maildir
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = mail
    gid = mail
    home = {folder}/home
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, seconds=SECONDS):
    """Waits until the condition gives something, which is given."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.02)
    return found


def mail_of(report, **fields):
    """A report as RFC 8460 sends it by mail."""
    mail = email.message.EmailMessage()
    for name, value in {"From": "tls@sender.example", "To": USER, "Subject": "Report Domain: example.com", **fields}.items():
        mail[name] = value
    mail.set_content("A report is attached.")
    mail.add_attachment(gzip.compress(json.dumps(report).encode()), maintype="application", subtype="tlsrpt+gzip", filename="report.json.gz")
    return mail.as_bytes()


OTHER_MAIL = b"From: a@sender.example\r\nSubject: hello\r\n\r\nSee you tomorrow.\r\n"


class Dovecot:
    """`with Dovecot() as server:`; its user has USER's mailboxes."""

    def __init__(self, is_of_13=False):
        self.is_of_13 = is_of_13
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mta-sts-dovecot-"))
        self.folder.chmod(0o755)
        self.port, self.starttls_port = free_port(), free_port()
        self.certificate = make_certificate(self.folder, "localhost")
        self.password_file = self.folder / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.password_file.chmod(0o600)
        self._process = None

    def __enter__(self):
        (self.folder / "home").mkdir()
        shutil.chown(self.folder / "home", "mail", "mail")
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)

    def _inside(self, *words):
        """The command of the server where the package seems to be installed: its programs know each other by their places."""
        if not self.is_of_13:
            mounted = 'mount -t overlay overlay -o "lowerdir=$1/usr:/usr" /usr && shift && exec /usr/sbin/dovecot "$@"'
            return ["unshare", "--mount", "sh", "-c", mounted, "sh", str(UNPACKED), *map(str, words)]
        mounted = """root=$1 folder=$2 && shift 2 && mkdir -p "$root/tmp" "$root/dev" "$root/proc" "$root/etc" &&
            mount -t tmpfs tmpfs "$root/tmp" && mkdir -p "$root$folder" && mount --bind "$folder" "$root$folder" &&
            mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" && mount --bind /etc "$root/etc" &&
            exec chroot "$root" /usr/sbin/dovecot "$@\""""
        return ["unshare", "--mount", "sh", "-c", mounted, "sh", str(UNPACKED_13), str(self.folder), *map(str, words)]

    def start(self):
        version = subprocess.run(self._inside("--version"), check=True, capture_output=True, text=True, timeout=SECONDS).stdout.split()[0]
        is_old = version.startswith("2.3")
        text = (OLD if is_old else NEW) + COMMON
        config = self.folder / "dovecot.conf"
        config.write_text(text.format(folder=self.folder, port=self.port, password=PASSWORD, starttls_port=self.starttls_port,
                                      version=version.split("-")[0]))  # fmt: skip
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(self._inside("-F", "-c", config), stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        until(self._answers, self.log)

    def log(self):
        return "".join(path.read_text(errors="replace") for name in ("output", "log") if (path := self.folder / name).exists())

    def _answers(self):
        assert self._process.poll() is None, self.log()
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            with self.client():
                return True
        return False

    def stop(self):
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(SECONDS)
            self._process = None

    def client(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # Python 3.13's default demands more of an authority than TLS libraries do
        context.load_verify_locations(self.certificate.authority)
        client = imaplib.IMAP4_SSL("localhost", self.port, ssl_context=context, timeout=SECONDS)
        client.login(USER, PASSWORD)
        return client

    def put(self, *mails, mailbox="INBOX", flags=None):
        with self.client() as client:
            for mail in mails:
                assert client.append(mailbox, flags, None, mail)[0] == "OK"

    def mails(self, mailbox="INBOX"):
        """The flags of each mail, by UID."""
        with self.client() as client:
            if client.select(f'"{mailbox}"', readonly=True)[0] != "OK":
                return None
            _, found = client.uid("FETCH", "1:*", "(FLAGS)")
            lines = [line.decode() for line in found if line]
            return {int(line.split("UID ")[1].split()[0].rstrip(")")): line.split("FLAGS (")[1].split(")")[0].split() for line in lines}

    def do(self, *words):
        """One command of a user with its arguments."""
        with self.client() as client:
            kind, answer = getattr(client, words[0])(*words[1:])
            assert kind == "OK", answer
            return answer

    def options(self, scheme="imaps", mailbox=""):
        port = self.port if scheme == "imaps" else self.starttls_port
        return ["--imap", f"{scheme}://{USER.replace('@', '%40')}@localhost:{port}/{mailbox}", "--imap-password-file", str(self.password_file),
                "--imap-ca", str(self.certificate.authority)]  # fmt: skip
