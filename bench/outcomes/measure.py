#!/usr/bin/python3
"""Measures what TLS reports of one's own cost: datagrams counted by the resolver, and `mta-sts tlsrpt send`. Prints Markdown tables.

    /usr/bin/python3 bench/outcomes/measure.py [--datagrams COUNT] [--rounds COUNT] [--domains COUNT] [--peer FOLDER]

FOLDER: where sys4's tlsrpt-reporter is installed (pip install --target FOLDER), whose collector counts the same datagrams in turn."""

import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "servers"))

from peers import NameServer, txt_reply  # noqa: E402
from resolver import BUILD, COMMAND, OTHER_USER, run_as_user  # noqa: E402


RATE = 20_000
KNOWN = 10_000
PIECE = 20_000  # domains at once: the resolver keeps 50,000 kinds of sessions until they are written


def datagram(domain, kind, failed):
    """A session as Postfix 3.10 tells it: of a domain with a policy, or without one."""
    policy = {"policy-type": 9, "failure-details": []}
    if kind == "sts":
        policy = {"policy-type": 2, "policy-string": ["version: STSv1", "mode: enforce", f"mx: mx1.{domain}", f"mx: mx2.{domain}", "max_age: 1209600"],
                  "policy-domain": domain, "mx-host": [f"mx1.{domain}", f"mx2.{domain}"], "failure-details": []}
    if failed:
        policy["failure-details"] = [{"c": 202, "s": "192.0.2.1", "n": f"mx1.{domain}", "h": f"250-mx1.{domain}\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n"
                                      "250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 CHUNKING", "r": "198.51.100.7"}]
    policy |= {"t": len(policy["failure-details"]), "f": int(failed)}
    return json.dumps({"d": domain, "pr": f"v=TLSRPTv1; rua=mailto:tls-reports@{domain}", "policies": [policy]}, separators=(",", ":")).encode()


def datagram_of_exim(domain):
    """A session as Exim tells it: the resolver adds the policy's text."""
    policy = {"policy-type": 2, "policy-domain": domain, "mx-host": [f"mx1.{domain}", f"mx2.{domain}"], "t": 0, "f": 0}
    return json.dumps({"dpv": "1", "d": domain, "policies": [policy]}, separators=(",", ":")).encode()


def sessions(count, domains):
    """Datagrams of that many domains: half of them without a policy, one in twenty failed, few domains with many."""
    chance = random.Random(1)
    made = {}
    for _ in range(count):
        number = min(int(chance.paretovariate(0.5)) - 1, domains * 50) % domains
        key = number, chance.random() < 0.05
        if key not in made:
            made[key] = datagram(f"d{number}.example", "sts" if number % 2 else "none", key[1])
        yield made[key]


