"""Reads the same reports by hand, as guides show it, and with mta-sts, side by side; then the history and its page.

    MTA_STS_BUILD=build /usr/bin/python3 bench/report/measure.py [--reports 100000] [--rounds 3] [--previous PROGRAM] [--server-only]

PROGRAM is an mta-sts of another build, measured in turn with this one; the goals are ratios to it. --server-only measures a history in
PostgreSQL beside one in a file, in turn, and nothing else.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import corpus

HERE = pathlib.Path(__file__).parent
MTA_STS = pathlib.Path(os.environ.get("MTA_STS_BUILD", "build")) / "bin" / "mta-sts"
THIS = "mta-sts"
PREVIOUS = "mta-sts, previous build"
YEAR = 365_000


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


def middle(results):
    """The medians of CPU seconds, wall seconds and memory."""
    return tuple(statistics.median(column) for column in zip(*results))


def row(name, results, reports, base=None):
    cpu, wall, memory = middle(results)
    ratio = f"{base / cpu:.1f}" if base else "1.0"
    print(f"| {name} | {cpu / reports * 1e6:.1f} | {wall / reports * 1e6:.1f} | {ratio} | {memory:.0f} |", flush=True)
    return cpu


def reading(folder, reports, rounds, programs):
    """Gives the results of each way: name of the reader, what is read."""
    inputs = {"single files": "reports", "one zip": "all.zip", "one mbox": "all.mbox"}
    readers = {"by hand": ("/usr/bin/python3", HERE / "by_hand.py")}
    readers |= {name: (program, "report") for name, program in programs.items()}
    results = {(reader, what): [] for reader in readers for what in inputs}
    for _ in range(rounds):
        for reader, what in results:  # in turn, so that a busy minute hits all of them
            results[reader, what].append(run(*readers[reader], folder / inputs[what]))
    print("| way | CPU us a report | wall us a report | to by hand, the same input (CPU) | memory MiB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    base = {}
    for (reader, what), result in results.items():
        base.setdefault(what, row(f"{reader}, {what}", result, reports, base.get(what)))
    return results


def importing(folder, reports, rounds, programs):
    """Imports into new histories. Gives the results of each way: name of the program, what is imported."""
    inputs = {"single files": "reports", "one zip": "all.zip", "one mbox": "all.mbox"}
    results = imports(folder, inputs, rounds, programs)
    print("\n| import into a new history | reports a second (wall) | reports a CPU-second | memory MiB |")
    print("| --- | ---: | ---: | ---: |")
    for (name, what), result in results.items():
        cpu, wall, memory = middle(result)
        print(f"| {name}, {what} | {reports / wall:.0f} | {reports / cpu:.0f} | {memory:.0f} |", flush=True)
    return results


def importing_a_year(folder, rounds, programs):
    """The same for a year of reports, day by day and one domain after the other."""
    corpus.by_domain(folder / "all.zip", folder / "by-domain.zip")
    results = imports(folder, {"by day": "all.zip", "by domain": "by-domain.zip"}, rounds, programs)
    print(f"\n| import of {YEAR} reports | wall s | CPU s | memory MiB |")
    print("| --- | ---: | ---: | ---: |")
    for (name, what), result in results.items():
        cpu, wall, memory = middle(result)
        print(f"| {name}, {what} | {wall:.1f} | {cpu:.1f} | {memory:.0f} |", flush=True)
    return results


def imports(folder, inputs, rounds, programs):
    results = {(name, what): [] for name in programs for what in inputs}
    db = folder / "new.sqlite"
    for _ in range(rounds):
        for name, what in results:
            results[name, what].append(run(programs[name], "tlsrpt", "import", "--db", db, folder / inputs[what]))
            db.unlink()
    return results


SERVER_COMMANDS = (("show",), ("show", "--days", "30"), ("html",), ("alert", "--days", "30"), ("metrics", "--days", "30"))


def on_a_server(folder, reports, rounds):
    """The same import into a file and into a database, in turn, and what is then asked of both."""
    sys.path.insert(0, str(HERE.parents[1] / "tests"))
    from postgresql import REPORTS_SCHEMA, Server  # noqa: PLC0415: it needs pytest, which nothing else here does

    server = Server()
    try:
        server.create()
        server.make("bench", REPORTS_SCHEMA)
        file = folder / "beside.sqlite"
        places = {"file": file, "PostgreSQL": server.address("bench")}
        asked = [("import", folder / "all.zip"), *SERVER_COMMANDS]
        results = {(words, place): [] for words in asked for place in places}
        for _ in range(rounds):
            file.unlink(missing_ok=True)
            server.do("bench", "SET search_path = mta_sts_tlsrpt; TRUNCATE report, session, failure, conflict, watch, standing")
            for words in asked:
                for place, db in places.items():
                    output = ("-o", folder / "page") if words[0] == "html" else ()
                    results[words, place].append(run(MTA_STS, "tlsrpt", words[0], "--db", db, *words[1:], *output))
        print(f"\n| {reports} reports | file, wall s | PostgreSQL, wall s | ratio | command's CPU s, file and PostgreSQL | memory MiB |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for words in asked:
            (cpu, wall, memory), (far_cpu, far_wall, far_memory) = (middle(results[words, place]) for place in places)
            shown = " ".join(word for word in words if isinstance(word, str))
            print(f"| tlsrpt {shown} | {wall:.2f} | {far_wall:.2f} | {wall / far_wall:.2f} | {cpu:.2f}, {far_cpu:.2f} | {memory:.0f}, {far_memory:.0f} |",
                  flush=True)  # fmt: skip
    finally:
        server.remove()


def instructions(program, path):
    """Millions of instructions, which other load of the machine does not change."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "report", path],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1]) / 1e6


