"""Imports a million domains into a store, and looks them up as a web server does.

    MTA_STS_BUILD=build /usr/bin/python3 bench/store/measure.py [--domains 1000000] [--rounds 3]

Own: each domain has a policy of its own, with its own mx. Shared: all have that of one profile.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

BIN = pathlib.Path(os.environ.get("MTA_STS_BUILD", "build")).resolve() / "bin"
LOOKUPS = 10_000


def own(number):
    domain = f"customer-{number}.example"
    return f"{domain},enforce mx=mx1.{domain} mx=mx2.{domain} max_age=1209600\n"


def shared(number):
    return f"customer-{number}.example,profile=hosted\n"


def write_lines(path, line, domains):
    with path.open("w") as file:
        file.write("@hosted,enforce mx=mx1.provider.example mx=mx2.provider.example max_age=1209600\n")
        for at in range(domains):
            file.write(line(at * 7368787 % domains))  # not in the order of the tree


def run_import(store, lines):
    """CPU seconds, wall seconds and MiB of memory."""
    for file in (store, store.with_name(f"{store.name}-lock")):
        file.unlink(missing_ok=True)
    done = subprocess.run(["/usr/bin/time", "-q", "-f", "%U %S %e %M", BIN / "mta-sts", "store", "import", "--store", store, lines],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        sys.exit(done.stderr)
    user, system, wall, memory = map(float, done.stderr.split())
    return user + system, wall, memory / 1024


def lookup(store, domains):
    """Instructions of a lookup (callgrind counts within it alone) and its nanoseconds."""
    words = [BIN / "bench_store", store, str(domains)]
    counted = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                              "--toggle-collect=*serve_host*", *words, str(LOOKUPS)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)  # fmt: skip
    timed = subprocess.run([*words, str(2 * domains)], stdout=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", counted.stderr)[1]) / LOOKUPS, int(timed.stdout)


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--domains", type=int, default=1_000_000)
    words.add_argument("--rounds", type=int, default=3)
    options = words.parse_args()
    print("| domains with | import, CPU s | wall s | memory MiB | file MiB | lookup, instructions | lookup, ns |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="mta-sts-bench.") as name:
        store, lines = pathlib.Path(name) / "store.mdb", pathlib.Path(name) / "lines"
        for what, line in (("own policies", own), ("one profile", shared)):
            write_lines(lines, line, options.domains)
            cpu, wall, memory = map(statistics.median, zip(*(run_import(store, lines) for _ in range(options.rounds))))
            count, time = lookup(store, options.domains)
            size = store.stat().st_size / 2**20
            print(f"| {what} | {cpu:.1f} | {wall:.1f} | {memory:.0f} | {size:.0f} | {count:.0f} | {time} |", flush=True)


if __name__ == "__main__":
    main()
