"""What a diagnosis costs, beside another build in the same run: see docs/performance.md, The diagnosis.

    scripts/lab --bare -- /usr/bin/python3 bench/check/measure.py [--domains 1000] [--rounds 5] [--previous PROGRAM]

One healthy domain with two MX hosts on four addresses; then many domains from a file that share a policy host's address
and a mail host, as a provider's customers do. PROGRAM is an mta-sts of another build, measured in turn with this one.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from lab.domains import Domain, Mail, Web  # noqa: E402
from lab.lab import NGINX, Lab  # noqa: E402

ROUNDS_OF_ONE = 4  # for each round of the many
RUA = "v=TLSRPTv1; rua=mailto:a@{}"
ONE = "one.example"
LISTED = Path("/tmp/listed")
MEMORY = Path("/tmp/memory")


def one():
    hosts = {f"mx{number}.{ONE}": Mail(also=(Mail(),)) for number in (1, 2)}
    words = "enforce " + " ".join(f"mx={host}" for host in hosts) + " max_age=1209600"
    return Domain(ONE, words, hosts, Web(), None, (f'_smtp._tls.{ONE}. TXT "{RUA.format(ONE)}"',))


def many(count):
    name = "many.example"
    records = []
    for number in range(count):
        own = f"d{number}.{name}"
        records += [f'_mta-sts.{own}. TXT "v=STSv1; id=1;"', f"mta-sts.{own}. A {NGINX}", f"{own}. MX 10 mx.{name}.",
                    f'_smtp._tls.{own}. TXT "{RUA.format(name)}"']
    return Domain(name, f"enforce mx=mx.{name} max_age=1209600", {f"mx.{name}": Mail()}, Web(), None, tuple(records))


def check(program, *words):
    """Runs the command, from its start to its end: seconds, processor seconds, greatest resident MiB, and its JSON lines."""
    begin = time.monotonic()
    # A process's greatest memory counts that of the one it was forked from: time is small, Python is not.
    timed = ["time", "-q", "-f", "%M", "-o", MEMORY]
    process = subprocess.Popen([*timed, program, "check", "--json", *words], stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    whole = time.monotonic() - begin
    memory = int(MEMORY.read_text()) / 1024
    return whole, usage.ru_utime + usage.ru_stime, memory, [json.loads(line) for line in output.splitlines()]


def assert_policies(results, count):
    reached = sum(any(each["id"] == "C24" and each["result"] == "ok" for each in result["checks"]) for result in results)
    assert len(results) == reached == count, f"{reached} of {count} policies were had"


def measure_one(program, row):
    whole, processor, memory, results = check(program, ONE)
    assert_policies(results, 1)
    for title, value in (("ms", whole * 1000), ("processor ms", processor * 1000), ("greatest memory, MiB", memory)):
        row.setdefault(title, []).append(value)


def measure_many(program, row, count):
    whole, processor, memory, results = check(program, "--from", str(LISTED))
    assert_policies(results, count)
    for title, value in (("domains a second", count / whole), ("processor ms for a domain", processor * 1000 / count),
                         ("greatest memory, MiB", memory)):  # fmt: skip
        row.setdefault(title, []).append(value)


def instructions(program):
    """Millions of instructions for the one domain, which other load of the machine does not change."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "check", "--timeout", "300", ONE],
                          capture_output=True, text=True, check=True)  # fmt: skip
    return int(re.search(r"Collected : (\d+)", done.stderr)[1]) / 1e6


def table(what, rows):
    """The medians; the last column is this build by the previous one."""
    middle = {name: {title: statistics.median(values) for title, values in row.items()} for name, row in rows.items()}
    print(f"\n| {what} | " + " | ".join(rows) + (" | ratio |" if len(rows) > 1 else " |") + "\n| --- |" + " ---: |" * (len(rows) + (len(rows) > 1)))
    for title in middle["this build"]:
        values = [each[title] for each in middle.values()]
        shown = [f"{value:.1f}" if value < 100 else f"{value:.0f}" for value in values]
        print(f"| {title} | " + " | ".join(shown + [f"{values[0] / values[1]:.2f}"] * (len(values) > 1)) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--domains", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--previous", type=Path, metavar="PROGRAM")
    options = parser.parse_args()
    programs = {"this build": "mta-sts"}
    if options.previous:
        programs["previous build"] = str(options.previous.resolve())
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    lab = Lab(parts=["web", "mail"], table=[many(options.domains), one()])
    try:
        LISTED.write_text("".join(f"d{number}.many.example\n" for number in range(options.domains)))
        ones, manies = ({name: {} for name in programs} for _ in range(2))
        for _ in range(options.rounds):
            for _ in range(ROUNDS_OF_ONE):
                for name, program in programs.items():  # in turn, so that a busy moment of the host hits all
                    measure_one(program, ones[name])
            for name, program in programs.items():
                measure_many(program, manies[name], options.domains)
        for name, program in programs.items():
            ones[name]["instructions, millions"] = [instructions(program)]
    finally:
        lab.close()
    table("one domain, two MX hosts on four addresses", ones)
    table(f"{options.domains} domains from a file", manies)


main()
