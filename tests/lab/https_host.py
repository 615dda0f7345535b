"""Policy hosts, scripted: `python3 https_host.py CONFIG READY_FD`, for answers that our modules would never give.

CONFIG is {addresses, log, hosts: [{name, chain, key, path, status, headers, body, raw}]}; body and raw are latin-1 text, and
raw stands in the place of HTTP where it is not null. Every request is one JSON line in the log."""

import json
import os
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers(BaseHTTPRequestHandler):
    """Gives each host's one answer, byte for byte."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    hosts = {}
    log = None

    def do_GET(self):
        """Answers by the Host header, and with 404 where the host has another path alone."""
        name = self.headers.get("Host", "").partition(":")[0]
        host = self.hosts.get(name)
        self.log.write(json.dumps({"time": time.time(), "host": name, "path": self.path}) + "\n")
        if host is None:
            self.send_error(421)
            return
        if host["path"] not in ("", self.path):
            self.send_error(404)
            return
        body = host["body"].encode("latin-1")
        self.send_response_only(host["status"])
        for key, value in host["headers"]:
            self.send_header(key, value)
        if not any(key.lower() in ("content-length", "transfer-encoding") for key, _ in host["headers"]):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        """Nothing beside the JSON lines."""


def _context(host):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # weak keys are for the client to refuse
    context.load_cert_chain(host["chain"], host["key"])
    return context


class Server(ThreadingHTTPServer):
    """Shakes hands in the connection's own thread, so that one slow client holds up nobody."""

    daemon_threads = True
    contexts = {}

    def _choose(self, connection, name, first):
        connection.asked_for = name
        connection.context = self.contexts.get(name, first)

    def finish_request(self, request, client_address):
        first = next(iter(self.contexts.values()))
        first.sni_callback = self._choose
        request.settimeout(30)
        try:
            with first.wrap_socket(request, server_side=True) as connection:
                raw = Answers.hosts.get(getattr(connection, "asked_for", None), {}).get("raw")
                if raw is None:
                    super().finish_request(connection, client_address)
                else:
                    connection.recv(65536)
                    connection.sendall(raw.encode("latin-1"))
        except (ssl.SSLError, OSError) as error:
            Answers.log.write(json.dumps({"time": time.time(), "lost": str(error)}) + "\n")


def main():
    """Serves until it is ended; says on READY_FD when it listens."""
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    Answers.log = open(config["log"], "a", buffering=1, encoding="utf-8")
    Answers.hosts = {host["name"]: host for host in config["hosts"]}
    Server.contexts = {host["name"]: _context(host) for host in config["hosts"]}
    for address in config["addresses"]:
        Server.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        threading.Thread(target=Server((address, 443), Answers).serve_forever, daemon=True).start()
    os.write(int(sys.argv[2]), b"ready\n")
    os.close(int(sys.argv[2]))
    threading.Event().wait()


main()
