"""What the plugin costs an Exim process: `scripts/lab --bare -- /usr/bin/python3 bench/dlfunc/measure.py [ROUNDS]`.

Each round starts one Exim process (`exim -be`) of each kind in turn and waits for it; the table has the medians, of the
times and of the differences within a round. The resolver is the real one and has the answer in its memory.
Instructions are those of the Exim process alone."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from lab.exim import PLUGIN, Exim  # noqa: E402
from lab.lab import Lab  # noqa: E402

DOMAIN = "good.example"
CALL = f"${{dlfunc{{{PLUGIN}}}{{mta_sts_verdict}}{{{DOMAIN}}}{{socket=/run/mta-sts/exim.sock}}"
NOTHING = "no plugin"
KINDS = {
    NOTHING: "x",
    "opened and called, nothing asked": CALL + "{wait=none}}",
    "opened and called, one cached answer": CALL + "}",
    "the same, called three times": f"${{map{{1:2:3}}{{{CALL}}}}}}}",
}
PROFILED = "/run/exim4-profiled"


def run(exim, text, *program):
    """Runs one Exim; gives its time in ms and what it wrote."""
    words = [*(program or ["/usr/sbin/exim4"]), "-C", str(exim.config), "-be", text]
    begin = time.perf_counter_ns()
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    spent = (time.perf_counter_ns() - begin) / 1e6
    assert b"Failed" not in done.stdout, done.stdout
    return spent, done.stdout


def instructions(exim, text):
    """The user instructions of one Exim, under callgrind."""
    out = "/run/bench.callgrind"
    shutil.copyfile("/usr/sbin/exim4", PROFILED)  # valgrind takes no setuid program
    os.chmod(PROFILED, 0o755)
    run(exim, text, "valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={out}", PROFILED)
    with open(out, encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(("totals:", "summary:")))


def main():
    """Measures and prints one table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    lab = Lab(parts=["web", "resolver"])
    exim = Exim.debian()
    run(exim, KINDS["opened and called, one cached answer"])  # the resolver fetches
    answer = run(exim, KINDS["opened and called, one cached answer"])[1]
    assert b"mode=enforce" in answer and b"source=cache" in answer, answer
    times = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, text in KINDS.items():
            times[kind].append(run(exim, text)[0])
    counts = {kind: instructions(exim, text) if shutil.which("valgrind") else 0 for kind, text in KINDS.items()}
    medians = {kind: statistics.median(spent) for kind, spent in times.items()}
    more = {kind: statistics.median(a - b for a, b in zip(spent, times[NOTHING])) for kind, spent in times.items()}
    print(f"| one Exim process, {rounds} rounds | median | more than without | instructions more |")
    print("| --- | ---: | ---: | ---: |")
    for kind in KINDS:
        print(f"| {kind} | {medians[kind]:.2f} ms | {more[kind]:+.2f} ms "
              f"| {counts[kind] - counts[NOTHING]:+,} |")
    lab.close()


main()
