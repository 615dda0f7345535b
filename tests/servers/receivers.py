"""Receivers of TLS reports by HTTPS, scripted: what a path answers is the test's to say, however wrong that is."""

import socket
import ssl
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tls import server_context


class Receivers:
    """One TLS port; `statuses[path]` are the statuses of its answers one after the other, the last for all that follow."""

    def __init__(self, certificate):
        self.statuses = defaultdict(lambda: [201])
        self.bodies = {}  # path -> bytes of the answer
        self.taken = []  # (path, Content-Type, body)
        self.open_now = self.open_most = 0
        self.hanging = set()  # paths that never answer, till the end
        self.ended = threading.Event()
        self.lock = threading.Lock()
        receivers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receivers.lock:
                    receivers.taken.append((self.path, self.headers["Content-Type"], body))
                    receivers.open_now += 1
                    receivers.open_most = max(receivers.open_most, receivers.open_now)
                    left = receivers.statuses[self.path]
                    status = left.pop(0) if len(left) > 1 else left[0]
                if self.path in receivers.hanging:
                    receivers.ended.wait(60)
                with receivers.lock:
                    receivers.open_now -= 1
                answer = receivers.bodies.get(self.path, b"")
                self.send_response_only(status)
                self.send_header("Content-Length", str(len(answer)))
                self.send_header("Location", "/elsewhere")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(answer)
                self.close_connection = True

            def log_message(self, *_):
                """Nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            context = server_context(certificate)

            def finish_request(self, request, client_address):
                request.settimeout(30)
                try:
                    with self.context.wrap_socket(request, server_side=True) as stream:
                        super().finish_request(stream, client_address)
                except (ssl.SSLError, OSError):
                    pass  # a sender may end a connection whenever it likes

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def paths(self) -> list:
        return [path for path, _, _ in self.taken]


def closed_port() -> int:
    """A port of loopback at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
