"""A history on a server answers as one in a file does, word for word, and its tables take the texts that an import keeps and no longer ones."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from history import History, ago
from postgresql import needed
from reports import MTA_STS, detail, mta_sts, report

pytestmark = needed
SAMPLES = pathlib.Path(__file__).parent / "samples"
NAME, SENDER, TEXT = 253, 320, 1000  # characters: common/tlsrpt/model/text_limits.hpp
LIMITS = {
    "report": {"organization": SENDER, "report_id": TEXT, "start": NAME, "domain": NAME, "contact": SENDER},
    "session": {"domain": NAME, "organization": SENDER, "policy_type": NAME},
    "failure": {"domain": NAME, "organization": SENDER, "result_type": NAME, "host": NAME, "receiving_ip": NAME, "sending_ip": NAME, "helo": NAME,
                "reason_code": TEXT, "information": TEXT},
    "conflict": {"organization": SENDER, "report_id": TEXT, "start": NAME, "domain": NAME},
    "watch": {"domain": NAME},
    "standing": {"kind": NAME, "subject": SENDER},
}  # fmt: skip
CUT = r"\.\.\.[0-9a-f]{16}"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "file").mkdir()
    return History(tmp_path / "file")


def answers(history):
    """What each command prints of it, and the page that it writes, without the time of writing."""
    page = history.inbox.parent / "page"
    shutil.rmtree(page, ignore_errors=True)
    found = {words: history.run(*words) for words in (("show", "--json"), ("show",), ("show", "--csv"), ("show", "--csv", "--failures"), ("metrics", "--days", "3650"),
                                                      ("alert", "--since", "2000-01-01", "--until", "2026-11-30"), ("alert",), ("alert",))}  # fmt: skip
    found["html"] = history.run("html", "-o", page)
    text = json.dumps({str(words): list(answer) for words, answer in found.items()}).replace(str(page), "PAGE")
    return json.loads(text) | {"page": re.sub(r"Made [0-9T:Z-]+ by", "", (page / "index.html").read_text(encoding="utf-8"))}


def test_every_sample_gives_the_same_answers(file, team):
    """By itself, as one that spoils nothing of another, and then all together."""
    samples = sorted(path for path in SAMPLES.iterdir() if path.name != "expected.jsonl")
    assert len(samples) > 80
    imported = 0
    for sample in samples:
        file_says, server_says = (history.run("import", "--json", sample) for history in (file, team))
        assert file_says == server_says, sample.name
        imported += json.loads(file_says[1])["imported"] if file_says[1] else 0
    assert imported > 25 and imported == int(team.sql("SELECT count(*) FROM report"))
    for history in (file, team):  # they were imported one after the other
        history.sql("UPDATE report SET imported = 1790000000; UPDATE conflict SET imported = 1790000000")
    of_file, of_server = answers(file), answers(team)
    for what in of_file:
        assert of_file[what] == of_server[what], what
    assert of_file["page"] and json.loads(of_file[str(("show", "--json"))][1])["failures"]


def longest():
    """A report whose texts are as long as what is kept of one, of characters of one byte, of four, and of a NUL, which a server keeps as three."""
    for number, character in enumerate(("x", "\U0001F4A9", "\0")):
        one, width = report(1, 1, day=ago(1)), 3 if character == "\0" else 1
        one["organization-name"] = one["contact-info"] = character * (SENDER // width)
        one["report-id"] = str(number) + character * (TEXT // width - 1)
        one["policies"][0]["policy"] |= {"policy-type": character * (NAME // width), "policy-domain": character * (NAME // width)}
        one["policies"][0]["failure-details"] = [{
            "result-type": character * (NAME // width), "receiving-mx-hostname": character * (NAME // width), "receiving-ip": character * (NAME // width),
            "sending-mta-ip": character * (NAME // width), "receiving-mx-helo": character * (NAME // width), "failed-session-count": 1,
            "failure-reason-code": character * (TEXT // width), "additional-information": character * (TEXT // width),
        }]  # fmt: skip
        yield one


def longer(times=4000):
    """The same of texts that are longer by far, each another one at its end only."""
    for number in range(5):
        one = report(1, 1, day=ago(1), org="o" * times + str(number), report_id="i" * times + str(number), domain="d" * times + str(number))
        one["contact-info"] = "c" * times
        one["policies"][0]["policy"]["policy-type"] = "p" * times
        one["policies"][0]["failure-details"] = [
            detail("t" * times, "h" * times + str(number), 1)
            | {key: key * times for key in ("receiving-ip", "sending-mta-ip", "receiving-mx-helo", "failure-reason-code", "additional-information")}]  # fmt: skip
        yield one


def test_the_longest_texts_that_are_kept_go_in(file, team):
    reports = list(longest())
    for history in (file, team):
        assert history.add(*reports)[:2] == (0, "3 new reports, 0 duplicates, 0 conflicts\n")
    assert "..." not in team.sql("SELECT * FROM report, session, failure")  # nothing was cut
    assert answers(file) == answers(team)


def test_longer_texts_are_cut_and_stay_apart(file, team):
    code, out, err = mta_sts("report", "--json", "-", stdin=json.dumps(list(longer())).encode())
    assert code in (0, 1) and "W_LONG_TEXT" in out + err, (code, err)
    told = "; 5 files with texts that were cut (W_LONG_TEXT)\n"
    for history in (file, team):
        assert history.add(*longer())[:2] == (0, f"5 new reports, 0 duplicates, 0 conflicts{told}")
        assert history.run("import", history.inbox)[1] == f"0 new reports, 5 duplicates, 0 conflicts{told}"
        assert json.loads(history.run("import", "--json", history.inbox)[1])["cut_files"] == 5
    for table, columns in LIMITS.items():
        for column, limit in columns.items() if table in ("report", "session", "failure") else ():
            if column != "start":
                lengths = set(map(int, team.sql(f"SELECT char_length({column}) FROM {table} WHERE {column} ~ '{CUT}$'").split()))
                assert lengths == {limit}, (table, column, lengths)
    assert team.sql("SELECT count(DISTINCT organization), count(DISTINCT report_id), count(DISTINCT domain) FROM report") == "5|5|5\n"
    assert answers(file) == answers(team)


@pytest.mark.parametrize("table", LIMITS)
def test_the_tables_refuse_longer_texts(team, table):
    """Whatever role may write them: whoever looks would need memory for all."""
    assert len(LIMITS[table]) == int(team.sql("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'mta_sts_tlsrpt' "
                                              f"AND table_name = '{table}' AND data_type = 'text'"))  # fmt: skip
    for column, limit in LIMITS[table].items():
        for length in (limit, limit + 1):
            values = ", ".join(f"repeat('x', {length})" if name == column else "''" if kind == "text" else "false" if kind == "boolean" else "1"
                               for name, kind in (line.split("|") for line in columns_of(team, table)))  # fmt: skip
            names = ", ".join(line.split("|")[0] for line in columns_of(team, table))
            statement = f"BEGIN; INSERT INTO {table}({names}) VALUES ({values}); ROLLBACK"
            if length == limit:
                team.sql(statement)
            else:
                with pytest.raises(AssertionError, match=f'violates check constraint "{table}_{column}_check"'):
                    team.sql(statement)


def columns_of(team, table):
    return team.sql("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'mta_sts_tlsrpt' "
                    f"AND table_name = '{table}' AND is_identity = 'NO' ORDER BY ordinal_position").splitlines()  # fmt: skip


def test_rows_that_the_tables_do_not_allow_stop_an_import(team):
    """An administrator may allow less."""
    team.sql("ALTER TABLE failure ADD CONSTRAINT short CHECK (octet_length(host) < 3)")
    try:
        team.add(report(1))
        (team.inbox / "more.json").write_text(json.dumps(report(1, 1, domain="b.example", details=[detail()])))
        code, out, err = team.run("import", team.inbox)
        assert (code, out) == (2, "") and "error: history-damaged: " in err and 'violates check constraint "short"' in err, err
        assert int(team.sql("SELECT count(*) FROM report")) == 1
    finally:
        team.sql("ALTER TABLE failure DROP CONSTRAINT short")
    assert team.run("import", team.inbox)[1] == "1 new report, 1 duplicate, 0 conflicts\n"


def test_long_texts_of_an_older_history_move_to_a_server(file, team):
    """A file knows no limit: what is longer is as short for whoever looks, and once it is moved."""
    file.add(report(10, 1, details=[detail(count=1)]))
    long = "CAST(hex(zeroblob(1000000)) AS TEXT)"
    file.sql(f"UPDATE failure SET host = {long}, information = {long}, organization = {long}; UPDATE session SET organization = {long}; "
             f"UPDATE report SET organization = {long}, report_id = {long}")  # fmt: skip
    before = answers(file)
    assert len(before[str(("show", "--json"))][1]) < 20_000 and "0000..." in before[str(("show", "--json"))][1]
    assert mta_sts("tlsrpt", "import", "--from-db", file.db, "--db", team.db)[:2] == (0, "1 new report, 0 duplicates, 0 conflicts\n")
    assert before[str(("show", "--json"))] == list(team.run("show", "--json"))


def rollout(store, db, *words):
    done = subprocess.run([MTA_STS, "rollout", "example.com", "--offline", "--json", "--store", store, "--db", str(db), *words], capture_output=True, text=True,
                          timeout=60, check=False)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_rollout_takes_the_address_for_a_history(file, team, tmp_path):
    store = tmp_path / "store.mdb"
    assert mta_sts("store", "set", "--store", store, "example.com", "testing", "mx=mail.example.com", "max_age=1w")[0] == 0
    for history in (file, team):
        history.add(report(97, 3, day=ago(0), details=[detail(count=3)]))
    at_server = rollout(store, team.db)
    assert at_server[0] == 1 and at_server == rollout(store, file.db)
    assert json.loads(at_server[1])["reports"].startswith("97.00 % of 100 reported sessions under this policy succeeded")
    assert "the target is 99.9 %" in json.loads(at_server[1])["reports"]
    team.server.stop()
    try:
        code, out, err = rollout(store, team.db, "--apply")
        assert (code, out) == (3, "") and "error: history-unreachable: " in err and "\\x" not in err, (code, err)
    finally:
        team.server.start()
    code, out, err = rollout(store, "postgresql://me:geheim@db.example.net/reports")
    assert (code, out) == (2, "") and "has a password" in err and "geheim" not in err, err
