"""What the scripts say while they work, on a terminal and elsewhere."""

import os
import pty
import re
import subprocess

from .test_scripts import prepared, source

_STEPS = 'steps() { for step in $(seq "$1"); do echo "[$step/$1] Building $step"; done; }; '


def on_terminal(text):
    """Runs a piece of shell after packages.sh with its output on a terminal; returns what that gets."""
    outer, inner = pty.openpty()
    runner = subprocess.Popen(["bash", "-c", prepared(text)], stdout=inner, stderr=inner, env={**os.environ, "TERM": "xterm"})
    os.close(inner)
    written = b""
    try:
        while block := os.read(outer, 65536):
            written += block
    except OSError:  # the other end is closed
        pass
    os.close(outer)
    assert runner.wait() == 0, written
    return written.decode()


def test_rewrites_one_line_on_a_terminal():
    written = on_terminal(_STEPS + 'with_progress "Building" count_build "$packages_log" steps 4')
    line, _, rest = written.rpartition("\r\033[K")
    assert "\n" not in line
    assert re.fullmatch(r"Building: \d+ s\r\n", rest)
    assert re.search(r"\rBuilding: 75 % \(step 3 of 4\), \d+ s.*\033\[K", line)


def test_cuts_the_line_at_the_terminals_width():
    written = on_terminal(_STEPS + 'stty cols 30 <&1; with_progress "A name of some length" count_build "$packages_log" steps 3')
    lines = re.findall(r"\r([^\r\033]*)\033\[K", written)
    assert max(map(len, lines)) == 29


def test_prints_a_plain_line_every_ten_seconds_elsewhere():
    # The clock is bash's own, which a script may set.
    done = source('count() { SECONDS=$((SECONDS + 6)); count_build "$1"; }; '
                  + _STEPS + 'with_progress "Building" count "$packages_log" steps 4')
    assert done.returncode == 0, done.stderr
    first, second, last = done.stdout.splitlines()
    assert re.fullmatch(r"Building: 50 % \(step 2 of 4\), \d+ s, about \d+ s left", first)
    assert second.startswith("Building: 100 % (step 4 of 4), ")
    assert last.startswith("Building: ")


def test_a_failure_shows_its_last_lines_and_the_log():
    done = source('fails() { seq 100; printf "the end, without a line feed"; return 7; }; '
                  'with_progress "Building" count_build /run/failed.log fails || exit')
    assert done.returncode == 7
    *lines, last = done.stderr.splitlines()
    assert lines[0] == "62" and lines[-2:] == ["100", "the end, without a line feed"]
    assert re.fullmatch(r"Building: failed after \d+ s\. Above are the last lines of /run/failed\.log", last)


def test_counts_what_apt_does():
    lines = "Get:1 http://x lab\\nUnpacking lab (1) ...\\nPreparing to unpack x\\nSetting up lab (1) ...\\n"
    done = source(f'apt() {{ printf "{lines}"; }}; apt_steps=3; count() {{ SECONDS=$((SECONDS + 10)); count_packages "$1"; }}; '
                  'with_progress "Installing" count "$packages_log" apt')
    assert [line.split(",")[0] for line in done.stdout.splitlines()[:-1]] == [
        "Installing: 33 % (step 1 of 3)", "Installing: 66 % (step 2 of 3)", "Installing: 66 % (step 2 of 3)",
        "Installing: 100 % (step 3 of 3)"]  # fmt: skip


def test_tells_the_time_in_words():
    done = source("for time in 0 99 100 3599 3600 7500; do duration $time; done")
    assert done.stdout.splitlines() == ["0 s", "99 s", "2 min", "60 min", "1 h 0 min", "2 h 5 min"]
