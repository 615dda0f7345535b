"""The resolver beside postfix-mta-sts-resolver, asked as Postfix asks, in one lab and one run. Prints Markdown tables.

    scripts/bench sender [-- [--domains 500] [--seconds 4] [--rounds 3] [--refreshes 10000] [--previous PROGRAM]]

PROGRAM is an mta-sts of another build, measured in turn with the rest.
"""

import argparse
import json
import os
import pwd
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from lab.domains import Domain  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.namespace import STATE, add_addresses, command  # noqa: E402
from lab.processes import Program, accepts, wait_until  # noqa: E402

UNPACKED = ROOT / "build/bench-peer/root"  # for root alone
FOLDER = STATE / "bench"
PEER = FOLDER / "peer"
ADDRESSES = [f"11.22.33.{number}" for number in range(100, 150)]  # of policy hosts that answer
SILENT = "11.22.33.200"
SOCKET = FOLDER / "sock/map.sock"
PORT = 8461
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx1.bench.example\r\nmx: mx2.bench.example\r\nmax_age: 604800\r\n"

_NGINX = """
user www-data; daemon off; worker_processes 1; pid {place}/nginx.pid; error_log {place}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; default_type text/plain; keepalive_timeout 0;
{servers}
}}
"""
_SERVER = "  server {{ listen {address}:443 ssl; ssl_certificate {made.chain}; ssl_certificate_key {made.key}; root {place}/www; }}"

# A virtual processor that has nothing to do is given back to its host, and takes several times longer to come
# back than an answer does: measured would be that. This runs on each where nothing else does.
_AWAKE = """
import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while os.getppid() == %d:
    for _ in range(100000):
        pass
"""

# The kernel accepts, and nothing is ever sent.
_SILENT = """
import socket, sys, threading
listening = socket.create_server((sys.argv[1], 443), backlog=4096)
threading.Event().wait()
"""


def build_world(count):
    """The lab with `count` domains, and the same number of names of which one in ten has a silent policy host."""
    healthy = [f"d{number}.bench.example" for number in range(count)]
    mixed = [f"{'hang' if number % 10 == 0 else 'm'}{number}.bench.example" for number in range(count)]
    records = []
    for number, name in enumerate(healthy + mixed):
        address = SILENT if name.startswith("hang") else ADDRESSES[number % len(ADDRESSES)]
        records += [f'_mta-sts.{name}. TXT "v=STSv1; id=20260101T{number};"', f"mta-sts.{name}. A {address}",
                    f"{name}. MX 10 mx1.bench.example."]
    records += [f"{name}.nothing.bench.example. A 192.0.2.1" for name in ("a", "b")]
    lab = Lab(parts=[], table=(Domain("bench.example", records=tuple(records)),))
    add_addresses([*ADDRESSES, SILENT])
    (FOLDER / "www/.well-known").mkdir(parents=True)
    (FOLDER / "www/.well-known/mta-sts.txt").write_bytes(POLICY.encode())
    (FOLDER / "sock").mkdir()
    shutil.copytree(UNPACKED, PEER, symlinks=True)
    command("chmod", "-R", "a+rX", FOLDER)
    names = [f"mta-sts.{name}" for name in healthy + mixed]
    servers = [_SERVER.format(address=address, made=lab.ca.certificate(mine[0], names=mine), place=FOLDER)
               for address, mine in ((address, names[at::len(ADDRESSES)]) for at, address in enumerate(ADDRESSES))]
    (FOLDER / "nginx.conf").write_text(_NGINX.format(place=FOLDER, servers="\n".join(servers)))
    programs = [Program("nginx", ["nginx", "-c", FOLDER / "nginx.conf", "-p", FOLDER], lambda: accepts(ADDRESSES[0], 443))]
    programs.append(Program("silent", [sys.executable, "-c", _SILENT, SILENT],
                            lambda: accepts(SILENT, 443)))
    for file, lines in (("healthy", healthy), ("mixed", mixed)):
        (FOLDER / file).write_text("".join(f"{line}\n" for line in lines))
    return lab, programs


