"""docs/rollout.md and docs/panels.md, run as they stand: their commands in a shell, on the days that they speak of."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from clock import COMMAND, told

from lab.dns import TSIG
from lab.lab import NAME_SERVER, REPOSITORY

BEGIN = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)  # the certificates are made after this line
ROLLOUT, PANELS = ((REPOSITORY / "docs" / name).read_text() for name in ("rollout.md", "panels.md"))
SPOOL = "/var/spool/mta-sts/reports/new"


def blocks(guide, mark, kind):
    return dict(re.findall(rf"<!-- {mark}: (\w+) -->\n```{kind}\n(.*?)```", guide, re.S))


class Reader:
    """Types the blocks of a guide on a day counted from the beginning."""

    def __init__(self, lab, folder, guide):
        self.lab, self.folder = lab, folder
        self.commands, self.shown = blocks(guide, "run", "sh"), blocks(guide, "shown", "")
        self.typed = set()
        algorithm, name, secret = TSIG
        (folder / "update.key").write_text(f'key "{name}" {{ algorithm {algorithm}; secret "{secret}"; }};\n')
        (folder / "bin").mkdir()
        program = folder / "bin" / "mta-sts"
        program.write_text(f'#!/bin/sh\nLD_PRELOAD="$CLOCK" exec {COMMAND} "$@"\n')  # for nsupdate it is today
        program.chmod(0o755)

    def type(self, name, day=0.0, code=0):
        """Gives what a block printed."""
        self.typed.add(name)
        clock = told(BEGIN + timedelta(days=day))
        environment = {**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "HOME": str(self.folder),
                       "CLOCK": clock["LD_PRELOAD"], "CLOCK_AT": clock["CLOCK_AT"]}  # fmt: skip
        script = 'set -e -o pipefail\nsudo() { "$@"; }\n' + self.commands[name]
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stderr) == (code, ""), done.stdout + done.stderr
        for domain in ("example.com", "example.net"):
            self.lab.dns.forget(domain)
        return done.stdout

    def object(self, name, day=0.0):
        return json.loads(self.type(name, day))


def without_times(text):
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME", text)


def days_of(text, first):
    """The times that a text shows, as whole days after the first of them, or after `first`."""
    times = [datetime.fromisoformat(time) for time in re.findall(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", text)]
    return [(time - (first or times[0])).days for time in times]


def record(name):
    return subprocess.run(["kdig", f"@{NAME_SERVER}", "+short", "TXT", name], capture_output=True, text=True, check=True).stdout.strip()


def report(domain, day):
    begin = BEGIN + timedelta(days=day)
    return json.dumps({
        "organization-name": "A Sender", "report-id": f"{domain}-{day}", "contact-info": "tls@sender.example",
        "date-range": {"start-datetime": f"{begin:%Y-%m-%dT00:00:00Z}", "end-datetime": f"{begin:%Y-%m-%dT23:59:59Z}"},
        "policies": [{"policy": {"policy-type": "sts", "policy-domain": domain},
                      "summary": {"total-successful-session-count": 4000, "total-failure-session-count": 1}}],
    })  # fmt: skip


@pytest.fixture(scope="module")
def admin(lab, tmp_path_factory):
    for folder in (SPOOL, "/var/lib/mta-sts-tlsrpt"):
        os.makedirs(folder)
    return Reader(lab, tmp_path_factory.mktemp("admin"), ROLLOUT)


@pytest.fixture(scope="module")
def panel(lab, tmp_path_factory):
    reader = Reader(lab, tmp_path_factory.mktemp("panel"), PANELS)
    (reader.folder / "domains.ndjson").write_text(reader.shown["lines"])
    return reader


def stored(domain):
    found = subprocess.run(["mta-sts", "store", "get", "--json", domain], capture_output=True, text=True, check=False)
    return json.loads(found.stdout) if found.returncode == 0 else None


def test_the_way_up(admin):
    looked = admin.type("look")
    assert without_times(looked) == without_times(admin.shown["look"])
    assert days_of(looked, None) == days_of(admin.shown["look"], None) == [0, 2, 9]
    for _ in range(2):
        admin.type("daily")
    assert record("_mta-sts.example.com") == f'"v=STSv1; id={stored("example.com")["id"]};"'
    assert record("_smtp._tls.example.com") == '"v=TLSRPTv1; rua=mailto:tlsrpt@example.com"'
    modes = {}
    for day in range(1, 10):
        with open(f"{SPOOL}/{day}.json", "w", encoding="utf-8") as file:
            file.write(report("example.com", day - 1))
        for _ in range(2):
            admin.type("daily", day)
        modes[day] = re.findall(r"mode: \w+|max_age: \d+", stored("example.com")["policy"])
    assert [modes[day] for day in (1, 2, 8, 9)] == [["mode: testing", "max_age: 86400"], *[["mode: testing", "max_age: 604800"]] * 2,
                                                    ["mode: enforce", "max_age: 1209600"]]  # fmt: skip
    assert record("_mta-sts.example.com") == f'"v=STSv1; id={stored("example.com")["id"]};"'


def test_other_mail_hosts(admin):
    shown = admin.shown["add"]
    printed = admin.type("add", 10)
    assert printed.startswith("; stages of example.com: pending")  # the record was not due yet
    waiting = admin.type("add", 10)
    assert without_times(waiting[: len(shown)]) == without_times(shown) and days_of(waiting[: len(shown)], None) == [0, 0, 0]
    assert days_of(waiting[: len(shown)], datetime.fromisoformat(f"{BEGIN:%Y-%m-%d %H:%M:%S}")) == [24, 24, 24]
    moved = f"server {NAME_SERVER}\nzone example.com.\nupdate delete example.com. MX\nupdate add example.com. 60 MX 10 mx.new.example.\nsend\n"
    subprocess.run(["nsupdate", "-k", admin.folder / "update.key"], input=moved, text=True, check=True)
    admin.lab.dns.forget("example.com")
    for _ in range(2):
        admin.type("drop", 25)
    assert "mail.example.com" not in stored("example.com")["policy"]


def test_back(admin):
    for _ in range(2):
        admin.type("back", 26)
    present = stored("example.com")
    assert "mode: testing" in present["policy"] and record("_mta-sts.example.com") == f'"v=STSv1; id={present["id"]};"'


def test_away(admin):
    for day in (27, 27, 39, 40, 40):
        admin.type("away", day)
        assert (stored("example.com") is None) == (day == 40)
    assert record("_mta-sts.example.com") == ""


def test_a_directive_and_what_was_seen(admin):
    admin.type("seen")
    (admin.folder / "org.json").write_text(report("example.org", 6))
    subprocess.run([COMMAND, "tlsrpt", "import", admin.folder / "org.json"], check=True, capture_output=True, env={**os.environ, **told(BEGIN + timedelta(days=7))})
    printed = admin.type("seen", 7)
    shown = [line for line in printed.splitlines() if not line.startswith("; not known: ")]
    assert without_times("\n".join(shown)).startswith(without_times(admin.shown["seen"]).rstrip("\n"))
    assert "assumed" in printed


def test_a_panel(panel):
    first = panel.object("create")
    assert (first["state"], first["next"], first["changed"]) == ("pending", "host", True)
    for _ in range(2):
        panel.type("dns")
    last = panel.object("create")
    assert (last["state"], last["next"], last["changed"], last["announced_id"]) == ("done", None, False, last["id"])
    assert panel.type("names").splitlines().count("mta-sts.example.net") == 1
    results = [json.loads(line) for line in panel.type("many").splitlines() if line.startswith("{")]
    assert [(found["domain"], found["error"], found["kind"]) for found in results] == [
        ("example.net", None, "policy"), ("example.edu", None, "profile"), ("example.info", None, "alias")]  # fmt: skip
    led = panel.object("rollout", 2)
    assert (led["changed"], led["max_age"], led["next_stage"]) == (True, 604800, "enforce")
    subprocess.run(["mta-sts", "store", "remove", "example.info"], check=True, capture_output=True)  # an alias of it
    gone = [panel.object("remove", day) for day in (3, 4, 10)]
    assert [(found["mode"], found["state"]) for found in gone[:2]] == [("none", "pending"), ("none", "pending")]
    assert gone[0]["old_policy_held_until"] == f"{BEGIN + timedelta(days=10):%Y-%m-%dT%H:%M:%SZ}" and gone[2]["mode"] is None


def test_every_block_was_typed(admin, panel):
    for reader in (admin, panel):
        assert reader.typed == set(reader.commands)
    keys = set(re.findall(r"`(\w+)`", PANELS.partition("| key | meaning |")[2].partition("\n\n")[0]))
    assert {"state", "next", "steps", "records", "error", "changed"} <= keys
