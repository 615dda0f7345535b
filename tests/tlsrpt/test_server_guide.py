"""docs/reports.md, history of a team: its commands with a real PostgreSQL, in the order of the guide."""

import json
import os
import pathlib
import re
import subprocess

from history import History, ago
from postgresql import REPORTS_SCHEMA, ROOT, needed
from reports import MTA_STS, report

GUIDE = (ROOT / "docs/reports.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- block: (team_\w+) -->\n```\w*\n(.*?)```", GUIDE, re.S))


def test_the_guide_has_the_blocks_that_are_tested():
    assert set(BLOCKS) == {"team_schema", "team_roles", "team_use", "team_move"}


@needed
def test_the_guide_as_it_stands(postgresql, tmp_path):
    server = postgresql
    server.do("postgres", "CREATE DATABASE mail")
    path = f"{os.path.dirname(server.client('mail')[0])}:{os.path.dirname(MTA_STS)}:{os.environ['PATH']}"
    environment = dict(server.environment, PATH=path, PGHOST=str(server.folder), HOME=str(tmp_path))
    file = History(tmp_path)
    file.add(report(10, day=ago(40)), report(20, day=ago(3)))
    mailbox = tmp_path / "Maildir/new"
    mailbox.mkdir(parents=True)
    (mailbox / "1.host").write_text(f"From: a@google.com\nContent-Type: application/tlsrpt+json\n\n{json.dumps(report(30, day=ago(2)))}")

    def run(block, user):
        text = BLOCKS[block].replace("/usr/share/mta-sts/mta-sts-tlsrpt.sql", str(REPORTS_SCHEMA)).replace("@db.example.net/", "@/")
        text = text.replace("/var/lib/mta-sts-tlsrpt/history.sqlite", str(file.db))
        return subprocess.run(["sh", "-ec", text], env=dict(environment, PGUSER=user), capture_output=True, text=True, timeout=60, check=True).stdout

    run("team_schema", "postgres")
    server.do("mail", BLOCKS["team_roles"])
    used = run("team_use", "nobody")
    assert used.startswith("1 new report, 0 duplicates, 0 conflicts\n") and "(30 ok, 0 failed)" in used
    assert run("team_move", "nobody") == "2 new reports, 0 duplicates, 0 conflicts\n"
    assert "(50 ok, 0 failed)" in run("team_use", "nobody")


@needed
def test_every_table_and_column_has_a_comment(reports_server):
    found = reports_server.do("reports", """SELECT c.relname, a.attname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'mta_sts_tlsrpt'::regnamespace AND c.relkind = 'r'
          AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)""")
    assert found == ""
    assert int(reports_server.do("reports", "SELECT count(*) FROM pg_class WHERE relnamespace = 'mta_sts_tlsrpt'::regnamespace AND relkind = 'r'")) == 7


def test_the_package_has_the_schema():
    assert f"usr/share/mta-sts/{REPORTS_SCHEMA.name}\n" in pathlib.Path(ROOT / "debian/mta-sts.install").read_text(encoding="utf-8")