def as_user():
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Server:
    """One of the two, started with nothing remembered."""

    def __init__(self, target):
        self.target = target
        self.folder = FOLDER / self.name.replace(" ", "-")
        shutil.rmtree(self.folder, ignore_errors=True)
        SOCKET.unlink(missing_ok=True)
        self.folder.mkdir()
        for folder in (self.folder, SOCKET.parent):
            shutil.chown(folder, "nobody")
        log = (self.folder / "log").open("w")
        self.process = subprocess.Popen([str(word) for word in self.words()], stdout=log, stderr=log, env=self.environment(), **as_user())
        wait_until(self.answers, f"{self.name} ({self.folder}/log)", 30)

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder)}

    def answers(self):
        if self.process.poll() is not None:
            sys.exit(f"{self.name} ended:\n{(self.folder / 'log').read_text()}")
        if self.target != SOCKET:
            return accepts("127.0.0.1", PORT)
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(SOCKET)) == 0

    def ask(self, file, connections, seconds):
        words = [ROOT / "build/bin/bench_socketmap", self.target, connections, seconds, FOLDER / file, "policy"]
        before = self.cpu_seconds()
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{self.name}: {done.stderr}{(self.folder / 'log').read_text()[-2000:]}")
        result = json.loads(done.stdout)
        result["cpu_us"] = (self.cpu_seconds() - before) / result["answers"] * 1e6
        return result

    def cpu_seconds(self):
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def private_mib(self):
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:")) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Ours(Server):
    name = "mta-sts resolver"
    program = "mta-sts"

    def words(self):
        return [self.program, "resolver", "--socket", self.folder / "resolver.sock", "--cache", self.folder / "cache.sqlite",
                "--postfix-socketmap", self.target]


class Previous(Ours):
    name = "mta-sts resolver, previous build"


class Internal(Server):
    name = "postfix-mta-sts-resolver internal"
    cache = "  type: internal\n  options:\n    cache_size: 10000\n"

    def words(self):
        place = f"path: {SOCKET}\nmode: 0660\n" if self.target == SOCKET else f"host: 127.0.0.1\nport: {PORT}\n"
        config = self.folder / "config.yml"
        # With its default of a minute it asks TXT anew at each lookup after that; an hour measures what is remembered.
        config.write_text(f"{place}cache_grace: 3600\ncache:\n{self.cache.format(folder=self.folder)}")
        return [sys.executable, PEER / "usr/bin/mta-sts-daemon", "-c", config, "-v", "warn"]

    def environment(self):
        return {**super().environment(), "PYTHONPATH": str(PEER / "usr/lib/python3/dist-packages")}


class Sqlite(Internal):
    name = "postfix-mta-sts-resolver sqlite"
    cache = '  type: sqlite\n  options:\n    filename: "{folder}/cache.db"\n'


class Ceiling(Server):
    """Looks nothing up and always answers the same: what the client and the kernel allow with one thread and epoll."""

    name = "nothing looked up"

    def words(self):
        return [ROOT / "build/bin/bench_ceiling", SOCKET if self.target == SOCKET else PORT]


def measure_warm(server, seconds, add):
    for connections in (1, 32):
        warm = server.ask("healthy", connections, seconds)
        assert warm["ok"] == warm["answers"], (server.name, warm)
        add(f"warm{connections}", warm["answers"] / warm["seconds"])
        add(f"cpu_{connections}", warm["cpu_us"])
        add(f"p99_{connections}", warm["p99_us"])


def measure_ceiling(target, seconds, results):
    row = results.setdefault((str(target), Ceiling.name), {})
    server = Ceiling(target)
    try:
        measure_warm(server, seconds, lambda name, value: row.setdefault(name, []).append(value))
    finally:
        server.stop()


def measure_once(kind, target, seconds, results):
    server = kind(target)
    try:
        row = results.setdefault((str(target), kind.name), {})

        def add(name, value):
            row.setdefault(name, []).append(value)

        cold = server.ask("healthy", 32, 0)
        # A policy that was not found in time is an answer that lets mail go unprotected: counted, and none of ours.
        add("missed", cold["answers"] - cold["ok"])
        assert not issubclass(kind, Ours) or cold["ok"] == cold["answers"], cold
        add("cold", cold["answers"] / cold["seconds"])
        add("cold_cpu", cold["cpu_us"] / 1000)
        for _ in range(5):
            if server.ask("healthy", 32, 0)["not_found"] == 0:
                break
        measure_warm(server, seconds, add)
        add("private", server.private_mib())
    finally:
        server.stop()
    server = kind(target)
    try:
        began = time.monotonic()
        mixed = server.ask("mixed", 32, 0)
        add("mixed", mixed["answers"] / (time.monotonic() - began))
        add("healthy_ms", mixed["slowest_healthy_ms"])
    finally:
        server.stop()


