"""The receiving mail hosts on port 25, scripted ones and a real Exim, and what each of them really received."""

import json
import re
from dataclasses import dataclass, replace

from .exim import SPOOL_USER, Exim
from .namespace import STATE, command
from .processes import Program, accepts, start_script

FOLDER = STATE / "mail"

_RECEIVER = """
primary_hostname = {name}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
exim_user = {user}
exim_group = {user}
local_interfaces = {address}
daemon_smtp_ports = 25
tls_advertise_hosts = *
tls_certificate = {chain}
tls_privatekey = {key}
log_selector = +received_recipients +tls_cipher +tls_peerdn
acl_smtp_rcpt = accept
acl_smtp_data = accept
host_lookup =
rfc1413_hosts =
begin routers
inbox:
  driver = accept
  transport = inbox
begin transports
inbox:
  driver = appendfile
  file = {folder}/inbox
  user = {user}
"""


@dataclass(frozen=True)
class Received:
    """One message as the receiving host saw it; tls is None for plaintext."""

    sender: str
    recipients: tuple
    message_id: str
    tls: str | None


# The fields of domains.Mail that smtp_host.py is told.
_SCRIPT = ("starttls", "login", "greeting", "greets_after", "at_once", "wants_full_name", "tls")


class ScriptedHosts:
    """Every scripted mail host, in one process."""

    def __init__(self, hosts):
        """hosts: a list of (name, address, Mail, Certificate), a host with several addresses several times."""
        FOLDER.mkdir(exist_ok=True)
        self._hosts = list(hosts)
        self._logs = {name: FOLDER / f"{name}.jsonl" for name, *_ in hosts}
        for log in self._logs.values():
            log.touch()
        self.start()

    def start(self):
        """Starts all of them, also after stop()."""
        self.program = self._start()

    def _start(self):
        config = FOLDER / "hosts.json"
        config.write_text(json.dumps([
            {"name": name, "address": address, "chain": str(made.chain), "key": str(made.key),
             "log": str(self._logs[name]), **{field: getattr(mail, field) for field in _SCRIPT}}
            for name, address, mail, made in self._hosts]))
        return start_script("smtp-hosts", "smtp_host.py", config)

    def stop(self):
        """Ends all of them."""
        self.program.stop()

    def change(self, name, **fields):
        """Makes a host behave otherwise from now on: fields of domains.Mail, but for its certificate."""
        self.program.stop()
        self._hosts = [(known, address, replace(mail, **fields) if known == name else mail, made)
                       for known, address, mail, made in self._hosts]
        self.start()

    def events(self, name):
        """The lines of one host's log: connections, handshakes that failed, messages."""
        return [json.loads(line) for line in self._logs[name].read_text().splitlines()]

    def received(self, name):
        """The messages that a host took."""
        return [Received(line["sender"], tuple(line["recipients"]), line["message_id"], line["tls"])
                for line in self.events(name) if line["event"] == "message"]


class EximHost:
    """A receiving host that is a real Exim, with a spool of its own."""

    _LINE = re.compile(r" <= (?P<sender>\S+) H=.*? P=(?P<protocol>\S+)(?: X=(?P<tls>\S+))?.* id=(?P<id>\S+)"
                       r".* for (?P<recipients>.+)$")

    def __init__(self, name, address, made):
        self.folder = FOLDER / name
        self.folder.mkdir(parents=True)
        key = self.folder / "key.pem"
        key.write_bytes(made.key.read_bytes())
        self._config = Exim.trusted_config(f"receiver-{name}.conf", _RECEIVER.format(
            name=name, address=address, folder=self.folder, chain=made.chain, key=key, user=SPOOL_USER))
        command("chown", "-R", f"{SPOOL_USER}:{SPOOL_USER}", self.folder)
        self.program = Program(f"exim-{name}", ["exim4", "-C", self._config, "-bdf"], lambda: accepts(address, 25))

    def received(self):
        """The messages that it took."""
        log = self.folder / "mainlog"
        found = map(self._LINE.search, log.read_text().splitlines() if log.exists() else [])
        return [Received(line["sender"], tuple(line["recipients"].split()), line["id"],
                         line["tls"].partition(":")[0] if line["tls"] else None) for line in found if line]

    def stop(self):
        """Ends it."""
        self.program.stop()
