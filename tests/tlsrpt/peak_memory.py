"""What a command that was run to its end held in memory at most."""

import os
import re
import subprocess

MEASURED = ("import resource,subprocess,sys;code=subprocess.run(sys.argv[1:]).returncode;"
            "print('KiB', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss);sys.exit(code)")  # fmt: skip
SANITIZED = bool(os.environ.get("SANITIZE"))


def run_within(most_kib, *words, timeout=120):
    """Runs it; gives exit code, output and errors. A sanitizer keeps what was freed: nothing is measured under it."""
    done = subprocess.run(["/usr/bin/python3", "-c", MEASURED, *map(str, words)], capture_output=True, text=True, timeout=timeout)
    out, kib = re.fullmatch(r"(.*)KiB (\d+)\n", done.stdout, re.DOTALL).groups()
    assert SANITIZED or int(kib) < most_kib, (kib, out[:1000], done.stderr[:1000])
    return done.returncode, out, done.stderr
