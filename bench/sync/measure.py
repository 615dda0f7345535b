#!/usr/bin/python3
"""Measures `mta-sts store sync` with a real PostgreSQL: many rows into an empty node, and a change on three nodes. Prints Markdown tables.

    /usr/bin/python3 bench/sync/measure.py [--rows COUNT] [--rounds COUNT]"""

import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from postgresql import Server, until  # noqa: E402

MTA_STS = pathlib.Path(os.environ.get("MTA_STS_BUILD", ROOT / "build")) / "bin/mta-sts"
NODES = 3
FILL = {
    "own policies": "INSERT INTO mta_sts.domain (domain, words) SELECT 'd' || n || '.example', 'enforce mx=mx1.d' || n || '.example mx=mx2.d' || n || '.example' "
                    "FROM generate_series(1, {rows}) AS n",
    "one profile": "INSERT INTO mta_sts.profile (profile, words) VALUES ('standard', 'enforce mx=mx1.hoster.example mx=mx2.hoster.example'); "
                   "INSERT INTO mta_sts.domain (domain, profile) SELECT 'd' || n || '.example', 'standard' FROM generate_series(1, {rows}) AS n",
}


def sync(server, database, store, *words):
    return [MTA_STS, "store", "sync", "--from", server.address(database), "--store", store, *words]


def fill(server, database, folder):
    """CPU and wall seconds, and the greatest memory in MiB, of a node that begins with nothing."""
    began = time.monotonic()
    process = subprocess.Popen(sync(server, database, folder / "store", "--once"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0
    return used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024


def change(server, database, nodes, number):
    """Seconds from the commit of a change until each node has it."""
    text = f"mx: new{number}.example"
    server.do(database, f"UPDATE mta_sts.domain SET words = 'enforce mx=new{number}.example', profile = NULL WHERE domain = 'd7.example'")
    began = time.monotonic()
    for store in nodes:
        words = [MTA_STS, "store", "get", "d7.example", "--store", store]
        until(lambda words=words: text in subprocess.run(words, capture_output=True, text=True, check=False).stdout, store)
    return time.monotonic() - began


@contextlib.contextmanager
def following(server, database, folder):
    """Nodes that have all rows and follow the table; gives their stores."""
    running = []
    try:
        for number in range(NODES):
            (folder / str(number)).mkdir()
            with (folder / str(number) / "log").open("wb") as log:
                running.append(subprocess.Popen(sync(server, database, folder / str(number) / "store"), stdout=log, stderr=log))
        stores = [folder / str(number) / "store" for number in range(NODES)]
        change(server, database, stores, 0)
        yield stores
    finally:
        for process in running:
            process.terminate()
            process.wait(60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    server = Server()
    try:
        server.create()
        print(f"| {options.rows:,} rows into an empty node | CPU s | wall s | memory MiB |\n| --- | ---: | ---: | ---: |")
        for number, (kind, sql) in enumerate(FILL.items()):
            server.make(f"panel{number}")
            server.do(f"panel{number}", sql.format(rows=options.rows))
            spent = []
            for _ in range(options.rounds):
                with tempfile.TemporaryDirectory() as folder:
                    spent.append(fill(server, f"panel{number}", pathlib.Path(folder)))
            processor, wall, memory = (statistics.median(one[place] for one in spent) for place in range(3))
            print(f"| {kind} | {processor:.2f} | {wall:.2f} | {memory:.0f} |", flush=True)
        with tempfile.TemporaryDirectory() as folder, following(server, "panel0", pathlib.Path(folder)) as nodes:
            times = [change(server, "panel0", nodes, number) for number in range(1, 21)]
        print(f"\nOne change is on all of {NODES} nodes after {statistics.median(times) * 1000:.0f} ms (median of {len(times)}, greatest {max(times) * 1000:.0f}).")
    finally:
        server.remove()


if __name__ == "__main__":
    main()
