"""The measurements that need neither the lab nor another server's packages still run; what they print is of a busy machine and is not judged."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from server import BUILD

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import postgresql  # noqa: E402


@pytest.mark.parametrize(
    ("words", "tables"),
    # Fewer reports would take less than the hundredth of a second in which processor time is counted.
    [(["bench/report/measure.py", "--reports", "5000", "--rounds", "1", "--no-year"], ["way", "import into a new history", "ratio"]),
     pytest.param(["bench/report/measure.py", "--reports", "5000", "--rounds", "1", "--server-only"], ["5000 reports"], marks=postgresql.needed),
     (["bench/resolver/measure.py", "200", "1", "1"], ["policies", "connections, one request each under way"]),
     (["bench/outcomes/measure.py", "--datagrams", "5000", "--rounds", "1", "--domains", "50"], ["5,000 datagrams, counted by", "`mta-sts tlsrpt send`, 50 domains"]),
     pytest.param(["bench/sync/measure.py", "--rows", "1000", "--rounds", "1"], ["1,000 rows into an empty node"], marks=postgresql.needed)],
    ids=["report", "server", "resolver", "outcomes", "sync"],
)  # fmt: skip
def test_measures(words, tables):
    done = subprocess.run([sys.executable, ROOT / words[0], *words[1:]], capture_output=True, text=True, timeout=600,
                          env={**os.environ, "MTA_STS_BUILD": str(BUILD)})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for table in tables:
        rows = done.stdout.partition(f"| {table} |")[2].split("\n\n")[0].splitlines()[2:]
        # A command that has nothing to do is too fast for a number in some rows.
        assert rows and any(digit in row for row in rows for digit in "123456789"), done.stdout
