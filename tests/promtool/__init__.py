"""Prometheus' own judgement of metrics: what the tests of all metrics share."""

import collections
import pathlib
import shutil
import subprocess

import pytest

UNPACKED = pathlib.Path(__file__).parents[2] / "build/lab-prometheus/root/usr/bin/promtool"
PROMTOOL = str(UNPACKED) if UNPACKED.exists() else shutil.which("promtool")

needed = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not there: sudo scripts/test unpacks Debian's package prometheus")


def complaints(metrics):
    """Gives what is wrong with a text of metrics: nothing where Prometheus takes all of it."""
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=metrics, capture_output=True, text=True, timeout=60, check=False)
    series = collections.Counter(line.rpartition(" ")[0] for line in metrics.splitlines() if not line.startswith("#"))
    # A scrape fails on a series that comes twice; promtool says nothing of it.
    twice = [f"{name} comes {count} times\n" for name, count in series.items() if count > 1]
    return "".join([done.stdout, done.stderr, f"exit {done.returncode}\n" if done.returncode else "", *twice])
