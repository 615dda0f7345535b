"""`mta-sts tlsrpt`: the history from import to alert, as cron and people run it."""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import subprocess
import tempfile
import time

import pytest

from history import History, ago, in_file
from reports import MTA_STS, detail, mta_sts, report

@pytest.fixture
def tmp_path():
    """In place of pytest's own: other users may look into this one, and no other run of pytest closes it meanwhile."""
    with tempfile.TemporaryDirectory(prefix="history-") as folder:
        path = pathlib.Path(folder)
        path.chmod(0o755)
        yield path


def test_importing_twice_counts_once(history):
    assert history.add(report(10), report(20, day="2026-04-01")) == (0, "2 new reports, 0 duplicates, 0 conflicts\n", "")
    assert history.run("import", history.inbox)[1] == "0 new reports, 2 duplicates, 0 conflicts\n"
    assert history.summary()["success"] == 30


def test_a_conflict_is_shown_and_not_counted(history):
    history.add(report(10), report(11))
    assert history.summary()["conflicts"] == 1 and history.summary()["success"] == 10
    assert "came again with other numbers (11 ok, 0 failed)" in history.run("show")[1]


def test_a_bad_file_is_named_and_the_rest_imported(history):
    (history.inbox / "a.json").write_text("{")
    code, out, err = history.add(report())
    assert code == 0 and out == "1 new report, 0 duplicates, 0 conflicts; 1 file refused in part or as a whole\n"
    assert "a.json: E_JSON" in err
    assert history.run("import", "--strict", history.inbox)[0] == 2


ORDINARY_MAIL = "From: a@sender.example\r\nSubject: hello\r\n\r\nSee you tomorrow.\r\n"


def test_cron_hears_of_faults_and_not_of_other_mail(history):
    (history.inbox / "1.eml").write_text(ORDINARY_MAIL)
    (history.inbox / "2.mbox").write_text(f"From a@sender.example Tue Mar  3 04:12:09 2026\n{ORDINARY_MAIL}")
    assert "E_NOT_REPORT" in history.add(report())[2]
    assert history.run("import", "--quiet", history.inbox) == (0, "", "")
    (history.inbox / "3.eml").write_text("From: a@sender.example\r\nContent-Type: application/tlsrpt+json\r\n\r\n{")
    code, out, err = history.run("import", "--quiet", history.inbox)
    assert (code, out) == (0, "") and "3.eml: E_JSON" in err and "1.eml" not in err
    (history.inbox / "4.json").symlink_to("missing")
    code, out, err = history.run("import", "--quiet", history.inbox / "4.json", history.inbox)
    assert code == 2 and "4.json" in err


def test_cron_hears_of_a_report_that_a_filter_removed_and_not_of_attachments(history):
    head = "From: a@sender.example\r\nMIME-Version: 1.0\r\n"
    (history.inbox / "1.eml").write_text(f"{head}Content-Type: application/pdf\r\n\r\n%PDF-1.7\r\n")
    (history.inbox / "2.eml").write_text(f"{head}TLS-Report-Domain: example.com\r\n\r\nThe attachment was removed.\r\n")
    code, out, err = history.run("import", "--quiet", history.inbox)
    assert (code, out) == (0, "") and "2.eml: E_NOT_REPORT" in err and "1.eml" not in err


def test_a_report_of_the_future_is_refused(history):
    code, out, err = history.add(report(10), report(2 ** 40, day="2099-01-01"))
    assert code == 0 and out.startswith("1 new report") and "E_DATE" in err and "2099-01-01T00:00:00Z, which is later than tomorrow" in err
    assert history.summary()["success"] == 10


def test_two_imports_at_once_lose_nothing(history):
    for number in range(200):
        (history.inbox / f"{number}.json").write_text(json.dumps(report(1, report_id=str(number))))
    words = [MTA_STS, "tlsrpt", "import", "--db", str(history.db), str(history.inbox)]
    running = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    results = [(process.communicate(timeout=60), process.returncode) for process in running]
    assert [code for _, code in results] == [0] * 4, results
    assert sum(int(out.split()[0]) for (out, _), _ in results) == 200
    assert history.summary()["success"] == 200


