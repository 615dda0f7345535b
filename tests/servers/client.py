"""An HTTP/1 client of bare sockets: it sends exactly the bytes of the test and reads exactly one answer."""

import socket
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    reason: str
    version: str
    fields: list  # (name in lower case, value) in the order sent
    body: bytes

    def field(self, name: str):
        """The one value of a header field, None where it is absent; twice is a failure."""
        values = [value for key, value in self.fields if key == name.lower()]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None


class Connection:
    def __init__(self, port: int, timeout: float = 20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_request(self, method: str, target: str, fields: dict = None, body: bytes = b"", version="1.1"):
        fields = {"Host": "mta-sts.example.com", **(fields or {})}
        if body:
            fields.setdefault("Content-Length", str(len(body)))
        head = f"{method} {target} HTTP/{version}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
        self.send(head.encode("latin-1") + b"\r\n" + body)

    def _more(self) -> bool:
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def _take_until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            assert self._more(), f"the connection ended within an answer: {self.buffer[:200]!r}"
        part, self.buffer = self.buffer.split(mark, 1)
        return part

    def _take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            assert self._more(), f"the connection ended within a body: {self.buffer[:200]!r}"
        part, self.buffer = self.buffer[:count], self.buffer[count:]
        return part

    def _take_rest(self) -> bytes:
        while self._more():
            pass
        part, self.buffer = self.buffer, b""
        return part

    def read_answer(self, without_body: bool = False) -> Answer:
        lines = self._take_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, reason = (lines[0] + " ").split(" ", 2)
        fields = []
        for line in lines[1:]:
            name, value = line.split(":", 1)
            fields.append((name.lower(), value.strip()))
        answer = Answer(int(status), reason.strip(), version, fields, b"")
        if without_body or answer.status in (204, 304) or answer.status < 200:
            return answer
        if answer.field("transfer-encoding") == "chunked":
            while size := int(self._take_until(b"\r\n").split(b";")[0], 16):
                answer.body += self._take(size)
                assert self._take(2) == b"\r\n"
            while self._take_until(b"\r\n"):
                pass  # a trailer
        elif (length := answer.field("content-length")) is not None:
            answer.body = self._take(int(length))
        else:
            answer.body = self._take_rest()
        return answer

    def is_closed(self) -> bool:
        """Waits for the other side to close; anything it sends first is a failure."""
        try:
            rest = self._take_rest()
        except ConnectionResetError:
            return True
        assert rest == b"", f"more came: {rest[:200]!r}"
        return True


def request(port: int, method: str, target: str, fields: dict = None, body: bytes = b"", version="1.1") -> Answer:
    """One request on a connection of its own."""
    with Connection(port) as connection:
        connection.send_request(method, target, {"Connection": "close", **(fields or {})}, body, version)
        return connection.read_answer(without_body=method == "HEAD")


def get(port: int, target: str, fields: dict = None, version="1.1") -> Answer:
    return request(port, "GET", target, fields, version=version)