def refresh(socket_path, domain):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(socket_path))
        client.sendall(f"cache refresh {domain}\n".encode())
        answer = json.loads(client.makefile().readline())
    assert answer["policy"]["live"] and not answer["failures"], answer


def measure_refresh(kinds, count):
    """What it costs to fetch again what is known: only ours has it, so the previous build is what it is compared with."""
    domains = (FOLDER / "healthy").read_text().split()
    rounds = max(count // len(domains), 1)
    print(f"\nRefresh of {len(domains)} known policies, {rounds} times:\n")
    seconds = {}
    for kind in kinds:
        server = kind(SOCKET)
        try:
            cold = server.ask("healthy", 32, 0)
            assert cold["ok"] == cold["answers"], cold
            before, began = server.cpu_seconds(), time.monotonic()
            with ThreadPoolExecutor(16) as pool:
                for _ in range(rounds):
                    list(pool.map(lambda domain: refresh(server.folder / "resolver.sock", domain), domains))
            done = len(domains) * rounds
            seconds[kind] = (server.cpu_seconds() - before) / done * 1000
            print(f"- {kind.name}: {seconds[kind]:.2f} CPU seconds for 1,000, {done / (time.monotonic() - began):.0f} a second")
        finally:
            server.stop()
    if Previous in seconds:
        print(f"- ratio to the previous build: {seconds[Ours] / seconds[Previous]:.2f}")


COLUMNS = (("warm1", "answers/s, 1 connection"), ("p99_1", "p99 us"), ("cpu_1", "CPU us each"), ("warm32", "answers/s, 32 connections"),
           ("p99_32", "p99 us"), ("cpu_32", "CPU us each"), ("private", "private MiB"), ("cold", "cold domains/s"),
           ("cold_cpu", "CPU ms each"),
           ("mixed", "one in ten hangs: domains/s"), ("healthy_ms", "slowest healthy ms"), ("missed", "policies missed, cold"))


def shown(value):
    return "" if value is None else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def table(target, results):
    middle = {name: {key: statistics.median(values) for key, values in row.items()}
              for (where, name), row in results.items() if where == str(target)}
    print(f"\nOver {'a Unix socket' if target == SOCKET else 'TCP on loopback'}, medians:\n")
    print("| | " + " | ".join(title for _, title in COLUMNS) + " |\n| --- |" + " ---: |" * len(COLUMNS))
    for name, row in middle.items():
        print(f"| {name} | " + " | ".join(shown(row.get(key)) for key, _ in COLUMNS) + " |")
    ours = middle.pop(Ours.name)
    ceiling = middle.pop(Ceiling.name)
    previous = middle.pop(Previous.name, None)
    smaller = {"p99_1", "p99_32", "cpu_1", "cpu_32", "cold_cpu", "private", "healthy_ms", "missed"}
    best = {key: (min if key in smaller else max)(row[key] for row in middle.values()) for key, _ in COLUMNS}
    for name, mine, other in (("ratio to its best", ours, best), ("ratio of nothing looked up to its best", ceiling, best),
                              ("ratio to the previous build", ours, previous)):  # fmt: skip
        if other:
            print(f"| {name} | " + " | ".join(f"{mine[key] / other[key]:.2f}" if mine.get(key) and other[key] else "" for key, _ in COLUMNS) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--domains", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--refreshes", type=int, default=10000)
    parser.add_argument("--previous", type=Path, metavar="PROGRAM")
    options = parser.parse_args()
    kinds = [Ours, Internal, Sqlite]
    if options.previous:
        Previous.program = options.previous.resolve()
        kinds.insert(1, Previous)
    os.nice(-15)  # all of it, both servers alike: other load of the host is not what is measured
    awake = [subprocess.Popen([sys.executable, "-c", _AWAKE % os.getpid()]) for _ in range(os.cpu_count())]
    lab, programs = build_world(options.domains)
    targets = [f"127.0.0.1:{PORT}", SOCKET]
    results = {}
    for _ in range(options.rounds):
        for target in targets:
            for kind in kinds:  # in turn, so that a busy moment of the host hits all
                measure_once(kind, target, options.seconds, results)
            measure_ceiling(target, options.seconds, results)
    for target in targets:
        table(target, results)
    measure_refresh([kind for kind in kinds if issubclass(kind, Ours)], options.refreshes)
    for process in awake:
        process.kill()
        process.wait()
    for program in programs:
        program.stop()
    lab.close()


main()
