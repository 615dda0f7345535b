"""What a resolver asks, scripted: a name server and policy hosts on free loopback ports, each in threads of the test.

Both count what they are asked, and both answer as the test says, however wrong that is.
"""

import select
import socket
import struct
import threading
from dataclasses import dataclass, field

from tls import server_context

A, CNAME, MX, TXT, AAAA = 1, 5, 15, 16, 28
NO_ERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def wire_name(name: str) -> bytes:
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(owner: bytes, kind: int, ttl: int, data: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def txt_data(*strings: str) -> bytes:
    return b"".join(bytes([len(text.encode())]) + text.encode() for text in strings)


@dataclass
class Reply:
    """The answer to one question: a response code, or records' data, or nothing at all."""

    code: int = NO_ERROR
    records: list = field(default_factory=list)  # the data of each record, of the type asked
    ttl: int = 60
    silent: bool = False


def txt_reply(*records: str, ttl: int = 60) -> Reply:
    return Reply(records=[txt_data(text) for text in records], ttl=ttl)


class NameServer:
    """Answers over UDP; the policy hosts of every domain are at 127.0.0.1 unless the test says otherwise."""

    def __init__(self):
        self.replies = {}  # (name, type) -> Reply
        self.aliases = {}  # name -> the name that its CNAME leads to, whose records come in the same answer
        self.default = Reply(code=NXDOMAIN)
        self.everywhere = None  # a Reply to every question, whatever else is said
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.stop_read, self.stop_write = socket.socketpair()
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop_write.close()
        self.thread.join()
        self.stop_read.close()
        self.socket.close()

    def set_record(self, domain: str, *records: str, ttl: int = 60) -> None:
        self.replies["_mta-sts." + domain, TXT] = txt_reply(*records, ttl=ttl)

    def fail_record(self, domain: str, code: int = SERVFAIL) -> None:
        self.replies["_mta-sts." + domain, TXT] = Reply(code=code)

    def count(self, name: str, kind: int) -> int:
        return self.asked.count((name, kind))

    def serve(self) -> None:
        while True:
            ready, _, _ = select.select([self.socket, self.stop_read], [], [])
            if self.stop_read in ready:
                return
            query, client = self.socket.recvfrom(4096)
            answer = self.answer(query)
            if answer:
                self.socket.sendto(answer, client)

    def answer(self, query: bytes) -> bytes:
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack("!H", query[at + 1 : at + 3])[0]
        question = query[12 : at + 5]
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        target = self.aliases.get(name)
        owner, name = (wire_name(target), target) if target else (b"\xc0\x0c", name)
        reply = self.everywhere or self.replies.get((name, kind))
        if reply is None and name.startswith("mta-sts."):
            reply = Reply(records=[bytes([127, 0, 0, 1])]) if kind == A else Reply()
        if reply is None:
            reply = self.default
        if reply.silent:
            return b""
        records = [record(b"\xc0\x0c", CNAME, reply.ttl, owner)] if target else []
        records += [record(owner, kind, reply.ttl, data) for data in reply.records]
        header = query[:2] + struct.pack("!HHHHH", 0x8180 | reply.code, 1, len(records), 0, 0)
        return header + question + b"".join(records)


def policy_text(mode: str = "enforce", mx=("mail.example.net",), max_age: int = 604800) -> str:
    return "".join(
        ["version: STSv1\r\n", f"mode: {mode}\r\n", *(f"mx: {name}\r\n" for name in mx), f"max_age: {max_age}\r\n"]
    )


def http(body: str | bytes, status: str = "200 OK", kind: str = "text/plain", more: str = "") -> bytes:
    body = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n"
    return head.encode() + body


def listen_at(addresses) -> tuple:
    """Sockets at the addresses, on a port that is free at all of them, and that port."""
    for _ in range(100):
        listeners = []
        try:
            for address in addresses:
                port = listeners[0].getsockname()[1] if listeners else 0
                listeners.append(socket.create_server((address, port), backlog=512))
            return listeners, listeners[0].getsockname()[1]
        except OSError:
            for listener in listeners:
                listener.close()
    raise OSError(f"no port is free at all of {addresses}")


class PolicyHosts:
    """One TLS port for the policy hosts of all domains, at one or more addresses; what a host sends are the bytes that the
    test gave it."""

    def __init__(self, certificate, addresses=("127.0.0.1",)):
        self.answers = {}  # mail domain -> the bytes of the whole HTTP answer
        self.fetched = []  # mail domains, in the order of their requests
        self.gate = threading.Event()  # requests wait here while it is not set
        self.gate.set()
        self.hanging = set()  # mail domains whose request is read and never answered, till `released`
        self.released = threading.Event()
        self.context = server_context(certificate)
        self.listeners, self.port = listen_at(addresses)
        self.stop_read, self.stop_write = socket.socketpair()
        self.threads = [threading.Thread(target=self.serve)]

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.released.set()
        self.stop_write.close()
        for thread in self.threads:
            thread.join()
        self.stop_read.close()
        for listener in self.listeners:
            listener.close()

    def serve(self) -> None:
        while True:
            ready, _, _ = select.select([*self.listeners, self.stop_read], [], [])
            if self.stop_read in ready:
                return
            for listener in ready:
                client, _ = listener.accept()
                thread = threading.Thread(target=self.talk, args=(client,))
                thread.start()
                self.threads = [one for one in self.threads if one.is_alive()] + [thread]

    def talk(self, client: socket.socket) -> None:
        client.settimeout(20)
        try:
            with self.context.wrap_socket(client, server_side=True) as stream:
                request = b""
                while b"\r\n\r\n" not in request:
                    chunk = stream.recv(4096)
                    if not chunk:
                        return
                    request += chunk
                host = next(
                    line.split(b":", 1)[1].strip().decode()
                    for line in request.split(b"\r\n")
                    if line.lower().startswith(b"host:")
                )
                domain = host.split(":")[0].removeprefix("mta-sts.")
                self.fetched.append(domain)
                self.gate.wait(20)
                if domain in self.hanging:
                    self.released.wait(120)
                stream.sendall(self.answers.get(domain, http("nothing here", "404 Not Found")))
                stream.unwrap()
        except OSError:
            pass  # the resolver may end a connection whenever it likes
        finally:
            client.close()
