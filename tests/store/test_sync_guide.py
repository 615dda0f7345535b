"""docs/farm-web.md: its commands and rows with a real PostgreSQL, in the order of the guide."""

import os
import re
import subprocess

from postgresql import ROOT, SCHEMA, needed
from stores import MTA_STS

GUIDE = (ROOT / "docs/farm-web.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- block: (\w+) -->\n```\w*\n(.*?)```", GUIDE, re.S))


def test_the_guide_has_the_blocks_that_are_tested():
    assert set(BLOCKS) == {"schema", "roles", "rows", "look"}


@needed
def test_the_guide_as_it_stands(postgresql, tmp_path):
    server = postgresql
    client = server.client("panel")
    server.do("postgres", "CREATE DATABASE panel")
    server.do("postgres", "CREATE ROLE hosting LOGIN")
    path = f"{os.path.dirname(client[0])}:{os.path.dirname(MTA_STS)}:{os.environ['PATH']}"
    environment = dict(server.environment, PATH=path, PGHOST=str(server.folder), PGUSER="postgres")

    def run(block):
        text = BLOCKS[block].replace("/usr/share/mta-sts/mta-sts-store.sql", str(SCHEMA)).replace("@db.example.net/", "@/")
        text = text.replace("mta-sts store sync", f"mta-sts store sync --store {tmp_path}/store.mdb")
        return subprocess.run(["sh", "-ec", text], env=environment, capture_output=True, text=True, timeout=60, check=True).stdout

    run("schema")
    server.do("panel", BLOCKS["roles"])
    server.do("panel", "SET ROLE hosting;" + BLOCKS["rows"])
    counts = "rows: 4, stored: 4, of these withdrawn: 0; removed: 0, refused: 0\n"
    assert run("look") == "store @hosted\nstore example.com\nstore example.net\nstore example.org\n" + counts * 2
    listed = subprocess.run([MTA_STS, "store", "export", "--store", tmp_path / "store.mdb"], capture_output=True, text=True, check=True).stdout
    assert [line.split(",")[0] for line in listed.splitlines()] == [
        '{"profile":"hosted"', '{"domain":"example.com"', '{"domain":"example.net"', '{"domain":"example.org"']  # fmt: skip