def sleeps_with_open(pid, path):
    process = pathlib.Path(f"/proc/{pid}")
    sleeps = "State:\tS" in (process / "status").read_text()
    return sleeps and any(os.path.realpath(link) == str(path) for link in (process / "fd").iterdir())


@in_file
def test_import_waits_while_another_program_makes_the_history(history):
    (history.inbox / "a.json").write_text(json.dumps(report(1)))
    other = sqlite3.connect(history.db, isolation_level=None)
    other.execute("CREATE TABLE unrelated (id)")
    other.execute("DROP TABLE unrelated")
    other.execute("BEGIN IMMEDIATE")  # a file whose journal is not a write-ahead log yet
    running = subprocess.Popen([MTA_STS, "tlsrpt", "import", "--db", str(history.db), str(history.inbox)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while running.poll() is None and not sleeps_with_open(running.pid, history.db):
        assert time.monotonic() < deadline
    other.execute("COMMIT")
    other.close()
    out, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, b""), err
    assert out.startswith(b"1 new report")


def as_nobody(history, *words):
    done = subprocess.run([MTA_STS, "tlsrpt", *words, "--db", history.db], capture_output=True, text=True, user="nobody", group="nogroup",
                          extra_groups=[], timeout=60, check=False)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@in_file
def test_whoever_may_read_the_history_sees_it(history, tmp_path):
    history.add(report(10))
    history.db.chmod(0o644)
    for words, shown in ((("show",), "100.00%"), (("metrics",), "mta_sts_"), (("alert", "--days", "3"), "")):
        code, out, err = as_nobody(history, *words)
        assert (code, err) == (0, "") and shown.lower() in out.lower(), (words, code, out, err)
    code, _, err = as_nobody(history, "prune", "--before", "2026-01-01")
    assert code == 2 and "history-unavailable" in err


@in_file
def test_who_may_not_read_or_write_the_history_is_told_that_alone(history):
    history.add(report(10))
    history.db.chmod(0o600)
    code, out, err = as_nobody(history, "show")
    assert (code, out, err) == (2, "", f"mta-sts: error: history-unavailable: {history.db}: this user may not read it\n")
    history.db.chmod(0o644)
    code, out, err = as_nobody(history, "import", history.inbox)
    assert (code, out) == (2, "") and "error: history-unavailable" in err


def test_a_domain_that_no_report_names_is_an_error(history):
    history.add(report(10))
    for command in ("show", "metrics", "alert"):
        code, _, err = history.run(command, "--domain", "exmaple.com")
        assert code == 2 and "no report names the domain exmaple.com" in err, command
        assert history.run(command, "--domain", "example.com", "--days", "3")[0] == 0, command


@in_file
def test_a_history_that_is_held_is_told_from_wrong_use(history):
    history.add(report(10))
    other = sqlite3.connect(history.db, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    words = (("show",), ("show", "--csv"), ("metrics",), ("alert",), ("import", history.inbox), ("prune", "--before", "2026-01-01"))
    running = [subprocess.Popen([MTA_STS, "tlsrpt", *each, "--db", history.db], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for each in words]  # fmt: skip
    for each, process in zip(words, running):
        _, err = process.communicate(timeout=60)
        assert process.returncode == 3 and "history-busy" in err, (each, process.returncode, err)
    other.close()


FULL_DISK_FOR_A_PAGE = """
mount -t tmpfs -o size=100k tmpfs "$2"
head -c 200k /dev/zero >"$2/filler" 2>/dev/null
"$1" tlsrpt html --db "$3" -o "$2"
echo $?
"""


def test_a_full_disk_is_told_from_wrong_use(history, tmp_path):
    history.add(report(10))
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["unshare", "--mount", "sh", "-c", FULL_DISK_FOR_A_PAGE, "sh", MTA_STS, disk, history.db], capture_output=True,
                          text=True, timeout=60, check=False)  # fmt: skip
    assert done.stdout == "3\n" and "output-full" in done.stderr


@in_file
def test_a_history_in_a_form_that_only_its_writer_reads_is_said(history, tmp_path):
    history.add(report(10))
    history.db.chmod(0o644)
    database = sqlite3.connect(history.db)
    database.execute("PRAGMA journal_mode=WAL")
    database.close()
    code, _, err = as_nobody(history, "show")
    assert code == 2 and "history-unavailable" in err and "only a user who may write it can read" in err
    history.run("import", history.inbox)
    assert as_nobody(history, "show")[0] == 0


FULL_DISK = """
mount -t tmpfs -o size=3m tmpfs "$2"
"$1" tlsrpt import --db "$2/history.sqlite" "$3" || exit 10
head -c 3m /dev/zero >"$2/filler" 2>/dev/null && exit 11
"$1" tlsrpt prune --db "$2/history.sqlite" --before 2026-04-01 || exit 12
"$1" tlsrpt show --json --db "$2/history.sqlite"
stat -c %s "$2/history.sqlite" >&2
"""


@in_file
def test_old_reports_are_removed_from_a_full_disk(history, tmp_path):
    reports = [report(1, domain=f"d{number}.example", day=f"2026-03-{1 + number % 20:02}", report_id=str(number)) for number in range(2000)]
    (history.inbox / "all.json").write_text(json.dumps([*reports, report(7, day="2026-04-01")]))
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["unshare", "--mount", "sh", "-c", FULL_DISK, "sh", MTA_STS, disk, history.inbox], capture_output=True, text=True,
                          timeout=60, check=False)  # fmt: skip
    assert done.returncode == 0, done
    assert "2,000 reports removed" in done.stdout
    assert json.loads(done.stdout[done.stdout.index("{"):])["success"] == 7
    assert int(done.stderr.split()[-1]) < 200_000


@pytest.mark.parametrize("words, success", [
    ([], 60), (["--since", "2026-03-02"], 50), (["--until", "2026-03-01"], 10), (["--domain", "b.example"], 30),
    (["--since", "2026-03-02", "--until", "2026-03-02", "--domain", "a.example"], 20),
])
def test_span_and_domain(history, words, success):
    history.add(report(10, domain="a.example", day="2026-03-01"), report(20, domain="a.example", day="2026-03-02"),
                report(30, domain="b.example", day="2026-03-03"))
    assert history.summary(*words)["success"] == success


def test_the_last_days(history):
    history.add(report(1, day=ago(10)), report(2, day=ago(1)), report(4, day=ago(0)))
    assert history.summary("--days", "2")["success"] == 6


def test_show_says_whether_the_target_is_met(history):
    history.add(report(998, 2))
    assert history.run("show")[0] == 1
    assert history.run("show", "--target", "99.8")[0] == 0


def test_a_rate_that_meets_a_fine_target_does_not_look_lower(history):
    history.add(report(99997, 3))
    assert "Success rate: 99.997% (99,997 ok, 3 failed); target 99.996%: met" in history.run("show", "--target", "99.996")[1]
    history.run("html", "--target", "99.996", "-o", history.inbox)
    assert ">99.997 %</p>" in (history.inbox / "index.html").read_text()


def node(host="mx1.example.com", **more):
    return {**detail(host=host, count=2), "receiving-mx-helo": "node7.example.com", "failure-reason-code": "X509_V_ERR_CERT_HAS_EXPIRED", **more}


def test_the_node_that_failed_is_shown(history):
    history.add(report(10, 4, details=[node(), node(**{"receiving-ip": "203.0.113.26", "receiving-mx-helo": "node8.example.com"})]))
    text = history.run("show")[1]
    place = text[text.index("Where it failed"):]
    assert "  mx1.example.com [203.0.113.25] from [198.51.100.42]: certificate-expired, 2 sessions, 2026-03-31\n" in place
    assert "    EHLO:   node7.example.com\n    reason: X509_V_ERR_CERT_HAS_EXPIRED\n    more:   Certificate expired 2026-03-28\n" in place
    assert mta_sts("report", history.inbox)[1].count("    EHLO:   node8.example.com\n") == 1
    assert [(one["receiving_ip"], one["helo"], one["failure"]) for one in history.summary()["failures"]] == [
        ("203.0.113.25", "node7.example.com", 2), ("203.0.113.26", "node8.example.com", 2)]
    row = next(csv.DictReader(io.StringIO(history.run("show", "--csv", "--failures")[1], newline="")))
    assert (row["receiving_ip"], row["sending_ip"], row["helo"], row["reason_code"], row["information"]) == (
        "203.0.113.25", "198.51.100.42", "node7.example.com", "X509_V_ERR_CERT_HAS_EXPIRED", "Certificate expired 2026-03-28")


def test_a_host_that_the_policy_does_not_cover_is_told_from_a_fault_of_tls(history):
    history.add(report(10, 3, details=[detail(host="mx9.elsewhere.example")]))
    text = history.run("show")[1]
    assert "mx9.elsewhere.example" in text[text.index("C52 of mta-sts check"):]
    types = text[text.index("Failure types"):text.index("Affected MX hosts")]
    assert types.index("MX outside the policy: 3 sessions") < types.index("certificate-expired: 3 sessions")
    assert "C52" in types and "C43" not in types and "Renew it" not in types
    assert "FAILURE: MX outside the policy: mx9.elsewhere.example (3 sessions, certificate-expired)" in text
    hosts = text[text.index("Affected MX hosts"):text.index("Where it failed")]
    assert "mx9.elsewhere.example" in hosts and "all outside the policy (C52)" in hosts
    history.run("html", "-o", history.inbox.parent / "page")
    page = (history.inbox.parent / "page" / "index.html").read_text()
    assert "<h3>MX outside the policy</h3>" in page and "Renew it" not in page and "outside the policy (C52)" in page
    assert history.summary()["hosts_outside_policy"] == {"mx9.elsewhere.example": 3}
    history.add(report(10, 3, day="2026-04-01", details=[detail()]))
    assert "certificate-expired: 6 sessions, 2026-03-31 to 2026-04-01: 3 of them outside the policy (C52)" in history.run("show")[1]
    assert history.summary()["hosts_outside_policy"] == {"mx9.elsewhere.example": 3}


@in_file
def test_a_history_of_the_first_layout_is_read_and_goes_on(history):
    history.add(report(10, 3, details=[node()]))
    history.go_back(1)
    assert history.summary()["failures"][0]["helo"] == "" and history.summary()["failure"] == 3
    history.add(report(10, 3, day="2026-04-01", details=[node()]))
    assert sorted(one["helo"] for one in history.summary()["failures"]) == ["", "node7.example.com"]


def test_numbers_have_separators_for_people_alone(history):
    history.add(report(1234567, 54321, day=ago(1), details=[detail(count=54321)]))
    assert "(1,234,567 ok, 54,321 failed)" in history.run("show")[1]
    assert "(1,234,567 ok, 54,321 failed)" in history.run("alert")[1]
    for words in (["show", "--json"], ["show", "--csv"], ["metrics"]):
        out = history.run(*words)[1]
        assert "1234567" in out and "54321" in out and "1,234" not in out, words


def mail_of(one, results=""):
    return (f"{results}From: tls@google.com\nMIME-Version: 1.0\nContent-Type: application/tlsrpt+json\n\n" + json.dumps(one)).encode()


RESULTS = "Authentication-Results: mx.example.com;\n\tdkim={} header.d=google.com\n"


def test_a_trusted_server_tells_which_reports_are_authenticated(history):  # R141
    mails = (mail_of(report(1, day="2026-03-01"), RESULTS.format("pass")), mail_of(report(2, day="2026-03-02"), RESULTS.format("fail")),
             mail_of(report(4, day="2026-03-03")))  # fmt: skip
    for number, mail in enumerate(mails):
        (history.inbox / f"{number}.eml").write_bytes(mail)
    (history.inbox / "3.json").write_text(json.dumps(report(8, 1, day="2026-03-04", details=[detail(count=1)])))
    words = ("--authserv-id", "MX.example.com")
    line = "Authenticated by DKIM: 1 of 4 reports (1 not-authenticated, 1 not-by-mail, 1 not-checked)\n"
    assert line in mta_sts("report", *words, history.inbox)[1]
    assert "not checked here" in mta_sts("report", history.inbox)[1]
    assert "No Authentication-Results field of other.example" in mta_sts("report", "--authserv-id", "other.example", history.inbox)[1]
    files = json.loads(mta_sts("report", "--json", *words, history.inbox)[1])["files"]
    assert [each["reports"][0].get("authentication") for each in files] == ["authenticated", "not-authenticated", None, None]
    assert history.run("import", *words, history.inbox)[0] == 0
    assert line in history.run("show")[1]
    assert history.summary()["authentication"] == {"not-checked": 1, "authenticated": 1, "not-authenticated": 1, "not-by-mail": 1}
    rows = csv.DictReader(io.StringIO(history.run("show", "--csv")[1], newline=""))
    assert [row["authentication"] for row in rows] == ["authenticated", "not-authenticated", "not-checked", "not-by-mail"]
    rows = csv.DictReader(io.StringIO(history.run("show", "--csv", "--failures")[1], newline=""))
    assert [row["authentication"] for row in rows] == ["not-by-mail"]
    assert history.run("html", "-o", history.inbox)[0] == 0
    assert line.strip() in (history.inbox / "index.html").read_text()


def test_a_conflict_says_which_of_both_is_authenticated(history):
    (history.inbox / "1.json").write_text(json.dumps(report(10)))
    (history.inbox / "2.eml").write_bytes(mail_of(report(11), RESULTS.format("pass")))
    told = "the first one counts. It is not-by-mail, this one authenticated.\n"
    assert told in mta_sts("report", "--authserv-id", "mx.example.com", history.inbox)[1]
    history.run("import", "--authserv-id", "mx.example.com", history.inbox)
    assert told in history.run("show")[1]


@in_file
def test_a_history_of_the_second_layout_is_read_and_goes_on(history):
    history.add(report(10), report(11))
    history.go_back(2)
    assert history.summary()["success"] == 10 and history.summary()["authentication"]["not-checked"] == 1
    assert "came again with other numbers" in history.run("show")[1]
    history.add(report(10, day="2026-04-01"))
    assert history.summary()["authentication"] == {"not-checked": 1, "authenticated": 0, "not-authenticated": 0, "not-by-mail": 1}


def test_csv_holds_no_formula_and_every_row(history):
    history.add(report(10, 3, org="=HYPERLINK(\"http://evil.example\")", details=[detail(host="@SUM(A1)")]))
    code, out, _ = history.run("show", "--csv")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert code == 0 and rows == [{
        "day": "2026-03-31", "domain": "example.com", "organization": "'=HYPERLINK(\"http://evil.example\")",
        "policy_type": "sts", "success": "10", "failure": "3", "counted": "yes", "authentication": "not-by-mail"}]
    rows = list(csv.DictReader(io.StringIO(history.run("show", "--csv", "--failures")[1], newline="")))
    assert [(row["host"], row["failed"]) for row in rows] == [("'@sum(a1)", "3")]


def test_metrics_are_prometheus_text(history):
    history.add(report(10, 3, day=ago(1), details=[detail()]))
    code, out, _ = history.run("metrics")
    assert code == 0
    assert 'mta_sts_tlsrpt_sessions{domain="example.com",result="failure"} 3\n' in out
    assert 'mta_sts_tlsrpt_failed_sessions{type="certificate-expired",host="mail2.example.com"} 3\n' in out
    series = re.compile(r'[a-z_]+(\{[a-z_]+="(\\.|[^"\\\n])*"(,[a-z_]+="(\\.|[^"\\\n])*")*\})? [0-9.]+')
    assert all(line.startswith(("# HELP ", "# TYPE ")) or series.fullmatch(line) for line in out.splitlines())


def test_prune_removes_what_is_old(history):
    history.add(report(1, day="2026-03-01"), report(2, day="2026-03-02"))
    assert history.run("prune", "--before", "2026-03-02") == (0, "1 report removed\n", "")
    assert history.summary()["success"] == 2
    assert history.run("prune", "--before", "soon")[0] == 2


@in_file
def test_a_history_that_is_not_there_is_said(history):
    for command in (["show"], ["metrics"], ["alert"], ["html", "-o", history.inbox], ["prune", "--before", "2026-01-01"]):
        code, out, err = history.run(*command)
        assert (code, out) == (2, "") and "history-unavailable" in err
        assert "there is no history yet; import reports with mta-sts tlsrpt import" in err
    assert not history.db.exists()


def test_a_folder_that_is_not_there_is_said_with_the_command_that_makes_it(tmp_path):
    folder = tmp_path / "none"
    for command in (["import", tmp_path], ["show"]):
        code, out, err = mta_sts("tlsrpt", command[0], "--db", folder / "history.sqlite", *command[1:])
        assert (code, out) == (2, "") and "history-unavailable" in err
        assert f'; run sudo install -d -o "$USER" {folder}, or name a file in a folder of your own with --db\n' in err
    assert not folder.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="root makes a folder of somebody else")
