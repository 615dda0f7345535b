"""Receiving mail hosts, scripted: `python3 smtp_host.py CONFIG READY_FD`.

CONFIG is a JSON list of {name, address, chain, key, log} and the fields of domains.Mail that mail.py names. Each host writes one JSON line for every
connection, every login, every MAIL and every message that it took: what really arrived, and under which TLS. It speaks
LMTP with a client that says LHLO."""

import base64
import json
import os
import socket
import ssl
import sys
import threading
import time

IDLE_SECONDS = 30
LINE_LIMIT = 64 * 1024


class Host:
    """One mail host: its address, its certificate, its misbehaviour and its log."""

    def __init__(self, config):
        self.name, self.address, self.starttls = config["name"], config["address"], config["starttls"]
        self.login, self.greeting, self.greets_after = config["login"], config["greeting"], config["greets_after"]
        self.at_once, self.wants_full_name = config["at_once"], config["wants_full_name"]
        self.open = 0
        self._log = open(config["log"], "a", buffering=1, encoding="utf-8")
        self._lock = threading.Lock()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.set_ciphers("DEFAULT:@SECLEVEL=0")  # weak keys are for the client to refuse
        self.tls.load_cert_chain(config["chain"], config["key"])
        self.tls.sni_callback = _remember_sni
        if config["tls"]:
            self.tls.set_ciphers("ALL:@SECLEVEL=0")
            self.tls.minimum_version = self.tls.maximum_version = ssl.TLSVersion[config["tls"].replace(".", "_")]

    def count(self, change):
        """Notes a connection that came (1) or went (-1); gives how many there are."""
        with self._lock:
            self.open += change
            return self.open

    def write(self, event, **fields):
        """Adds one line to the host's log."""
        line = json.dumps({"time": time.time(), "event": event, **fields})
        with self._lock:
            self._log.write(line + "\n")


