#!/usr/bin/env python3
"""Compares ways to serve one policy with a web server, and prints one table.

    MTA_STS_BUILD=build python3 bench/web/measure.py nginx [--rounds 9] [--seconds 2] [--no-clock]

Two figures a way:
- instructions: user-mode instructions a request by callgrind, (I(5000) - I(1000)) / 4000, in one process over one
  connection. Nothing else on the machine changes it.
- requests a CPU-second: what wrk gets in --seconds, over the processor time (user and system) that the server's
  processes used for it; the server on one processor, wrk on another, the ways in turn; the median of --rounds, and the
  best of them, which other work on the machine disturbed least.

KIND_ways.py brings the ways of a kind of server: WAYS, a list of Way; the first is ours, the others are compared to it.
"""

import argparse
import importlib
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "servers"))

from expected import BODY, PATH  # noqa: E402
from client import Connection  # noqa: E402
from server import Site  # noqa: E402

MANY, FEW = 5000, 1000
CONNECTIONS = 64


@dataclass(frozen=True)
class Way:
    name: str
    kind: type  # a Server as users run it, with one worker process
    single: type  # the same in one process that a profiler can follow
    site: Site


def take(connection: Connection, count: int) -> None:
    for _ in range(count):
        connection.send_request("GET", PATH)
        answer = connection.read_answer()
        assert answer.status == 200 and answer.body == BODY, answer


def count_instructions(way: Way, requests: int) -> int:
    class Profiled(way.single):
        @property
        def prefix(self):
            return ("valgrind", "--tool=callgrind", f"--callgrind-out-file={self.folder}/callgrind")

    with Profiled(way.site) as server:
        with Connection(server.port, timeout=300) as connection:
            take(connection, requests)
        server.stop()
        text = (server.folder / "callgrind").read_text()
    return int(re.search(r"^(?:summary|totals): (\d+)", text, re.M)[1])


def instructions_a_request(way: Way) -> float:
    return (count_instructions(way, MANY) - count_instructions(way, FEW)) / (MANY - FEW)


def processor_seconds(server) -> float:
    """The time that all threads of the server ran, as the scheduler counts it, in nanoseconds."""
    threads = (path for pid in server.processes() for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(path.read_text().split()[0]) for path in threads) / 1e9


def requests_a_processor_second(server, seconds: int) -> float:
    before = processor_seconds(server)
    done = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
         f"http://127.0.0.1:{server.port}{PATH}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "Non-2xx" not in done and "Socket errors" not in done, done
    return int(re.search(r"(\d+) requests in", done)[1]) / (processor_seconds(server) - before)


def by_the_clock(ways: list, rounds: int, seconds: int) -> list:
    """Median and best of each way; all servers run at once and are asked in turn, so that a busy moment hits all."""
    servers = []
    try:
        for way in ways:
            pinned = type("Pinned", (way.kind,), {"prefix": ("taskset", "-c", "0")})
            servers.append(pinned(way.site).__enter__())
        figures = [[requests_a_processor_second(server, seconds) for server in servers] for _ in range(rounds)]
    finally:
        for server in servers:
            server.__exit__(*sys.exc_info())
    return [(statistics.median(column), max(column)) for column in zip(*figures)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kind", choices=[path.stem[:-5] for path in Path(__file__).parent.glob("*_ways.py")])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--no-clock", action="store_true", help="instructions alone")
    options = parser.parse_args()

    ways = importlib.import_module(f"{options.kind}_ways").WAYS
    instructions = [instructions_a_request(way) for way in ways]
    clock = [] if options.no_clock else by_the_clock(ways, options.rounds, options.seconds)
    print("| way | instructions a request | to ours | requests a CPU-second, median | to ours | best | to ours |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for index, way in enumerate(ways):
        figures = [(instructions[index], instructions[0])]
        figures += zip(clock[index], clock[0]) if clock else []
        row = [text for figure, ours in figures for text in (f"{figure:.0f}", f"{figure / ours:.2f}")]
        print("| " + " | ".join([way.name, *row, *["-"] * (6 - len(row))]) + " |")


if __name__ == "__main__":
    sys.modules["measure"] = sys.modules["__main__"]  # the ways import Way from here
    main()
