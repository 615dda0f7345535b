"""docs/reports.md and docs/alerts.md: their commands are run as they stand, and they know every word of the reader."""

import datetime
import gzip
import json
import os
import pathlib
import re
import subprocess
import zipfile

import pytest

from reports import MTA_STS, detail, report

ROOT = pathlib.Path(__file__).parents[2]
SAMPLES = pathlib.Path(__file__).parent / "samples"
TODAY = datetime.datetime.now(datetime.timezone.utc).date()


def blocks():
    for page in ("reports.md", "alerts.md"):
        for name, text in re.findall(r"<!-- run: ([a-z]+) -->\n```sh\n(.*?)```", (ROOT / "docs" / page).read_text(), re.S):
            yield pytest.param(text, id=f"{page}-{name}")


@pytest.fixture
def host(tmp_path):
    """A host with a mailbox, a spool, an archive and a history, below a folder in place of /."""
    for folder in ("bin", "home/Maildir/new", "home/Maildir/cur", "home/Maildir/tmp", "var/lib/mta-sts-tlsrpt", "archive/reports",
                   "var/spool/mta-sts/reports/new", "var/spool/mta-sts/reports/tmp", "var/www",
                   "var/lib/prometheus/node-exporter"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "bin/mta-sts").symlink_to(MTA_STS)
    (tmp_path / "archive/reports/saved.json").write_text(json.dumps(report(7, report_id="saved")))
    (tmp_path / "tls-report.json").write_text(json.dumps(report(4521, 3, details=[detail()])))
    mail = b"Authentication-Results: mx.example.com; dkim=none\r\n" + (SAMPLES / "own-04-mail-json-base64.eml").read_bytes()
    (tmp_path / "home/Maildir/new/1.host").write_bytes(mail)
    packed = gzip.compress(json.dumps(report(10, day=str(TODAY))).encode())
    (tmp_path / "var/spool/mta-sts/reports/new/1.0123456789abcdef.gz").write_bytes(packed)
    with zipfile.ZipFile(tmp_path / "archive/2025.zip", "w") as archive:
        archive.writestr("1.json.gz", packed)
    mbox = b"From a@b.example Tue Mar  3 04:12:09 2026\n" + mail
    (tmp_path / "archive/2026-01.mbox.gz").write_bytes(gzip.compress(mbox))
    return tmp_path


def sh(host, text):
    text = re.sub(r"(?<![\w.])/var/", f"{host}/var/", text)
    text = re.sub(r"mta-sts tlsrpt (\w+)", rf"mta-sts tlsrpt \1 --db {host}/var/lib/mta-sts-tlsrpt/history.sqlite", text)
    env = {**os.environ, "HOME": str(host / "home"), "PATH": f"{host / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", text], cwd=host, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("text", blocks())
def test_the_commands_work(host, text):
    assert sh(host, "mta-sts tlsrpt import tls-report.json").returncode == 0
    done = sh(host, text)
    assert done.stderr == "", done.stderr
    assert done.returncode in (0, 1)  # 1: the target is missed


def test_the_command_that_moves_files_does(host):
    text = re.search(r"<!-- run: moved -->\n```sh\n(.*?)```", (ROOT / "docs/reports.md").read_text(), re.S)[1]
    assert sh(host, text).stdout.startswith("1 new report")
    assert [path.name for path in (host / "archive/imported").iterdir()] == ["saved.json"]
    assert not list((host / "archive/reports").iterdir())


def test_the_shown_answer_is_the_real_one(host):
    shown = re.search(r"```\n(Success rate: .*?)\n\.\.\.\n```", (ROOT / "docs/reports.md").read_text(), re.S)[1]
    assert sh(host, "mta-sts report tls-report.json").stdout.startswith(shown)


def test_every_word_is_explained():
    words = set(re.findall(r'"([EW]_[A-Z0-9_]+)"', (ROOT / "common/tlsrpt/model/words.cpp").read_text()))
    assert words == set(re.findall(r"^\| `([EW]_[A-Z0-9_]+)` \|", (ROOT / "docs/reports.md").read_text(), re.M))
    header = (ROOT / "common/tlsrpt/model/words.hpp").read_text()
    assert len(words) == sum(int(count) for count in re.findall(r"(?:read_error|quirk)_count = (\d+)", header))


def test_a_word_has_the_same_explanation_in_the_page_and_the_program():
    rows = re.findall(r"^\| `([EW]_\w+)` \| (.*) \|$", (ROOT / "docs/reports.md").read_text(), re.M)
    assert len(rows) > 40
    told = subprocess.run([MTA_STS, "errors", *(word for word, _ in rows)], capture_output=True, text=True, timeout=60, check=True).stdout
    for word, text in rows:
        meaning, fix = re.search(rf"^{word} \(.*\)\n  (.*)\n  fix.*?: (.*)$", told, re.M).groups()
        assert text == (f"{meaning}: {fix}" if word.startswith("E_") else meaning)


def test_every_metric_is_explained(host):
    sh(host, "mta-sts tlsrpt import --metrics import.prom var/spool/mta-sts/reports")
    told = sh(host, "mta-sts tlsrpt metrics").stdout + (host / "import.prom").read_text()
    names = set(re.findall(r"^# TYPE (\w+)", told, re.M))
    text = (ROOT / "docs/alerts.md").read_text()
    short = {f"mta_sts_tlsrpt{name}" for name in re.findall(r"`(_\w+)`", text)}
    assert names == set(re.findall(r"`(mta_sts_tlsrpt_\w+)`", text)) | short
