"""User-mode instructions a request by callgrind: nothing else on the machine changes them."""

import re

from client import Connection
from expected import PATH
from ways import Way

MANY, FEW = 5000, 1000


def count(way: Way, requests, number: int) -> int:
    class Profiled(way.single):
        @property
        def prefix(self):
            return ("valgrind", "--tool=callgrind", f"--callgrind-out-file={self.folder}/callgrind")

    with Profiled(way.site) as server:
        with Connection(server.port, timeout=300) as connection:
            for host in requests.hosts(number):
                connection.send_request("GET", PATH, {"Host": host})
                answer = connection.read_answer()
                assert requests.is_right(way, answer, host), (host, answer)
        server.stop()
        text = (server.folder / "callgrind").read_text()
    return int(re.search(r"^(?:summary|totals): (\d+)", text, re.M)[1])


def a_request(way: Way, requests) -> float:
    """What 4,000 requests over one connection take, without the start of the server."""
    return (count(way, requests, MANY) - count(way, requests, FEW)) / (MANY - FEW)
