"""The memory of a worker that serves a store, after requests for all parts of it."""

import random
from pathlib import Path

from client import Connection
from expected import PATH
from store_ways import HOST

REQUESTS = 20_000


def field(pid: int, file: str, name: str) -> int:
    text = Path(f"/proc/{pid}/{file}").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name}:"))


def of_worker(way, domains: int) -> dict:
    """KiB by kind: anonymous memory (of nobody else and no file), tables of pages, pages of files that it mapped."""
    draw = random.Random(1)
    with way.kind(way.site) as server:
        with Connection(server.port) as connection:
            for _ in range(REQUESTS):
                connection.send_request("GET", PATH, {"Host": HOST.format(draw.randrange(domains))})
                assert connection.read_answer().status == 200
        worker = max(server.workers(), key=lambda pid: field(pid, "smaps_rollup", "Rss"))
        return {
            "anonymous": field(worker, "smaps_rollup", "Anonymous"),
            "tables of pages": field(worker, "status", "VmPTE"),
            "of files": field(worker, "smaps_rollup", "Rss") - field(worker, "smaps_rollup", "Anonymous"),
        }