def test_a_folder_of_somebody_else_is_not_to_be_taken_away(tmp_path):
    others = tmp_path / "others"
    others.mkdir(mode=0o700)
    done = subprocess.run([MTA_STS, "tlsrpt", "import", "--db", others / "history.sqlite", "/dev/null"], capture_output=True,
                          text=True, user="nobody", group="nogroup", extra_groups=[], timeout=60, check=False)
    assert done.returncode == 2 and "install" not in done.stderr
    assert "this user may not use its folder; name a file in a folder of your own with --db" in done.stderr


@in_file
@pytest.mark.skipif(os.getuid() != 0, reason="root makes a folder of somebody else")
def test_a_page_for_which_this_user_cannot_make_the_folder_is_said_with_the_command_that_makes_it(history, tmp_path):
    history.add(report(10))
    for path in [tmp_path, *tmp_path.glob("history.sqlite*")]:
        shutil.chown(path, "nobody")
    (tmp_path / "roots").mkdir(mode=0o755)
    page = tmp_path / "roots" / "www" / "tlsrpt"
    words = [MTA_STS, "tlsrpt", "html", "--db", history.db, "-o", page]
    done = subprocess.run(words, capture_output=True, text=True, user="nobody", group="nogroup", extra_groups=[], timeout=60, check=False)
    assert done.returncode == 2
    assert f'output-unwritable: {page}: cannot be created: Permission denied; run sudo install -d -o "$USER" {page}\n' in done.stderr


