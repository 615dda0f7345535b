"""What the plugin costs an Exim process: `scripts/lab --bare -- /usr/bin/python3 bench/dlfunc/measure.py [ROUNDS]`.

Each round starts four Exim processes, one of a kind, and waits for each; the table has the medians. The resolver is
a process that gives one cached answer at once, so the last line is plugin, socket and a waiting peer together."""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from lab.exim import PLUGIN, Exim  # noqa: E402
from lab.lab import Lab  # noqa: E402

SOCKET = "/run/bench.sock"
PROFILED = "/run/exim4-profiled"
ANSWER = (b'mode=enforce id=20260101 mx="mx1.good.example mx2.good.example" '
          b'ignore="! ^mx1[.]good[.]example$ ; ! ^mx2[.]good[.]example$ ; *" source=cache expires=1893456000\n')
CALL = f"${{dlfunc{{{PLUGIN}}}{{mta_sts_verdict}}{{good.example}}{{socket={SOCKET}}}"
KINDS = {
    "no plugin": "x",
    "loaded, called, nothing asked": CALL + "{wait=none}}",
    "loaded, called, one cached answer": CALL + "}",
    "the same, called three times": f"${{map{{1:2:3}}{{{CALL}}}}}}}",
}


def serve():
    """Answers every question with one policy, in a process of its own."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(SOCKET)
    listener.listen(64)
    if os.fork() == 0:
        while True:
            connection, _ = listener.accept()
            connection.recv(1100)
            connection.send(ANSWER)
            connection.close()


def run(exim, text, *program):
    """Runs one Exim and returns its time in milliseconds."""
    words = [*(program or ["/usr/sbin/exim4"]), "-C", str(exim.config), "-be", text]
    begin = time.perf_counter_ns()
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    spent = (time.perf_counter_ns() - begin) / 1e6
    assert b"Failed" not in done.stdout, done.stdout
    return spent


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
    Lab(parts=[])
    exim = Exim.debian()
    serve()
    times = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, text in KINDS.items():
            times[kind].append(run(exim, text))
    has_valgrind = subprocess.run(["which", "valgrind"], capture_output=True, check=False).returncode == 0
    counts = {kind: instructions(exim, text) if has_valgrind else 0 for kind, text in KINDS.items()}
    base, base_count = statistics.median(times["no plugin"]), counts["no plugin"]
    print(f"| one Exim process (`exim -be`), {rounds} rounds | median ms | more than without | instructions more |")
    print("| --- | ---: | ---: | ---: |")
    for kind in KINDS:
        median = statistics.median(times[kind])
        print(f"| {kind} | {median:.2f} | {median - base:+.2f} ms | {counts[kind] - base_count:+,} |")


main()
