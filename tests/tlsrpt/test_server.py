"""`mta-sts tlsrpt --db postgresql://…`: many importers, a server that fails, and databases of somebody else."""

import concurrent.futures
import json
import os
import signal
import subprocess

import pytest

from history import ago
from peak_memory import run_within
from postgresql import REPORTS_SCHEMA, ROOT, Session, needed, until
from reports import MTA_STS, detail, mta_sts, report

pytestmark = needed
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mta-sts' AND wait_event_type = 'Lock'"


def start(db, *words):
    return subprocess.Popen([MTA_STS, "tlsrpt", words[0], "--db", db, *map(str, words[1:])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def many(count, first=0, **more):
    return [report(1 + number % 7, number % 2, domain=f"d{number}.example", day=f"2026-03-{1 + number % 20:02}", report_id=str(number),
                   details=[detail(count=1)] if number % 2 else [], **more) for number in range(first, first + count)]  # fmt: skip


def rows(team):
    """All that importers wrote, without the numbers and times that depend on their order."""
    return team.sql("""SELECT r.organization, r.report_id, r.start, r.domain, r.content, r.day, r.mark, count(DISTINCT s.number), count(DISTINCT f.number)
                       FROM report r LEFT JOIN session s ON s.report = r.id AND s.day = r.day LEFT JOIN failure f ON f.report = r.id AND f.day = r.day
                       GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY day, mark; SELECT day, mark, content FROM conflict ORDER BY 1, 2, 3;
                       SELECT count(*) FROM session; SELECT count(*) FROM failure""")


def test_importers_at_once_count_each_report_once(team, tmp_path):
    """Each has half of what the next one has too, in another order; a third of that contradicts what others have."""
    for importer in range(3):
        folder = tmp_path / str(importer)
        folder.mkdir()
        reports = many(3000, first=importer * 1500)
        for number, each in enumerate(reports):
            if number % 3 == 0:
                each["policies"][0]["summary"]["total-successful-session-count"] += importer
        (folder / "all.json").write_text(json.dumps(reports[::-1] if importer % 2 else reports))
    running = [start(team.db, "import", "--json", tmp_path / str(importer)) for importer in range(3)]
    results = [end(process) for process in running]
    assert [(code, err) for code, _, err in results] == [(0, "")] * 3, results
    counts = [json.loads(out) for _, out, _ in results]
    assert sum(each["imported"] for each in counts) == 6000
    assert sum(each["duplicates"] + each["conflicts"] for each in counts) == 3000
    assert sum(each["conflicts"] for each in counts) == 1000 == int(team.sql("SELECT count(*) FROM conflict"))
    assert team.summary()["reports"] == 6000 == int(team.sql("SELECT count(*) FROM session"))
    before = rows(team)
    for importer in range(3):
        assert team.run("import", tmp_path / str(importer))[1].startswith("0 new reports, ")
    assert rows(team) == before


def test_an_importer_that_is_killed_leaves_whole_batches(team):
    (team.inbox / "all.json").write_text(json.dumps(many(500)))
    other = Session(team.server, team.DATABASE)
    try:
        other.do("BEGIN; LOCK TABLE mta_sts_tlsrpt.failure IN ACCESS EXCLUSIVE MODE")  # reports and sessions are in when it waits
        running = start(team.db, "import", team.inbox)
        until(lambda: int(team.sql(WAITING)) == 1, "no importer waits")
        running.kill()
        running.communicate(timeout=60)
        other.do("COMMIT")
    finally:
        other.close()
    until(lambda: int(team.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mta-sts'")) == 0, "the server keeps its connection")
    assert int(team.sql("SELECT count(*) FROM report")) == 0
    assert team.run("import", team.inbox)[1] == "500 new reports, 0 duplicates, 0 conflicts\n"
    assert team.summary()["reports"] == 500


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_server_that_ends_in_the_middle_leaves_nothing_half_imported(team, how):
    (team.inbox / "all.json").write_text(json.dumps(many(500)))
    other = Session(team.server, team.DATABASE)
    try:
        other.do("BEGIN; LOCK TABLE mta_sts_tlsrpt.failure IN ACCESS EXCLUSIVE MODE")
        running = start(team.db, "import", team.inbox)
        until(lambda: int(team.sql(WAITING)) == 1, "no importer waits")
        team.server.stop(how)
        code, out, err = end(running)
        assert (code, out) == (3, "") and "error: history-unreachable: " in err, (code, out, err)
        code, out, err = team.run("show")
        assert (code, out) == (3, "") and "error: history-unreachable: " in err and err.endswith("; try again\n"), err
    finally:
        other.close()
        team.server.start()
    assert int(team.sql("SELECT count(*) FROM report")) == 0
    assert team.run("import", team.inbox)[0] == 0 and team.summary()["reports"] == 500


def test_a_watch_outlives_a_server_that_ends_in_the_middle(team):
    (team.inbox / "all.json").write_text(json.dumps(many(500)))
    os.utime(team.inbox / "all.json", (0, 0))
    other = Session(team.server, team.DATABASE)
    try:
        other.do("BEGIN; LOCK TABLE mta_sts_tlsrpt.failure IN ACCESS EXCLUSIVE MODE")
        running = start(team.db, "import", "--watch", "--every", 1, team.inbox)
        until(lambda: int(team.sql(WAITING)) == 1, "no importer waits")
        team.server.stop()
        while "error: history-unreachable: " not in (line := running.stderr.readline()):
            assert line
    finally:
        other.close()
        team.server.start()
    until(lambda: int(team.sql("SELECT count(*) FROM report")) == 500, lambda: f"nothing is imported: {running.poll()}")
    running.terminate()
    code, _, err = end(running)
    assert code == 0 and err.endswith("500 new reports, 0 duplicates, 0 conflicts\n"), err


def test_a_history_that_another_importer_holds_is_busy(team):
    (team.inbox / "a.json").write_text(json.dumps(report()))
    other = Session(team.server, team.DATABASE)
    try:
        other.do("BEGIN; SELECT FROM mta_sts_tlsrpt.layout FOR UPDATE")
        running = start(team.db, "import", team.inbox)
        pruning = start(team.db, "prune", "--before", "2026-01-01")
        assert team.run("show", "--json")[0] == 0  # who reads waits for nobody
        for process in (running, pruning):
            code, out, err = end(process)
            assert (code, out) == (3, "") and "error: history-busy: " in err and err.endswith("another program holds it; try again\n"), err
        other.do("COMMIT")
    finally:
        other.close()
    assert team.run("import", team.inbox)[0] == 0


def test_a_batch_is_all_or_nothing(team):
    """The disk of the server is full for the last of its tables."""
    (team.inbox / "all.json").write_text(json.dumps(many(100)))
    team.sql("""CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                $$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END$$;
                CREATE TRIGGER full_disk BEFORE INSERT ON failure EXECUTE FUNCTION full_disk()""")
    try:
        code, out, err = team.run("import", team.inbox)
        assert (code, out) == (3, "") and "error: history-full: " in err and "make room on the disk of the server" in err, err
    finally:
        team.sql("DROP FUNCTION full_disk CASCADE")
    assert int(team.sql("SELECT count(*) FROM report")) == 0
    assert team.run("import", team.inbox)[1] == "100 new reports, 0 duplicates, 0 conflicts\n"


def test_roles_that_only_read_or_import(team):
    if team.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'reader'").strip() == "0":
        team.sql("CREATE ROLE reader LOGIN IN ROLE mta_sts_viewer; CREATE ROLE writer LOGIN IN ROLE mta_sts_importer; CREATE ROLE nobody LOGIN")
    address = {role: team.server.address(team.DATABASE, role) for role in ("reader", "writer", "nobody")}
    (team.inbox / "a.json").write_text(json.dumps([report(900, 100, day=ago(1), details=[detail(count=100)]), report(1, day=ago(2)), report(2, day=ago(2))]))
    assert mta_sts("tlsrpt", "import", "--db", address["writer"], team.inbox)[:2] == (0, "2 new reports, 0 duplicates, 1 conflict\n")
    assert mta_sts("tlsrpt", "show", "--db", address["reader"]) == team.run("show")
    assert mta_sts("tlsrpt", "html", "--db", address["reader"], "-o", team.inbox.parent)[0] == 0
    for _ in range(2):
        code, out, err = mta_sts("tlsrpt", "alert", "--db", address["reader"])
        assert (code, err) == (1, "") and "below the target" in out
    assert "below the target" in mta_sts("tlsrpt", "alert", "--db", address["writer"])[1]
    assert "Still" in mta_sts("tlsrpt", "alert", "--db", address["writer"])[1]
    for words in (("import", team.inbox), ("prune", "--before", "2026-01-01")):
        code, out, err = mta_sts("tlsrpt", words[0], "--db", address["reader"], *words[1:])
        assert (code, out) == (2, "") and "error: history-unavailable: " in err and "look what its role may do" in err, err
    code, out, err = mta_sts("tlsrpt", "show", "--db", address["nobody"])
    assert (code, out) == (2, "") and "error: history-unavailable: " in err and "permission denied" in err, err
    assert mta_sts("tlsrpt", "prune", "--db", address["writer"], "--before", ago(1))[:2] == (0, "1 report removed\n")


@pytest.fixture
def other(reports_server):
    """A database of its own, which a test may break."""
    reports_server.make("other", REPORTS_SCHEMA)
    yield reports_server
    reports_server.do("postgres", "DROP DATABASE other")


@pytest.mark.parametrize("sql, word, told", [
    ("UPDATE mta_sts_tlsrpt.layout SET version = 2", "history-newer", "its layout has version 2; a newer mta-sts made it"),
    ("DROP SCHEMA mta_sts_tlsrpt CASCADE", "history-unavailable", "there is no history yet; let an administrator load mta-sts-tlsrpt.sql"),
    ("DROP TABLE mta_sts_tlsrpt.layout", "history-foreign", "is no history of TLS reports, and is left as it is"),
    ("DELETE FROM mta_sts_tlsrpt.layout", "history-foreign", "is left as it is"),
    ("INSERT INTO mta_sts_tlsrpt.layout VALUES (2)", "history-foreign", "is left as it is"),
    ("ALTER TABLE mta_sts_tlsrpt.report DROP COLUMN mark", "history-foreign", "is left as it is"),
    ("DROP TABLE mta_sts_tlsrpt.standing", "history-foreign", "name another database with --db"),
    ("ALTER TABLE mta_sts_tlsrpt.report RENAME TO bills; CREATE TABLE public.report (LIKE mta_sts_tlsrpt.bills)", "history-foreign", "left as it is"),
])  # fmt: skip
def test_what_is_no_history_of_this_version_is_left_alone(other, team, sql, word, told):
    other.do("other", sql)
    (team.inbox / "a.json").write_text(json.dumps(report()))
    tables = "SELECT string_agg(c::text, ',' ORDER BY c::text) FROM information_schema.columns c WHERE table_schema IN ('public', 'mta_sts_tlsrpt')"
    before = other.do("other", tables)
    for words in (("show",), ("import", team.inbox), ("alert",), ("prune", "--before", "2027-01-01")):
        code, out, err = mta_sts("tlsrpt", words[0], "--db", other.address("other"), *words[1:])
        assert (code, out) == (2, "") and f"error: {word}: " in err and told in err, err
    assert other.do("other", tables) == before


def test_tables_of_the_same_name_elsewhere_mean_nothing(other, team):
    other.do("other", """CREATE TABLE public.report (id int); CREATE TABLE public.layout (version int);
                         ALTER DATABASE other SET search_path = public, mta_sts_tlsrpt;
                         CREATE FUNCTION public.coalesce_trap(text, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE 'called'; END$$;
                         CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.coalesce_trap)""")
    (team.inbox / "a.json").write_text(json.dumps(report()))
    for words in (("import", team.inbox), ("show",), ("show", "--domain", "example.com")):
        assert mta_sts("tlsrpt", words[0], "--db", other.address("other"), *words[1:])[0] == 0, words
    assert other.do("other", "SELECT count(*) FROM public.report") == "0\n"


def test_a_database_in_another_encoding_is_refused(reports_server):
    reports_server.do("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        code, _, err = mta_sts("tlsrpt", "show", "--db", reports_server.address("latin"))
        assert code == 2 and "history-unavailable" in err and "encoding of the database is not UTF8" in err, err
    finally:
        reports_server.do("postgres", "DROP DATABASE latin")


def test_no_password_is_taken_from_the_command_line_or_repeated(team, tmp_path):
    for address in ("postgresql://me:geheim@db.example.net/reports", "postgresql://db.example.net/reports?password=geheim",
                    "postgres://db.example.net/reports?user=me&sslpassword=geheim"):  # fmt: skip
        for words in (("tlsrpt", "show", "--db", address), ("tlsrpt", "import", "--db", address, tmp_path), ("check", "example.com", "--reports", address),
                      ("tlsrpt", "alert", "--db", address)):  # fmt: skip
            code, out, err = mta_sts(*words)
            assert code == 2 and "has a password, which every user could read" in err and "geheim" not in out + err, (words, err)


def test_what_somebody_else_wrote_is_shown_as_text_within_bounds(team):
    team.add(report(10, 1, day="2026-03-31", details=[detail()]))
    team.sql("""UPDATE report SET organization = E'\\x1A', authentication = 99, imported = 9223372036854775807, day = 2147483647;
                UPDATE session SET organization = E'\\x1A0g\\x1Affx\\x1b[31m', domain = E'\\u202E', success = 99999999999999999999, failure = -5,
                  in_details = -1, authentication = -7, day = -2147483648;
                UPDATE failure SET result_type = E'\\x07', count = 99999999999999999999, authentication = 12, day = 2147483647, host = repeat('x', 253);
                INSERT INTO conflict VALUES (1, E'\\x1b', 'b', 'c', 'd', 5, 20000, -3, 99999999999999999999, -9223372036854775808, 77)""")
    for words in (("show",), ("show", "--json"), ("show", "--csv"), ("show", "--csv", "--failures"), ("metrics", "--days", "36500"), ("alert",),
                  ("html", "-o", team.inbox.parent / "page")):  # fmt: skip
        code, out, err = team.run(*words)
        assert code in (0, 1) and "\x1b" not in out + err and "\x07" not in out and "\u202e" not in out, (words, code, out[:300], err)


def test_large_texts_are_read_in_little_memory(team):
    """Whoever owns the tables may make them hold texts of many MiB."""
    team.add(*[report(0, 1, domain=f"d{number}.example", report_id=str(number), details=[detail(count=1)]) for number in range(30)])
    check = "CHECK (char_length(information) <= 1000)"
    team.sql("ALTER TABLE failure DROP CONSTRAINT failure_information_check; UPDATE failure SET information = repeat('x', 16000000)")
    try:
        code, out, err = run_within(150_000, MTA_STS, "tlsrpt", "show", "--db", team.db)
    finally:
        team.sql(f"TRUNCATE failure; ALTER TABLE failure ADD CONSTRAINT failure_information_check {check}")
    assert code == 1, (out, err)


def test_a_check_takes_the_address_for_a_history(team, tmp_path):
    (tmp_path / "example.com.json").write_bytes((ROOT / "tests/vectors/check/healthy.json").read_bytes())
    words = ("check", "--replay", tmp_path, "example.com", "--reports")
    team.add(report(10, 3, details=[detail()]))
    assert mta_sts(*words, team.db) == mta_sts(*words, team.inbox)
    code, out, err = mta_sts(*words, team.server.address("postgres"))
    assert code == 2 and "error: history-unavailable: " in err and "there is no history yet" in err, err


def test_rows_that_no_import_wrote_stop_an_import(team):
    team.add(report())
    (team.inbox / "new.json").write_text(json.dumps(report(domain="b.example")))
    for number in (2 ** 63 - 1, -5):
        team.sql(f"UPDATE report SET id = {number}")
        code, out, err = team.run("import", team.inbox)
        assert (code, out) == (2, "") and f"error: history-damaged: a report in the database has the number {number}" in err, err
    team.sql("""UPDATE report SET id = 1; CREATE FUNCTION other_id() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.id := 99; RETURN NEW; END$$;
                CREATE TRIGGER other_id BEFORE INSERT ON report FOR EACH ROW EXECUTE FUNCTION other_id()""")
    try:
        code, out, err = team.run("import", team.inbox)
        assert (code, out) == (2, "") and "error: history-damaged: " in err and "look for triggers" in err, err
    finally:
        team.sql("DROP FUNCTION other_id CASCADE")
    assert team.run("import", team.inbox)[1] == "1 new report, 1 duplicate, 0 conflicts\n"


def test_readers_see_one_state_while_others_import(team, tmp_path):
    """Each batch has as many failed sessions in its details as in its sums: a look between two tables would tell them apart."""
    for number in range(6):
        (tmp_path / f"{number}.json").write_text(json.dumps(many(400, first=number * 400)))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        importing = pool.submit(lambda: [team.run("import", tmp_path / f"{number}.json")[0] for number in range(6)])
        seen = set()
        while not importing.done():
            summary = json.loads(team.run("show", "--json")[1])
            assert sum(each["failure"] for each in summary["failures"]) == summary["failure"]
            seen.add(summary["reports"])
    assert importing.result() == [0] * 6 and all(count % 400 == 0 for count in seen), seen