def seconds_of(pid):
    """CPU seconds of a process, its threads included, as the scheduler counts them."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def wait_until(condition, what, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@contextlib.contextmanager
def folder_of_user():
    path = pathlib.Path(tempfile.mkdtemp(prefix="mta-sts-bench-"))
    if os.geteuid() == 0:
        shutil.chown(path, OTHER_USER)
    try:
        yield path
    finally:
        shutil.rmtree(path)


class Counter:
    """The resolver."""

    name = "mta-sts resolver"

    def __init__(self, folder, _):
        self.socket, self.file = folder / "outcomes.sock", folder / "outcomes.sqlite"
        (folder / "conf").touch(mode=0o644)
        self.process = subprocess.Popen([COMMAND, "resolver", "--config", folder / "conf", "--socket", folder / "sock", "--cache", folder / "cache.sqlite",
                                         "--dns", "127.0.0.1:9", "--outcomes-socket", self.socket, "--outcomes-file", self.file],
                                        stderr=subprocess.DEVNULL, **run_as_user())

    def counted(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as database:
            return database.execute("SELECT coalesce(sum(success + failure), 0) FROM session").fetchone()[0]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Knowing(Counter):
    """The resolver with policies in its cache."""

    def __init__(self, folder, source):
        subprocess.run([BUILD / "bin/bench_resolver", "seed", folder / "cache.sqlite", str(KNOWN)], check=True, **run_as_user())
        super().__init__(folder, source)


class Collector(Counter):
    """sys4's tlsrpt-collectd."""

    name = "tlsrpt-collectd"

    def __init__(self, folder, source):
        self.socket, self.file = folder / "outcomes.sock", folder / "collectd.sqlite"
        settings = ["--storage", f"sqlite://{self.file}", "--socketname", self.socket, "--logfilename", folder / "log",
                    "--pidfilename", folder / "pid", "--sockettimeout", 1]  # fmt: skip
        self.process = subprocess.Popen(["/usr/bin/python3", "-c", "from tlsrpt_reporter.tlsrpt import tlsrpt_collectd_main as run; run()",
                                         *map(str, settings)], env={**os.environ, "PYTHONPATH": source}, stderr=subprocess.DEVNULL, **run_as_user())

    def counted(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as database:
            return database.execute("SELECT coalesce(sum(cntrtotal), 0) FROM finalresults").fetchone()[0]


def count(kind, datagrams, source=None, rate=0):
    """CPU and wall seconds until all datagrams are in the file; a full queue makes the sender wait, so that none is lost.

    rate: how many are sent a second, 0 for as many as are taken."""
    with folder_of_user() as folder:
        counter = kind(folder, source)
        try:
            wait_until(counter.socket.exists, "the socket")
            wait_until(counter.file.exists, "the file")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.connect(str(counter.socket))
                before, began = seconds_of(counter.process.pid), time.monotonic()
                for number, one in enumerate(datagrams):
                    sender.send(one)
                    if rate and number % 500 == 0:
                        wait_until(lambda number=number: time.monotonic() - began >= number / rate, "the time of the next ones")
            wait_until(lambda: counter.counted() == len(datagrams), f"all in the file of {counter.name}")
            return seconds_of(counter.process.pid) - before, time.monotonic() - began
        finally:
            counter.end()


def measure_counting(options):
    kinds = [(Counter, None)] + [(Collector, options.peer)] * bool(options.peer)
    print(f"| {options.datagrams:,} datagrams, counted by | CPU s | datagrams a CPU-second | wall s |\n| --- | ---: | ---: | ---: |")
    taken = list(sessions(options.datagrams, 20000))
    results = {kind: [] for kind, _ in kinds}
    for _ in range(options.rounds):
        for kind, source in kinds:
            results[kind].append(count(kind, taken, source))
    for kind, spent in results.items():
        processor, wall = (statistics.median(one[place] for one in spent) for place in (0, 1))
        print(f"| {kind.name} | {processor:.2f} | {options.datagrams / processor:,.0f} | {wall:.2f} |", flush=True)
    known = [datagram_of_exim(f"domain-{number % KNOWN}.example") for number in range(options.datagrams // 2)]
    processor, wall = count(Knowing, known)
    print(f"| {Counter.name}: {len(known):,} of Exim, {KNOWN:,} policies in the cache | {processor:.2f} | {len(known) / processor:,.0f} | {wall:.2f} |", flush=True)
    once = [datagram(f"d{number}.example", "sts" if number % 2 else "none", number % 20 == 0) for number in range(options.datagrams // 2)]
    processor, wall = count(Counter, once, rate=RATE)
    print(f"| {Counter.name}: {len(once):,}, each to another domain, {RATE:,} a second | {processor:.2f} | {len(once) / processor:,.0f} | {wall:.2f} |")


def measure_sending(options):
    """A day with so many domains, each with a report to a mailbox of its own. sendmail is a program that does nothing."""
    with folder_of_user() as folder, NameServer() as names:
        counter = Counter(folder, None)
        try:
            wait_until(counter.file.exists, "the file")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.connect(str(counter.socket))
                for number in range(options.domains):
                    sender.send(datagram(f"d{number}.example", "sts" if number % 2 else "none", number % 20 == 0))
                    if (number + 1) % PIECE == 0 or number + 1 == options.domains:
                        wait_until(lambda done=number + 1: counter.counted() == done, "all in the file")
        finally:
            counter.end()
        with contextlib.closing(sqlite3.connect(counter.file)) as database, database:
            for table in ("day", "session", "failure"):
                database.execute(f"UPDATE {table} SET day = day - 1")
        for number in range(options.domains):
            names.replies[f"_smtp._tls.d{number}.example", 16] = txt_reply(f"v=TLSRPTv1; rua=mailto:tls@d{number}.example")
        print(f"\n| `mta-sts tlsrpt send`, {options.domains:,} domains | CPU s | with sendmail's | wall s | greatest memory, MiB |\n"
              "| --- | ---: | ---: | ---: | ---: |")  # fmt: skip
        words = [COMMAND, "tlsrpt", "send", "--config", folder / "none.conf", "--from", "tls@sender.example", "--outcomes-file", counter.file,
                 "--queue", folder / "reports.sqlite", "--dns", f"127.0.0.1:{names.port}", "--sendmail", shutil.which("true")]  # fmt: skip
        (folder / "none.conf").touch(mode=0o644)
        for name, more in (("`--dry-run`", ["--dry-run"]), ("reports made and handed to sendmail", []), ("the same again: nothing is left to do", [])):
            own, together, wall, memory = run(words + more, folder / "said")
            print(f"| {name} | {own:.1f} | {together:.1f} | {wall:.1f} | {memory:.0f} |", flush=True)
        done = subprocess.run([COMMAND, "tlsrpt", "sent", "--json", "--queue", folder / "reports.sqlite", "--config", folder / "none.conf"],
                              capture_output=True, check=True)  # fmt: skip
        assert {one["state"] for one in json.loads(done.stdout)["deliveries"]} == {"sent"}


def run(words, output):
    """Gives a command's own CPU seconds, those with all of its children, wall seconds, and its greatest memory in MiB."""
    began = time.monotonic()
    with open(output, "wb") as said:
        process = subprocess.Popen(words, stdout=said, stderr=said, **run_as_user())
    own = memory = 0
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        with contextlib.suppress(OSError, StopIteration):  # it has ended
            own = seconds_of(process.pid)
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            # Its own: what wait4() tells begins with that of this process.
            memory = int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])
        time.sleep(0.02)
    _, code, used = ended
    process.returncode = code
    assert code == 0, output.read_text()[-2000:]
    return own, used.ru_utime + used.ru_stime, time.monotonic() - began, memory / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--datagrams", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--domains", type=int, default=100_000)
    parser.add_argument("--peer")
    options = parser.parse_args()
    if options.datagrams:
        measure_counting(options)
    if options.domains:
        measure_sending(options)


if __name__ == "__main__":
    main()
