"""Requests a CPU-second: what a load generator gets, over the processor time that the server's processes took for it."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from expected import PATH
from tls import make_certificate
from ways import Comparison

CONNECTIONS = 64
LUA = Path(__file__).with_name("random_hosts.lua")
# The scheduler gives the processor to nobody else meanwhile; only root may ask for that.
AHEAD = ("chrt", "--rr", "1") if os.geteuid() == 0 else ()


def of_processes(server) -> float:
    """The time that all threads of the server ran, user and system, as the scheduler counts it in nanoseconds."""
    threads = (path for pid in server.processes() for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(path.read_text().split()[0]) for path in threads) / 1e9


def generator(server, comparison: Comparison, seconds: float, seed: int) -> list:
    if comparison.over == "h2":
        return ["h2load", "-t1", "-c16", "-m4", f"-D{seconds}", f"https://127.0.0.1:{server.tls_port}{PATH}"]
    address = f"https://127.0.0.1:{server.tls_port}" if comparison.over == "tls" else f"http://127.0.0.1:{server.port}"
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s"]
    if (domains := getattr(comparison.requests, "domains", 0)) > 0:
        return [*words, "-s", LUA, address, "--", PATH, str(domains), str(seed)]
    return [*words, address + PATH]


def done_by(output: str) -> int:
    assert "Non-2xx" not in output and "Socket errors" not in output, output
    if h2 := re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed", output):
        assert int(h2[3]) == 0 and h2[1] == h2[2], output
        return int(h2[2])
    return int(re.search(r"(\d+) requests in", output)[1])


def one_round(server, comparison: Comparison, seconds: float, seed: int) -> float:
    before = of_processes(server)
    done = subprocess.run(
        ["taskset", "-c", "1", *AHEAD, *generator(server, comparison, seconds, seed)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done_by(done.stdout) / (of_processes(server) - before)


def in_turn(comparison: Comparison, rounds: int, seconds: float) -> list:
    """The figures of each round, one for each way. All servers run at once, on one processor, and are asked in turn, so
    that a busy moment hits all; the generator has another processor."""
    servers = []
    with tempfile.TemporaryDirectory(prefix="mta-sts-bench.") as folder:
        certificate = make_certificate(Path(folder), "mta-sts.example.com") if comparison.over != "http" else None
        try:
            for way in comparison.ways:
                pinned = type("Pinned", (way.kind,), {"prefix": ("taskset", "-c", "0", *AHEAD)})
                servers.append(pinned(way.site, certificate).__enter__())
            for server in servers:  # warm
                one_round(server, comparison, seconds, 0)
            return [[one_round(server, comparison, seconds, seed) for server in servers] for seed in range(1, rounds + 1)]
        finally:
            for server in servers:
                server.__exit__(*sys.exc_info())
