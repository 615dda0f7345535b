"""Reads the same reports by hand, as guides show it, and with mta-sts, side by side; then the history and its page.

    MTA_STS_BUILD=build /usr/bin/python3 bench/report/measure.py [--reports 100000] [--rounds 3]
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import corpus

HERE = pathlib.Path(__file__).parent
MTA_STS = pathlib.Path(os.environ.get("MTA_STS_BUILD", "build")) / "bin" / "mta-sts"


def run(*words):
    """Gives CPU seconds, wall seconds and the most MiB of memory; what it prints goes nowhere.

    time(1) measures: the memory that the kernel notes of a child of this program would begin with this program's own.
    """
    with tempfile.NamedTemporaryFile("r") as figures:
        child = subprocess.run(["/usr/bin/time", "-q", "-o", figures.name, "-f", "%U %S %e %M", *map(str, words)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if child.returncode not in (0, 1):  # 1: the target is missed
            sys.exit(f"{words}: exit {child.returncode}: {child.stderr.decode()}")
        user, system, wall, memory = map(float, figures.read().split())
    return user + system, wall, memory / 1024


def row(name, results, reports, base=None):
    cpu, wall, memory = (statistics.median(column) for column in zip(*results))
    ratio = f"{base / cpu:.1f}" if base else "1.0"
    print(f"| {name} | {cpu / reports * 1e6:.1f} | {wall / reports * 1e6:.1f} | {ratio} | {memory:.0f} |", flush=True)
    return cpu


def reading(folder, reports, rounds):
    ways = {
        "by hand, single files": ("/usr/bin/python3", HERE / "by_hand.py", folder / "reports"),
        "by hand, one zip": ("/usr/bin/python3", HERE / "by_hand.py", folder / "all.zip"),
        "by hand, one mbox": ("/usr/bin/python3", HERE / "by_hand.py", folder / "all.mbox"),
        "mta-sts report, single files": (MTA_STS, "report", folder / "reports"),
        "mta-sts report, one zip": (MTA_STS, "report", folder / "all.zip"),
        "mta-sts report, one mbox": (MTA_STS, "report", folder / "all.mbox"),
    }
    results = {name: [] for name in ways}
    for _ in range(rounds):
        for name, words in ways.items():  # in turn, so that a busy minute hits all of them
            results[name].append(run(*words))
    print("| way | CPU us a report | wall us a report | to by hand, the same input (CPU) | memory MiB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    base = {}
    for name, result in results.items():
        what = name.split(", ")[1]
        cpu = row(name, result, reports, base.get(what))
        base.setdefault(what, cpu)
    single = base["single files"]
    zip_cpu, mbox_cpu = (statistics.median(cpu for cpu, _, _ in results[f"mta-sts report, one {what}"])
                         for what in ("zip", "mbox"))
    print(f"\nAgainst single files by hand: one zip {single / zip_cpu:.1f} times, one mbox {single / mbox_cpu:.1f} times "
          "less CPU.\n")


def importing(folder, reports, rounds):
    print("| import into a new history | reports a second (wall) | reports a CPU-second | memory MiB |")
    print("| --- | ---: | ---: | ---: |")
    for what in ("reports", "all.zip", "all.mbox"):
        results = []
        for number in range(rounds):
            db = folder / f"{what}.{number}.sqlite"
            results.append(run(MTA_STS, "tlsrpt", "import", "--db", db, folder / what))
        cpu, wall, memory = (statistics.median(column) for column in zip(*results))
        print(f"| {what} | {reports / wall:.0f} | {reports / cpu:.0f} | {memory:.0f} |", flush=True)


def page(folder, rounds):
    year = folder / "year"
    corpus.make(year, 365_000)
    db = folder / "year.sqlite"
    run(MTA_STS, "tlsrpt", "import", "--db", db, year / "all.zip")
    print(f"\nA year of daily reports of 1,000 domains: a history of {os.path.getsize(db) >> 20} MiB.\n")
    print("| command | wall s | CPU s | memory MiB |")
    print("| --- | ---: | ---: | ---: |")
    for words in (("html", "-o", folder / "page"), ("show",), ("alert", "--until", "2026-02-28"),
                  ("metrics", "--since", "2025-03-01")):
        cpu, wall, memory = (statistics.median(column) for column in
                             zip(*[run(MTA_STS, "tlsrpt", words[0], "--db", db, *words[1:]) for _ in range(rounds)]))
        print(f"| tlsrpt {words[0]} | {wall:.2f} | {cpu:.2f} | {memory:.0f} |", flush=True)


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--reports", type=int, default=100_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--no-page", action="store_true", help="leave out the year of 1,000 domains")
    options = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="mta-sts-bench.") as name:
        folder = pathlib.Path(name)
        corpus.make(folder, options.reports)
        reading(folder, options.reports, options.rounds)
        importing(folder, options.reports, options.rounds)
        if not options.no_page:
            page(folder, options.rounds)


if __name__ == "__main__":
    main()