@in_file
def test_a_damaged_history_is_said(history):
    history.db.write_bytes(b"x" * 5000)
    for command in (["show"], ["import", history.inbox]):
        code, _, err = history.run(*command)
        assert code == 2 and "history-damaged" in err


def test_the_page_is_replaced_whole_and_readable_by_the_web_server(history, tmp_path):
    history.add(report(10))
    page = tmp_path / "page" / "index.html"
    for _ in range(2):
        assert history.run("html", "-o", tmp_path / "page") == (0, f"{page}\n", "")
    assert stat.S_IMODE(page.stat().st_mode) == 0o644
    assert os.listdir(page.parent) == ["index.html"]
    assert history.run("html", "-o", "/proc/none")[0] == 2
    assert history.run("html", "-o", tmp_path / "a" / "b" / "c") == (0, f"{tmp_path}/a/b/c/index.html\n", "")


CUT_OFF = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA cache_size=1")
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE session SET success = 7")
database.execute("CREATE TABLE x AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 9999) SELECT n FROM c")
os._exit(0)
"""


def test_a_history_whose_import_was_killed_is_read(tmp_path):
    for command in ("show", "metrics", "alert", "html"):
        folder = tmp_path / command
        folder.mkdir()
        history = History(folder)
        history.add(report(1000, day=ago(1)))
        subprocess.run(["/usr/bin/python3", "-c", CUT_OFF, history.db], check=True, timeout=60)
        journal = history.db.with_name(history.db.name + "-journal")
        assert journal.exists()
        words = ("-o", tmp_path / "page.html") if command == "html" else ()
        code, out, error = history.run(command, *words)
        assert (code, error) == (0, "") and not journal.exists(), command
        assert history.summary()["success"] == 1000
