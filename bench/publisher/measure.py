#!/usr/bin/env python3
"""Compares ways to publish policies with nginx and Apache httpd, and prints one table for each comparison.

    MTA_STS_BUILD=$PWD/build /usr/bin/python3 bench/publisher/measure.py [nginx] [apache] [store] [option...]

- nginx, apache: the module, beside the server's own ways to send the same bytes; over HTTP/1.1, TLS and HTTP/2.
- store: a million domains of which each has a policy of its own, then a million that share ten profiles, asked for at
  random, beside one policy for every host; and the memory of a worker with a small store and with the first of these.

Two figures a way, each with the ratio of the first way to it:
- instructions: user-mode instructions a request, by callgrind, in one process over one connection.
- requests a CPU-second: what wrk or h2load gets in --seconds, over the processor time (user and system) that the server's
  processes used for it; the server on one processor, the generator on another, as root ahead of all other work; the ways
  in turn. The median of --rounds; the ratio is of a round's own figures: the median, the lowest and the highest.
"""

import argparse
import statistics
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "servers"))

import apache_ways  # noqa: E402
import instructions  # noqa: E402
import nginx_ways  # noqa: E402
import processor_time  # noqa: E402
import store_ways  # noqa: E402
import worker_memory  # noqa: E402
from nginx import Nginx  # noqa: E402
from stores import Store  # noqa: E402

FEW_DOMAINS = 1000


def print_comparison(comparison, options) -> None:
    counted = options.instructions and comparison.counts_instructions
    if not counted and options.rounds == 0:
        return
    counts = [instructions.a_request(way, comparison.requests) for way in comparison.ways] if counted else []
    rounds = processor_time.in_turn(comparison, options.rounds, options.seconds) if options.rounds > 0 else []
    print(f"\n{comparison.title}\n")
    print("| way | instructions a request | the first's to it | requests a CPU-second | the first's to it | lowest, highest |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for index, way in enumerate(comparison.ways):
        row = [way.name, *[""] * 5]
        if counts:
            row[1:3] = f"{counts[index]:.0f}", f"{counts[0] / counts[index]:.2f}"
        if rounds:
            ratios = [figures[0] / figures[index] for figures in rounds]
            row[3] = f"{statistics.median(figures[index] for figures in rounds):.0f}"
            row[4:] = f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f}, {max(ratios):.2f}"
        print("| " + " | ".join(row) + " |", flush=True)


def print_memory(stores: dict) -> None:
    print("\nA worker that serves a store, KiB\n")
    print("| server | domains | anonymous | tables of pages | pages of files |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for server, make in store_ways.MAKERS:
        for domains, store in stores.items():
            memory = worker_memory.of_worker(store_ways.ways(store, make)[0], domains)
            print(f"| {server} | {domains:,} | " + " | ".join(map(str, memory.values())) + " |", flush=True)


def measure_store(options) -> None:
    with Store() as few, Store() as many, Store() as shared:
        store_ways.fill(few, FEW_DOMAINS)
        for kind, store in ((store_ways.Own, many), (store_ways.Shared, shared)):
            store_ways.fill(store, options.domains, kind)
            for comparison in store_ways.comparisons(store, options.domains, kind):
                print_comparison(comparison, options)
        print_memory({FEW_DOMAINS: few, options.domains: many})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="kind", choices=[[], "nginx", "apache", "store"])
    parser.add_argument("--rounds", type=int, default=9, help="0: instructions alone")
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--no-instructions", dest="instructions", action="store_false", help="processor time alone")
    parser.add_argument("--domains", type=int, default=1_000_000, help="of the store")
    parser.add_argument("--nginx", type=Path, help="another nginx, with --nginx-module built for it")
    parser.add_argument("--nginx-module", type=Path)
    options = parser.parse_args()
    if options.nginx:
        Nginx.program, Nginx.module = options.nginx, options.nginx_module

    for kind in options.kinds or ["nginx", "apache", "store"]:
        if kind == "store":
            measure_store(options)
            continue
        for comparison in {"nginx": nginx_ways, "apache": apache_ways}[kind].comparisons():
            print_comparison(comparison, options)


if __name__ == "__main__":
    main()