class Session:
    """One SMTP session. Says what the host's script says, remembers the envelope."""

    def __init__(self, host, connection, peer, is_crowded):
        self._host = host
        self._is_crowded = is_crowded
        self._connection = connection
        self._client = {"peer": peer, "helo": "", "login": "", "sni": ""}
        self._is_lmtp = False
        self._file = connection.makefile("rb")
        self._tls = None
        self._sender, self._recipients = None, []

    def run(self):
        """Serves the client until it leaves."""
        time.sleep(self._host.greets_after)
        if self._is_crowded:
            self._say(f"421 4.7.0 {self._host.name} too many connections from you")
            return
        self._say(self._host.greeting or f"220 {self._host.name} ESMTP")
        while True:
            line = self._file.readline(LINE_LIMIT)
            if not line:
                return
            verb, _, rest = line.decode("latin-1").strip().partition(" ")
            action = getattr(self, f"_on_{verb.lower()}", None)
            if action is None:
                self._say("502 5.5.1 not known here")
            elif action(rest) is False:
                return

    def _say(self, *lines):
        text = "".join(f"{line}\r\n" for line in lines)
        self._connection.sendall(text.encode())

    def _on_lhlo(self, rest):
        self._is_lmtp = True
        self._on_ehlo(rest)

    def _on_ehlo(self, rest):
        self._client["helo"] = rest
        if self._host.wants_full_name and "." not in rest and not rest.startswith("["):
            self._say("504 5.5.2 need fully-qualified hostname")
            return
        words = ["SIZE 10485760", "PIPELINING", "8BITMIME"] + ["AUTH PLAIN"] * self._host.login
        if self._host.starttls != "no" and not self._tls:
            words.append("STARTTLS")
        *first, last = [self._host.name, *words]
        self._say(*[f"250-{word}" for word in first], f"250 {last}")

    def _on_auth(self, rest):
        _, _, given = rest.partition(" ")
        self._client["login"] = base64.b64decode(given).decode().strip("\0").replace("\0", "/")
        self._host.write("login", **self._client)
        self._say("235 2.7.0 welcome")

    def _on_helo(self, _):
        self._say(f"250 {self._host.name}")

    def _on_starttls(self, _):
        if self._host.starttls == "no":
            self._say("502 5.5.1 not known here")
            return None
        if self._host.starttls.isdigit():
            self._host.write("starttls-refused")
            self._say(f"{self._host.starttls} TLS not available")
            return None
        self._say("220 2.0.0 ready")
        if self._host.starttls == "closes":
            return False
        if self._host.starttls == "garbage":
            self._host.write("garbage-sent")
            self._connection.sendall(b"this is no TLS record\r\n" * 4)
            return False
        return self._handshake()

    def _handshake(self):
        try:
            self._connection = self._host.tls.wrap_socket(self._connection, server_side=True)
        except (ssl.SSLError, OSError) as error:
            self._host.write("handshake-failed", error=str(error))
            return False
        self._file = self._connection.makefile("rb")
        self._tls = self._connection.version()
        self._client["sni"] = getattr(self._connection, "sni", None) or ""
        self._host.write("tls", version=self._tls, sni=self._client["sni"], helo=self._client["helo"])
        self._sender, self._recipients = None, []
        return None

    def _on_mail(self, rest):
        self._sender = _address(rest)
        self._recipients = []
        self._host.write("mail", sender=self._sender, **self._client)
        self._say("250 2.1.0 ok")

    def _on_rcpt(self, rest):
        self._recipients.append(_address(rest))
        self._say("250 2.1.5 ok")

    def _on_data(self, _):
        if not self._recipients:
            self._say("503 5.5.1 no recipient")
            return
        self._say("354 go on")
        content = []
        while (line := self._file.readline(LINE_LIMIT)) not in (b".\r\n", b""):
            content.append(line)
        text = b"".join(content).decode("latin-1")
        self._host.write("message", tls=self._tls, sender=self._sender, recipients=self._recipients,
                         message_id=_header(text, "message-id"), subject=_header(text, "subject"),
                         text=text.replace("\r\n", "\n"), **self._client)
        for _ in self._recipients if self._is_lmtp else "1":
            self._say("250 2.0.0 taken")

    def _on_rset(self, _):
        self._sender, self._recipients = None, []
        self._say("250 2.0.0 ok")

    def _on_noop(self, _):
        self._say("250 2.0.0 ok")

    def _on_quit(self, _):
        self._say("221 2.0.0 bye")
        if self._tls:
            self._connection.unwrap()
        return False


def _remember_sni(connection, name, _):
    connection.sni = name


def _address(rest):
    return rest.partition("<")[2].partition(">")[0]


def _header(text, name):
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if not line:
            break
        if colon and key.lower() == name:
            return value.strip().strip("<>")
    return None


def _converse(host, connection, peer):
    open_now = host.count(1)
    host.write("connection", peer=peer[0], open=open_now)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        connection.settimeout(IDLE_SECONDS)
        try:
            Session(host, connection, peer[0], 0 < host.at_once < open_now).run()
        except OSError as error:
            host.write("lost", error=str(error))
        finally:
            host.count(-1)


def _listen(host, listener):
    while True:
        connection, peer = listener.accept()
        threading.Thread(target=_converse, args=(host, connection, peer), daemon=True).start()


def main():
    """Listens for every host of the configuration, then says so on READY_FD."""
    with open(sys.argv[1], encoding="utf-8") as file:
        hosts = [Host(config) for config in json.load(file)]
    for host in hosts:
        family = socket.AF_INET6 if ":" in host.address else socket.AF_INET
        listener = socket.create_server((host.address, 25), family=family, backlog=64)
        threading.Thread(target=_listen, args=(host, listener), daemon=True).start()
    os.write(int(sys.argv[2]), b"ready\n")
    os.close(int(sys.argv[2]))
    threading.Event().wait()


main()
