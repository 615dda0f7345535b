#!/usr/bin/python3
"""Measures the resolver: its start, its memory with many policies, its cached answers, and those with a shared cache. Prints Markdown tables.

    /usr/bin/python3 bench/resolver/measure.py [POLICIES] [SECONDS] [ROUNDS]
"""

import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "servers"))

from peers import NameServer, txt_reply  # noqa: E402
from redis_server import PROGRAM, Redis  # noqa: E402
from resolver import BUILD, COMMAND, OTHER_USER, Client, Inbox, run_as_user  # noqa: E402

BENCH = BUILD / "bin" / "bench_resolver"
DOMAIN_ID = "20260101T000000"


def memory_kib(pid: int) -> dict:
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {key: int(value.split()[0]) for key, value in (line.split(":") for line in text)}


def start(folder: pathlib.Path, *words) -> tuple:
    """Starts a resolver; gives it and the milliseconds until it tells that it is ready."""
    (folder / "notify").unlink(missing_ok=True)
    inbox = Inbox(folder / "notify")
    began = time.monotonic()
    process = subprocess.Popen(
        [COMMAND, "resolver", "--socket", folder / "sock", "--cache", folder / "cache.sqlite", "--config", folder / "conf",
         *map(str, words)],
        env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}, stderr=subprocess.DEVNULL, **run_as_user(),
    )  # fmt: skip
    inbox.next("READY=1")
    took = (time.monotonic() - began) * 1000
    inbox.socket.close()
    return process, took


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def measure(folder: pathlib.Path, policies: int, seconds: int) -> None:
    (folder / "conf").write_text("")
    os.chmod(folder / "conf", 0o644)
    print("| policies | start, median of 10 | processor time of it | resident | private (Pss_Anon) | cache file |\n| ---: | ---: | ---: | ---: | ---: | ---: |")
    for count in sorted({0, policies}):
        for old in folder.glob("cache.sqlite*"):
            old.unlink()
        if count:
            subprocess.run([BENCH, "seed", folder / "cache.sqlite", str(count)], check=True, **run_as_user())
        starts, processor = [], []
        for _ in range(10):
            process, took = start(folder)
            starts.append(took)
            processor.append(int(pathlib.Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e6)
            used = memory_kib(process.pid)
            stop(process)
        size = (folder / "cache.sqlite").stat().st_size / 1e6
        print(f"| {count} | {statistics.median(starts):.1f} ms | {statistics.median(processor):.1f} ms"
              f" | {used['Rss'] / 1024:.1f} MiB"
              f" | {used['Pss_Anon'] / 1024:.1f} MiB | {size:.1f} MB |")  # fmt: skip
    with NameServer() as names:
        names.default = txt_reply(f"v=STSv1; id={DOMAIN_ID};", ttl=300)
        process, _ = start(folder, "--dns", f"127.0.0.1:{names.port}", "--max-entries", max(100000, policies))
        with Client(folder / "sock") as client:
            for number in range(policies):  # TXT is asked once for each, so that the rest is answered from memory
                client.ask(f"verdict domain-{number}.example")
        print("\n| connections, one request each under way | answers a second | p50 | p99 |\n| ---: | ---: | ---: | ---: |")
        for connections in (1, 32):
            done = subprocess.run([BENCH, "ask", folder / "sock", str(policies), str(connections), str(seconds)],
                                  check=True, capture_output=True, text=True)  # fmt: skip
            result = json.loads(done.stdout)
            assert result["cached"], "not every answer was the cached policy"
            print(f"| {connections} | {result['answers_per_second']:.0f} | {result['p50_us']:.0f} us"
                  f" | {result['p99_us']:.0f} us |")  # fmt: skip
        used = memory_kib(process.pid)
        print(f"\nAfter that: resident {used['Rss'] / 1024:.1f} MiB, private {used['Pss_Anon'] / 1024:.1f} MiB.")
        stop(process)


def processor_us(process: subprocess.Popen, folder: pathlib.Path, policies: int, seconds: int) -> float:
    """The CPU time of one answer from memory, in microseconds."""
    def spent():
        return int(pathlib.Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e3

    before = spent()
    done = subprocess.run([BENCH, "ask", folder / "sock", str(policies), "32", str(seconds)], check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    assert result["cached"], "not every answer was the cached policy"
    return (spent() - before) / (result["answers_per_second"] * seconds)


def measure_shared(folder: pathlib.Path, policies: int, rounds: int) -> None:
    """Answers from memory with and without --shared-cache, in turns."""
    places = {"alone": (), "with `--shared-cache`": None}
    running = {}
    with NameServer() as names, Redis() as redis:
        names.default = txt_reply(f"v=STSv1; id={DOMAIN_ID};", ttl=3600)
        for number, name in enumerate(places):
            place = folder / str(number)
            place.mkdir(mode=0o755)
            (place / "conf").touch(mode=0o644)
            if os.geteuid() == 0:
                shutil.chown(place, OTHER_USER)
            subprocess.run([BENCH, "seed", place / "cache.sqlite", str(policies)], check=True, **run_as_user())
            words = [] if places[name] is not None else ["--shared-cache", redis.url()]
            running[name], _ = start(place, "--dns", f"127.0.0.1:{names.port}", "--max-entries", max(100000, policies), *words)
            places[name] = place
            with Client(place / "sock") as client:
                for number in range(policies):
                    client.ask(f"verdict domain-{number}.example")
        times = {name: [] for name in places}
        for _ in range(rounds):
            for name, place in places.items():
                times[name].append(processor_us(running[name], place, policies, 1))
        assert redis.ask("CLIENT", "LIST").count(b"addr=") >= 2, "the resolver is not connected"
        for process in running.values():
            stop(process)
    ratios = [shared / alone for alone, shared in zip(*times.values())]
    print(f"\n| an answer from memory, {rounds} rounds in turns | CPU us, median |\n| --- | ---: |")
    for name, spent in times.items():
        print(f"| {name} | {statistics.median(spent):.3f} |")
    print(f"\nRatio within a round: {statistics.median(ratios):.3f} (median; lowest {min(ratios):.3f}, highest {max(ratios):.3f}).")


def main() -> None:
    policies = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 21
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mta-sts-bench-"))
    if os.geteuid() == 0:
        shutil.chown(folder, OTHER_USER)
    try:
        measure(folder, policies, seconds)
        if PROGRAM:
            measure_shared(folder, policies, rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
