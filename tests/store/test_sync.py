"""`mta-sts store sync` with a real PostgreSQL: nodes end equal to the table, whatever happens to them, the server or the connection."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest
from postgresql import Session, needed, until
from promtool import complaints
from promtool import needed as promtool_needed
from stores import MTA_STS, PROBLEM, TEMPORARY, USAGE
from sync_nodes import end_equal, fill, once

pytestmark = needed
ROWS = 20_000 if os.environ.get("SANITIZE") else 100_000  # a comparison takes twenty times as long then


def test_three_nodes_and_many_rows_end_equal(panel, nodes, tmp_path):
    server, database = panel
    early = nodes().start()  # an empty table
    early.has_logged("table-compared")
    server.do(database, "INSERT INTO mta_sts.profile SELECT 'p' || n, 'testing mx=*.p' || n || '.example' FROM generate_series(0, 9) AS n")
    own = [(f"d{n}.example", f"enforce mx=mx{n % 500}.example", "") for n in range(ROWS - 1000) if n % 3]
    hosted = [(f"d{n}.example", "", f"p{n % 10}") for n in range(ROWS - 1000) if n % 3 == 0]
    rows = "".join(f"{domain},{words},{profile},\n" for domain, words, profile in own + hosted)
    rows += "".join(f"a{n}.example,,,d{n}.example\n" for n in range(1000))
    server.do(database, "COPY mta_sts.domain (domain, words, profile, alias) FROM STDIN (FORMAT csv)", stdin=rows)
    fleet = [early, nodes().start(), nodes().start()]
    assert sum(end_equal(panel, fleet, tmp_path / "loaded").values()) == ROWS + 10

    # A process that is killed as it stores what changed; its store is whole, and the next one does the rest.
    killed = fleet[2]
    before = os.stat(killed.store.path).st_mtime_ns
    server.do(database, "UPDATE mta_sts.domain SET words = 'enforce mx=new.example serial=7' WHERE words IS NOT NULL")
    until(lambda: os.stat(killed.store.path).st_mtime_ns != before, killed.log)
    killed.end(signal.SIGKILL)
    assert killed.store.run("verify")[0] == 0
    killed.start()
    end_equal(panel, fleet, tmp_path / "killed")

    # Whoever deletes all of it did not mean it.
    server.do(database, "BEGIN; CREATE TABLE kept AS TABLE mta_sts.domain; TRUNCATE mta_sts.domain; COMMIT")
    server.do(database, "INSERT INTO mta_sts.domain (domain, words) VALUES ('new.example', 'none')")
    for node in fleet:
        node.has_logged("removals-refused")
        assert "mx: new.example" in node.words_of("d1.example")
        node.has("new.example", "mode: none")
    server.do(database, "INSERT INTO mta_sts.domain (domain, words, profile, alias) SELECT domain, words, profile, alias FROM kept")
    end_equal(panel, fleet, tmp_path / "restored")

    # A statement that deletes many is followed by a look at all rows, without being asked for each.
    thousand = f"d{ROWS // 1000 - 2}___.%"
    server.do(database, f"DELETE FROM mta_sts.domain WHERE domain LIKE '{thousand}'")
    gone = server.do(database, f"SELECT domain FROM kept WHERE domain LIKE '{thousand}'").split()
    assert len(gone) == 1000
    end_equal(panel, fleet, tmp_path / "deleted", withdrawn=gone)


def test_a_change_arrives_within_the_time_of_a_heartbeat(panel, nodes):
    """Ten seconds pass between two looks without a notification; what comes sooner was told."""
    server, database = panel
    fill(panel)
    fleet = [nodes().start() for _ in range(3)]
    for node in fleet:
        node.has("d1.example", "mx: old.example")
    begun = time.monotonic()
    for number in range(5):
        server.do(database, f"UPDATE mta_sts.domain SET words = 'enforce mx=m{number}.example' WHERE domain = 'd1.example'")
        for node in fleet:
            node.has("d1.example", f"mx: m{number}.example")
    assert time.monotonic() - begun < 40


def test_transactions_that_commit_out_of_order_and_those_that_do_not(panel, nodes, tmp_path):
    server, database = panel
    fill(panel)
    fleet = [nodes().start() for _ in range(3)]
    sessions = [Session(server, database) for _ in range(4)]
    older, newer, undone, doubled = sessions
    for node in fleet:
        node.has("d1.example", "mx: old.example")
    older.do("BEGIN; UPDATE mta_sts.domain SET words = 'enforce mx=older.example' WHERE domain = 'd1.example'")
    undone.do("BEGIN; UPDATE mta_sts.domain SET words = 'enforce mx=undone.example' WHERE domain = 'd3.example'")
    doubled.do("BEGIN; UPDATE mta_sts.domain SET words = 'enforce mx=kept.example' WHERE domain = 'd4.example'; SAVEPOINT s")
    doubled.do("UPDATE mta_sts.domain SET words = 'enforce mx=lost.example' WHERE domain = 'd5.example'; ROLLBACK TO s")
    newer.do("BEGIN; UPDATE mta_sts.domain SET words = 'enforce mx=newer.example' WHERE domain = 'd2.example'; COMMIT")
    for node in fleet:
        node.has("d2.example", "mx: newer.example")
    undone.do("ROLLBACK")
    doubled.do("COMMIT")
    older.do("COMMIT")
    for node in fleet:
        node.has("d1.example", "mx: older.example")
        node.has("d4.example", "mx: kept.example")
        assert node.log().count(" table-compared ") == 1, "the one at the start: no look at all rows found these"
    for session in sessions:
        session.close()
    end_equal(panel, fleet, tmp_path / "end")


def test_restarts_and_cuts_of_the_server(panel, nodes, tmp_path):
    server, database = panel
    fill(panel)
    fleet = [nodes().start() for _ in range(3)]
    end_equal(panel, fleet, tmp_path / "begin")

    for number, how in enumerate((signal.SIGINT, signal.SIGQUIT)):
        session = Session(server, database)
        session.do("BEGIN; UPDATE mta_sts.domain SET words = 'enforce mx=lost.example' WHERE domain = 'd1.example'")
        server.stop(how)
        for node in fleet:
            node.has_logged("database-unreachable", number + 1)
            assert "mx: old.example" in node.words_of("d1.example")
        server.start()
        session.close()
        server.do(database, f"UPDATE mta_sts.domain SET words = 'enforce mx=m{number}.example' WHERE domain = 'd2.example'")
        end_equal(panel, fleet, tmp_path / f"restart{number}")

    cut = server.do(database, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'mta-sts'")
    assert int(cut) == 3
    server.do(database, "DELETE FROM mta_sts.domain WHERE domain = 'd3.example'")
    end_equal(panel, fleet, tmp_path / "cut", withdrawn=["d3.example"])

    before = [node.log().count("silent") for node in fleet]
    with server.halted():
        for node, count in zip(fleet, before):
            until(lambda node=node, count=count: node.log().count("silent") > count, node.log)
            assert "mx: old.example" in node.words_of("d1.example")
    server.do(database, "UPDATE mta_sts.domain SET words = 'enforce mx=end.example' WHERE domain = 'd4.example'")
    end_equal(panel, fleet, tmp_path / "halted", withdrawn=["d3.example"])


def test_a_bad_row_is_named_and_does_not_stop_the_rest(panel, nodes, tmp_path):
    server, database = panel
    fill(panel)
    node = nodes().start()
    node.has("d1.example", "mx: old.example")
    server.do(database, "UPDATE mta_sts.domain SET words = 'enforce mx=\\x1b[2J' WHERE domain = 'd1.example'; "
                        "UPDATE mta_sts.domain SET words = 'enforce mx=good.example' WHERE domain = 'd2.example'")  # fmt: skip
    node.has("d2.example", "mx: good.example")
    node.has_logged("rows-refused")
    assert re.search(r'^warning bad-mx row "d1.example": ', node.log(), re.M)
    assert "mx: old.example" in node.words_of("d1.example")

    # What the schema keeps out: a name in two spellings, words without end, two policies, a profile that there is not.
    server.do(database, "ALTER TABLE mta_sts.domain DROP CONSTRAINT domain_domain_check, DROP CONSTRAINT domain_words_check, "
                        "DROP CONSTRAINT domain_has_one_policy, DROP CONSTRAINT domain_profile_fkey; "
                        "UPDATE mta_sts.domain SET domain = 'D5.example' WHERE domain = 'd5.example'; "
                        "UPDATE mta_sts.domain SET words = 'enforce mx=' || repeat('a', 1000000) WHERE domain = 'd6.example'; "
                        "UPDATE mta_sts.domain SET profile = 'p' WHERE domain = 'd7.example'; "
                        "UPDATE mta_sts.domain SET words = NULL, profile = 'absent' WHERE domain = 'd8.example'")  # fmt: skip
    code, out, err = once(panel, node.store)
    assert code == PROBLEM and "refused: 5" in out
    for name, word in (("D5", "bad-domain"), ("d6", "input-invalid"), ("d7", "conflicting-word"), ("d8", "profile-not-stored"), ("d1", "bad-mx")):
        assert re.search(rf'^mta-sts: warning: {word}: row "{name}.example": ', err, re.M), err
    for number in (6, 7, 8):
        assert "mx: old.example" in node.words_of(f"d{number}.example")


def test_a_refused_row_withdraws_nothing_under_another_spelling(panel, store):
    server, database = panel
    fill(panel)
    assert once(panel, store)[0] == 0
    server.do(database, "ALTER TABLE mta_sts.domain DROP CONSTRAINT domain_domain_check; "
                        "UPDATE mta_sts.domain SET domain = 'D5.example' WHERE domain = 'd5.example'")  # fmt: skip
    assert once(panel, store)[0] == PROBLEM
    assert "mx: old.example" in store.do("get", "d5.example")


def test_what_leaves_the_table_leaves_the_store_when_no_sender_can_hold_it(panel, nodes):
    server, database = panel
    server.do(database, "INSERT INTO mta_sts.profile VALUES ('short', 'testing mx=mx.example max_age=2'); "
                        "INSERT INTO mta_sts.domain (domain, profile) VALUES ('short.example', 'short'), ('kept.example', 'short'); "
                        "INSERT INTO mta_sts.domain (domain, words) VALUES ('long.example', 'testing mx=mx.example max_age=4w')")  # fmt: skip
    node = nodes("--every", "1").start()
    node.has("long.example", "mode: testing")
    server.do(database, "DELETE FROM mta_sts.domain WHERE domain <> 'kept.example'")
    for domain in ("short.example", "long.example"):
        node.has(domain, "mode: none")
    until(lambda: node.words_of("short.example") is None, node.log)
    assert "mode: none" in node.words_of("long.example")
    server.do(database, "UPDATE mta_sts.domain SET profile = NULL, words = 'none'; DELETE FROM mta_sts.profile")
    until(lambda: node.store.do("profile") == "", node.log)


def test_one_comparison_and_its_dry_run(panel, store):
    server, database = panel
    store.put_lines("a.example,none", *(f"other{number}.example,testing mx=mx.example" for number in range(150)))
    before = store.do("export")
    server.do(database, "INSERT INTO mta_sts.profile VALUES ('p', 'testing mx=mx.example'); "
                        "INSERT INTO mta_sts.domain (domain, profile) VALUES ('b.example', 'p'); "
                        "INSERT INTO mta_sts.domain (domain, alias) VALUES ('c.example', 'b.example')")  # fmt: skip
    code, out, err = once(panel, store, "--dry-run")
    assert code == PROBLEM and "removals-refused: the table lacks 150 domains" in err
    assert out.splitlines() == ["store @p", "store b.example", "store c.example", "rows: 3, stored: 3, of these withdrawn: 0; removed: 0, refused: 0"]
    code, out, err = once(panel, store, "--dry-run", "--allow-removals")
    assert (code, err) == (0, "") and out.count("withdraw other") == 150 and "remove a.example\n" in out
    assert store.do("export") == before

    code, out, err = once(panel, store, "--json")
    assert code == PROBLEM and json.loads(out) == {"rows": 3, "stored": 3, "withdrawn": 0, "removed": 0, "refused": 0, "kept_back": 150}
    assert "mode: testing" in store.do("get", "other1.example") and "mode: testing" in store.do("get", "c.example")
    code, out, err = once(panel, store, "--json", "--allow-removals")
    assert (code, err) == (0, "") and json.loads(out) == {"rows": 3, "stored": 150, "withdrawn": 150, "removed": 1, "refused": 0, "kept_back": 0}
    assert "mode: none" in store.do("get", "other1.example")
    assert once(panel, store) == (0, "rows: 3, stored: 0, of these withdrawn: 0; removed: 0, refused: 0\n", "")


def test_the_role_of_a_node_reads_and_that_of_a_panel_writes(panel, store):
    server, database = panel
    server.do(database, "CREATE ROLE reader LOGIN IN ROLE mta_sts_node; CREATE ROLE writer LOGIN IN ROLE mta_sts_panel; CREATE ROLE stranger LOGIN")
    as_role = "SET ROLE {}; INSERT INTO mta_sts.domain (domain, words) VALUES ('a.example', 'none')"
    server.do(database, as_role.format("writer"))
    assert server.do(database, "SELECT changed <> '3' FROM mta_sts.domain") == "t\n"
    with pytest.raises(AssertionError, match="permission denied"):
        server.do(database, as_role.format("reader"))
    assert once(panel, store, user="reader")[0] == 0
    assert "mode: none" in store.do("get", "a.example")
    code, out, err = once(panel, store, user="stranger")
    assert (code, out) == (USAGE, "") and "error: database-refused: permission denied for schema mta_sts" in err


def test_every_column_has_a_comment(panel):
    server, database = panel
    count = """SELECT count(*), count(col_description(attrelid, attnum)) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
               WHERE relnamespace = 'mta_sts'::regnamespace AND relkind = 'r' AND attnum > 0"""
    assert server.do(database, count) == "8|8\n"


def test_databases_that_are_none(panel, store, tmp_path):
    server, database = panel
    code, out, err = once((server, "postgres"), store)
    assert (code, out) == (USAGE, "") and "error: database-refused: schema" in err
    code, out, err = once((server, "absent"), store)
    assert (code, out) == (TEMPORARY, "") and "error: database-unreachable: " in err
    for address, part in ((f"postgresql://a:secret@{tmp_path}/x", "has a password"), ("host=localhost password=secret", "has a password"),
                          ("postgresql://[secret", "is no connection string"), ("secret word", "is no connection string")):  # fmt: skip
        done = subprocess.run([MTA_STS, "store", "sync", "--from", address, "--once"], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (USAGE, "") and part in done.stderr and "secret" not in done.stderr, done
    assert not store.path.exists()


def test_a_standby_is_not_followed_until_it_is_promoted(panel, nodes):
    server, database = panel
    fill(panel)
    server.stop()
    server.standby_mark().touch()
    server.start()
    node = nodes().start()
    try:
        node.has_logged("database-standby")
        assert not node.store.path.exists()
    finally:
        server.do(database, "SELECT pg_promote()")
    node.has("d1.example", "mx: old.example")


@promtool_needed
def test_the_metrics_of_a_node(panel, nodes, tmp_path):
    server, database = panel
    fill(panel)
    file = tmp_path / "sync.prom"

    def values():
        lines = file.read_text(encoding="utf-8") if file.exists() else ""
        return {name: float(value) for name, value in (line.split() for line in lines.splitlines() if not line.startswith("#"))}

    node = nodes("--metrics", str(file)).start()
    until(lambda: values().get("mta_sts_sync_rows") == 50, node.log)
    assert complaints(file.read_text(encoding="utf-8")) == ""
    assert values()["mta_sts_sync_connected"] == 1 and abs(values()["mta_sts_sync_compared_timestamp_seconds"] - time.time()) < 60
    server.do(database, "UPDATE mta_sts.domain SET words = 'wrong' WHERE domain = 'd1.example'")
    until(lambda: values()["mta_sts_sync_rows_refused"] == 1, node.log)
    with contextlib.ExitStack() as stack:
        server.stop()
        stack.callback(server.start)
        until(lambda: values()["mta_sts_sync_connected"] == 0, node.log)


def test_a_full_disk_is_told_and_the_rest_comes_later(panel, nodes, tmp_path):
    server, database = panel
    fill(panel, 20_000)
    node = nodes()
    size = 600_000
    node._command = ["prlimit", f"--fsize={size}:unlimited", "env", "--ignore-signal=XFSZ", *node._command]
    node.start()
    node.has_logged("store-full")
    subprocess.run(["prlimit", "--pid", str(node._process.pid), "--fsize=unlimited"], check=True, timeout=60)
    end_equal(panel, [node], tmp_path / "end")
