"""A socket that takes what Exim tells of its sessions."""

import json
import os
import socket
from pathlib import Path

STARTTLS, MISMATCH, UNTRUSTED, EXPIRED, FAILURE, FETCH, INVALID, WEBPKI = 201, 202, 203, 204, 205, 301, 302, 303
NO_POLICY, STS, TLSA = 9, 2, 1


class Told:
    """The reader's end. Exim's processes have given up their rights, so the socket is everybody's."""

    def __init__(self, path: Path):
        self.path = path
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))
        os.chmod(path, 0o666)

    def take(self) -> list[dict]:
        """What has come since the last call: Exim has ended, and nobody writes later."""
        datagrams = []
        while True:
            try:
                datagrams.append(json.loads(self._socket.recv(1 << 20)))
            except BlockingIOError:
                return datagrams

    def close(self) -> None:
        self._socket.close()
        self.path.unlink(missing_ok=True)


def summary(datagrams: list[dict]) -> list[tuple]:
    """(domain, type of the policy, failed, result types) of each session and policy."""
    return [(told["d"], policy["policy-type"], policy["f"], tuple(detail["c"] for detail in policy.get("failure-details", [])))
            for told in datagrams for policy in told["policies"]]  # fmt: skip