def goals(folder, read, imported, year, programs):
    """What is wanted of this build, as ratios: the previous build's figure, or that of the lines by hand, is 1."""
    rows = []

    def against(other, what, results, column, goal, title):
        ours, theirs = (middle(results[name, what])[column] for name in (THIS, other))
        rows.append((f"{what}, {title}", ours / theirs, goal))

    against("by hand", "one mbox", read, 0, 0.1, "CPU to by hand")
    if PREVIOUS in programs:
        against(PREVIOUS, "one mbox", read, 0, 0.25, "CPU")
        against(PREVIOUS, "one zip", read, 0, 0.6, "CPU")
        against(PREVIOUS, "single files", read, 1, 0.6, "wall")
        if year:
            against(PREVIOUS, "by domain", year, 0, 0.5, "import, CPU")
            against(PREVIOUS, "by domain", year, 1, 0.5, "import, wall")
        for results, title in ((read, "memory"), (imported, "import, memory"), (year, "import of a year, memory")):
            for what in dict.fromkeys(what for _, what in results):
                against(PREVIOUS, what, results, 2, 1, title)
        few = folder / "few"
        corpus.make(few, 5000)
        for what, name, goal in (("one mbox", "all.mbox", 0.25), ("one zip", "all.zip", 0.6)):
            ours, theirs = (instructions(programs[each], few / name) for each in (THIS, PREVIOUS))
            rows.append((f"{what} of 5,000, instructions", ours / theirs, goal))
    print("\n| ratio | this build | goal, at most |")
    print("| --- | ---: | ---: |")
    for title, ratio, goal in rows:
        print(f"| {title} | {ratio:.2f} | {goal} |")


def page(folder, rounds):
    db = folder / "year.sqlite"
    run(MTA_STS, "tlsrpt", "import", "--db", db, folder / "all.zip")
    print(f"\nA year of daily reports of 1,000 domains: a history of {os.path.getsize(db) >> 20} MiB.\n")
    print("| command | wall s | CPU s | memory MiB |")
    print("| --- | ---: | ---: | ---: |")
    for words in (("html", "-o", folder / "page"), ("show",), ("alert", "--until", "2026-02-28"),
                  ("metrics", "--since", "2025-03-01")):
        cpu, wall, memory = middle([run(MTA_STS, "tlsrpt", words[0], "--db", db, *words[1:]) for _ in range(rounds)])
        print(f"| tlsrpt {words[0]} | {wall:.2f} | {cpu:.2f} | {memory:.0f} |", flush=True)


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--reports", type=int, default=100_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--no-year", action="store_true", help="leave out the year of 1,000 domains")
    words.add_argument("--server-only", action="store_true", help="a history in PostgreSQL beside one in a file")
    words.add_argument("--previous", type=pathlib.Path, metavar="PROGRAM")
    options = words.parse_args()
    programs = {THIS: MTA_STS}
    if options.previous:
        programs[PREVIOUS] = options.previous.resolve()
    with tempfile.TemporaryDirectory(prefix="mta-sts-bench.") as name:
        folder = pathlib.Path(name)
        if options.server_only:
            corpus.make_zip(folder, options.reports)
            on_a_server(folder, options.reports, options.rounds)
            return
        corpus.make(folder, options.reports)
        read = reading(folder, options.reports, options.rounds, programs)
        imported = importing(folder, options.reports, options.rounds, programs)
        year = {}
        if not options.no_year:
            corpus.make(folder / "year", YEAR)
            year = importing_a_year(folder / "year", options.rounds, programs)
            page(folder / "year", options.rounds)
        goals(folder, read, imported, year, programs)


if __name__ == "__main__":
    main()
