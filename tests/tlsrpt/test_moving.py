"""`mta-sts tlsrpt import --from-db`: a history moves to another one, and all that is seen of it stays."""

import json
import re

import pytest

from history import History, ago
from peak_memory import SANITIZED, run_within
from postgresql import needed
from reports import MTA_STS, detail, mta_sts, report

VIEWS = (("show",), ("show", "--json"), ("show", "--csv"), ("show", "--csv", "--failures"), ("show", "--domain", "b.example"), ("metrics", "--days", "60"),
         ("alert",), ("alert",), ("alert", "--days", "9"), ("alert", "--since", ago(30)))  # fmt: skip
MAIL = "Authentication-Results: mx.example.com; dkim={} header.d=google.com\nFrom: a@google.com\nContent-Type: application/tlsrpt+json\n\n{}"


def new_file(folder, name):
    (folder / name).mkdir()
    return History(folder / name)


@pytest.fixture
def file(tmp_path):
    """A history of some days, with alerts that were told, conflicts, reports without a day and texts of any bytes."""
    file = new_file(tmp_path, "file")
    (file.inbox / "a.eml").write_text(MAIL.format("pass", json.dumps(report(5, day=ago(2), domain="b.example"))))
    (file.inbox / "b.eml").write_text(MAIL.format("fail", json.dumps(report(6, day=ago(2), domain="c.example"))))
    undated = report(3, domain="undated.example")
    undated["date-range"] = {}
    both = report(1000, 3, day=ago(3), details=[detail(count=1), detail("starttls-not-supported", "mx\0\x1a\\\"{},.example", 2)])
    both["policies"] += report(20, domain="b.example")["policies"]
    changed = json.loads(json.dumps(both))
    changed["policies"][1]["summary"]["total-failure-session-count"] = 9
    assert file.run("import", "--authserv-id", "mx.example.com", file.inbox)[0] == 0
    file.add(report(2 ** 64 - 1, day=ago(9), org="Gr\u00f6\u00dfe \0\x1a\U0001f600 \"{},NULL\\", report_id="x"), undated, both, changed, report(7, day=ago(1)))
    assert file.run("alert")[0] == 1
    file.pass_days(1)
    file.add(report(900, 100, day=ago(1), details=[detail(count=100)]), report(901, 100, day=ago(1), details=[detail(count=100)]))
    assert file.run("alert")[0] == 1
    return file


def page_of(history, folder):
    assert history.run("html", "-o", folder)[0] == 0
    return re.sub(r"[0-9:]{5,8}(?= UTC| Z)|\d\d:\d\d(:\d\d)?", "TIME", (folder / "index.html").read_text())


def same_views(one, other, folder):
    for words in VIEWS:
        assert one.run(*words) == other.run(*words), words
    assert page_of(one, folder / "one") == page_of(other, folder / "other")


@needed
def test_a_file_moves_to_a_server(file, team, tmp_path):
    counts = '{"imported":7,"duplicates":0,"conflicts":2,"refused_files":0}\n'
    assert team.run("import", "--json", "--from-db", file.db) == (0, counts, "")
    assert team.run("import", "--from-db", file.db) == (0, "0 new reports, 7 duplicates, 2 conflicts\n", "")
    assert "Still" in team.run("alert")[1]  # what the file has told is not told anew
    file.run("alert")
    same_views(file, team, tmp_path)
    file.inbox.joinpath("new.json").write_text(json.dumps([report(1, 1, day=ago(0), domain="d.example"), report(8, day=ago(1))]))
    assert file.run("import", file.inbox) == team.run("import", file.inbox)
    same_views(file, team, tmp_path)
    for before in (ago(2), "2027-01-01"):
        assert file.run("prune", "--before", before) == team.run("prune", "--before", before)
        assert file.run("show", "--json") == team.run("show", "--json")


@needed
def test_a_server_moves_back_to_a_file(file, team, tmp_path):
    assert team.run("import", "--from-db", file.db)[0] == 0
    back = new_file(tmp_path, "back")
    assert back.run("import", "--from-db", team.db) == (0, "7 new reports, 0 duplicates, 2 conflicts\n", "")
    same_views(file, back, tmp_path)


@needed
def test_two_histories_join(file, team, tmp_path):
    """What one counts and the other left out is known again, in whatever order they come."""
    second = new_file(tmp_path, "second")
    second.add(report(901, 100, day=ago(1), details=[detail(count=100)]), report(900, 100, day=ago(1), details=[detail(count=100)]), report(1, day=ago(4)))
    assert team.run("import", "--from-db", file.db)[0] == 0
    assert team.run("import", "--from-db", second.db)[1] == "1 new report, 1 duplicate, 1 conflict\n"
    assert team.run("import", "--from-db", second.db)[1] == "0 new reports, 2 duplicates, 1 conflict\n"
    assert team.sql("SELECT count(*) FROM conflict") == "2\n"


@needed
@pytest.mark.parametrize("layout", [1, 2, 3, 4])
def test_an_older_layout_moves_without_being_changed(file, team, layout):
    file.go_back(layout)
    before = file.db.read_bytes()
    file.db.chmod(0o444)
    assert team.run("import", "--from-db", file.db)[:2] == (0, "7 new reports, 0 duplicates, 2 conflicts\n")
    assert file.db.read_bytes() == before
    assert team.run("show", "--csv") == file.run("show", "--csv") and team.run("show", "--json") == file.run("show", "--json")


@needed
def test_a_conflict_whose_report_was_pruned_stays_a_conflict(team, tmp_path):
    file = new_file(tmp_path, "file")
    undated = [report(number) for number in (1, 2)]
    for each in undated:
        each["date-range"] = {}
    file.add(*undated)
    file.sql("DELETE FROM report; DELETE FROM session")
    assert team.run("import", "--from-db", file.db)[1] == "0 new reports, 0 duplicates, 1 conflict\n"
    assert team.run("show", "--json")[1] == file.run("show", "--json")[1]


def test_large_reports_move_in_little_memory(tmp_path):
    file, other = new_file(tmp_path, "file"), new_file(tmp_path, "other")
    file.add([report(1, 1, domain=f"d{number}.example", report_id=str(number), details=[detail(count=1)]) for number in range(30)], report(5, report_id="x"))
    file.sql(f"UPDATE failure SET information = report || hex(zeroblob({100_000 if SANITIZED else 4_000_000}))")
    code, out, err = run_within(150_000, MTA_STS, "tlsrpt", "import", "--db", other.db, "--from-db", file.db)
    assert (code, out) == (0, "31 new reports, 0 duplicates, 0 conflicts\n"), err
    assert other.run("show", "--json") == file.run("show", "--json")


def test_what_cannot_be_moved_is_said(tmp_path):
    history = History(tmp_path)
    assert history.run("import")[0] == 2 and "usage-error" in history.run("import")[2]
    code, _, err = history.run("import", "--from-db", tmp_path / "none")
    assert code == 2 and f"history-unavailable: {tmp_path}/none: there is no history yet" in err
    assert "excludes" in mta_sts("tlsrpt", "import", "--from-db", "a", "--db", history.db, "b")[2]
    assert not history.db.exists()
