"""`mta-sts tlsrpt import --imap` beside a real IMAP server."""

import re
import shutil
import signal
import subprocess

import pytest

import dovecot
from dovecot import OTHER_MAIL, Dovecot, mail_of, until
from history import History
from peak_memory import run_within
from reports import MTA_STS, mta_sts, report

pytestmark = dovecot.needed


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.skipif(not dovecot.has_both, reason="not unpacked"))],
                ids=["this-release", "debian-13"])  # fmt: skip
def shared(request):
    with Dovecot(is_of_13=request.param) as server:
        yield server


@pytest.fixture
def server(shared):
    """The server, its user without any mail."""
    yield shared
    shutil.rmtree(shared.folder / "home/Maildir", ignore_errors=True)


@pytest.fixture
def history(tmp_path):
    return History(tmp_path)


def numbered(count, first=0):
    return [report(1, report_id=str(number)) for number in range(first, first + count)]


def words(history, server, *more, **where):
    return ["tlsrpt", "import", "--db", history.db, *server.options(**where), *more]


def run(history, server, *more, **where):
    return mta_sts(*words(history, server, *more, **where))


@pytest.mark.parametrize("scheme", ["imaps", "imap"])
def test_reports_are_imported_and_moved_once_they_are_in_the_history(history, server, scheme):
    server.put(*map(mail_of, numbered(3)), OTHER_MAIL)
    code, out, err = run(history, server, "--move-to", "Imported reports", scheme=scheme)
    assert (code, out) == (0, "3 new reports, 0 duplicates, 0 conflicts; 1 mail refused in part or as a whole\n"), err
    assert re.fullmatch(r"mta-sts: warning: mail with UID \d+: E_NOT_REPORT: the mail has no TLS report in it\n", err)
    assert len(server.mails("Imported reports")) == 3
    assert list(server.mails().values()) == [["$MtaStsRead"]]  # and not \Seen: a person may still read it
    assert run(history, server, "--move-to", "Imported reports") == (0, "0 new reports, 0 duplicates, 0 conflicts\n", "")


def test_mails_that_stay_are_not_read_again(history, server):
    server.put(*map(mail_of, numbered(2)))
    assert run(history, server, "--json") == (0, '{"imported":2,"duplicates":0,"conflicts":0,"refused_files":0}\n', "")
    server.put(mail_of(numbered(1, 2)[0]))
    assert run(history, server, "--json")[1] == '{"imported":1,"duplicates":0,"conflicts":0,"refused_files":0}\n'
    assert len(server.mails()) == 3


def test_mails_without_a_report_can_be_moved_too(history, server):
    server.put(OTHER_MAIL, mail_of(report()))
    code, _, err = run(history, server, "--quiet", "--move-to", 'Of "reports"', "--others-to", "Others")
    assert (code, err) == (0, "")
    assert [len(server.mails(name)) for name in ("INBOX", "Others")] == [0, 1]


def test_many_mails_are_read_and_moved(history, server):
    folder = server.folder / "home/Maildir/new"
    folder.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(numbered(1000)):
        (folder / f"{number}.a.example").write_bytes(mail_of(one))
    subprocess.run(["chown", "-R", "mail:mail", folder.parent], check=True)
    code, out, err = run(history, server, "--move-to", "Imported", "--progress")
    assert (code, out) == (0, "1,000 new reports, 0 duplicates, 0 conflicts\n"), err
    assert err == "mta-sts: 1,000 of 1,000 mails read\n"
    assert (len(server.mails()), len(server.mails("Imported"))) == (0, 1000)


def test_a_large_mail_is_refused_by_its_size_and_not_fetched(history, server):
    folder = server.folder / "home/Maildir/new"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "1.large.example").open("wb") as large:
        large.write(b"Subject: large\r\n\r\n")
        large.truncate(200 << 20)
    subprocess.run(["chown", "-R", "mail:mail", folder.parent], check=True)
    server.put(mail_of(report()))
    code, out, err = run_within(60_000, MTA_STS, *words(history, server))
    assert (code, out) == (0, "1 new report, 0 duplicates, 0 conflicts; 1 mail refused in part or as a whole\n"), err
    assert re.search(r"E_TOO_BIG: [\d,]+ bytes; it was not fetched", err)


def test_what_was_imported_and_not_moved_counts_once(history, server):
    """Killed between the history and the move: the history has the reports, the mailbox still has the mails."""
    server.put(*map(mail_of, numbered(400)))
    running = subprocess.Popen([MTA_STS, *map(str, words(history, server, "--move-to", "Imported"))], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)  # fmt: skip
    until(lambda: history.db.exists() and history.run("show", "--json")[0] == 0 and history.summary()["reports"] > 0, "no report came")
    running.kill()
    running.communicate()
    code, out, err = run(history, server, "--move-to", "Imported")
    assert code == 0 and history.summary()["success"] == 400, err
    assert (len(server.mails()), len(server.mails("Imported"))) == (0, 400)


def test_reports_that_are_in_the_history_are_moved_as_well(history, server):
    server.put(*map(mail_of, numbered(2)))
    assert run(history, server)[0] == 0
    server.do("select")  # the mails lose their flag, as if the import had been killed before it was given
    with server.client() as client:
        client.select()
        client.store("1:*", "-FLAGS", "$MtaStsRead")
    assert run(history, server, "--move-to", "Imported") == (0, "0 new reports, 2 duplicates, 0 conflicts\n", "")
    assert len(server.mails("Imported")) == 2


def test_a_server_that_goes_away_loses_nothing(history, server):
    server.put(*map(mail_of, numbered(400)))
    running = subprocess.Popen([MTA_STS, *map(str, words(history, server, "--move-to", "Imported"))], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    until(lambda: history.db.exists() and history.run("show", "--json")[0] == 0 and history.summary()["reports"] > 0, "no report came")
    server.stop()
    try:
        _, err = running.communicate(timeout=60)
        assert running.returncode in (0, 3), err
        assert running.returncode == 0 or "mailbox-unreachable" in err
    finally:
        server.start()
    assert run(history, server, "--move-to", "Imported")[0] == 0
    assert history.summary()["success"] == 400 and len(server.mails("Imported")) == 400


def test_a_mailbox_made_anew_is_read_anew(history, server):
    server.do("create", "Box")
    server.put(*map(mail_of, numbered(2)), mailbox="Box")
    assert run(history, server, mailbox="Box")[1].startswith("2 new reports")
    server.do("delete", "Box")
    server.do("create", "Box")
    server.put(*map(mail_of, numbered(2, 2)), mailbox="Box")  # with the numbers of the former mails
    assert run(history, server, mailbox="Box")[1].startswith("2 new reports")


def test_a_mailbox_that_may_not_be_written_is_told_and_mails_stay(history, server):
    folder = server.folder / "home/Maildir/.Shut"
    server.do("create", "Shut")
    for part in ("new", "cur", "tmp"):
        (folder / part).chmod(0o500)
    server.put(mail_of(report()))
    try:
        code, out, err = run(history, server, "--move-to", "Shut")
    finally:
        for part in ("new", "cur", "tmp"):
            (folder / part).chmod(0o700)
    assert (code, out) == (3, "1 new report, 0 duplicates, 0 conflicts; 1 mail not moved\n"), err
    assert "error: move-failed: the server says" in err
    assert run(history, server, "--move-to", "Shut")[:2] == (0, "0 new reports, 1 duplicate, 0 conflicts\n")
    assert len(server.mails("Shut")) == 1


def test_the_server_must_prove_who_it_is(history, server):
    server.put(mail_of(report()))
    options = server.options()
    options[options.index("--imap-ca") + 1] = "/etc/ssl/certs/ca-certificates.crt"
    code, _, err = mta_sts("tlsrpt", "import", "--db", history.db, *options)
    assert code == 2 and "mailbox-untrusted" in err
    other_name = [word.replace("localhost", "127.0.0.1") for word in server.options()]
    code, _, err = mta_sts("tlsrpt", "import", "--db", history.db, *other_name)
    assert code == 2 and "mailbox-untrusted" in err


def test_a_wrong_password_is_told_and_shown_nowhere(history, server, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("swordfish\n")
    secret.chmod(0o600)
    command = ["tlsrpt", "import", "--db", history.db, *[word.replace(str(server.password_file), str(secret)) for word in server.options()]]
    code, out, err = mta_sts(*command)
    assert code == 2 and "mailbox-refused: " in err and "swordfish" not in out + err
    secret.chmod(0o644)
    code, _, err = mta_sts(*command)
    assert code == 2 and "bad-option: --imap-password-file: " in err and "exposed" in err


def test_a_mailbox_that_is_not_there_is_named(history, server):
    code, _, err = run(history, server, mailbox="Missing")
    assert code == 2 and re.search(r"mailbox-refused: imaps://localhost:\d+/Missing: the server says ", err)


def metrics_of(path):
    return dict(line.rsplit(" ", 1) for line in path.read_text().splitlines() if not line.startswith("#")) if path.exists() else {}


def test_a_watch_reads_what_comes_outlives_the_server_and_ends_when_told(history, server, tmp_path):
    metrics = tmp_path / "import.prom"
    command = words(history, server, "--move-to", "Imported", "--watch", "--every", 1, "--metrics", metrics)
    with subprocess.Popen([MTA_STS, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            until(lambda: metrics_of(metrics), "no look")
            server.put(mail_of(report(1, report_id="first")))
            until(lambda: metrics_of(metrics)["mta_sts_tlsrpt_import_reports"] == "1", "no import")
            server.stop()
            server.start()
            server.put(mail_of(report(1, report_id="second")))
            until(lambda: metrics_of(metrics)["mta_sts_tlsrpt_import_reports"] == "2", "no import after the server was away")
            until(lambda: len(server.mails("Imported")) == 2, "not moved")
        finally:
            running.send_signal(signal.SIGTERM)
            out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (0, ""), err
    assert err.count("1 new report, 0 duplicates, 0 conflicts") == 2


def test_the_command_of_the_guide_works(history, server):
    page = (dovecot.ROOT / "docs/reports.md").read_text()
    command = re.search(r"```sh\n(mta-sts tlsrpt import --imap .*?)\n```", page)[1]
    server.put(mail_of(report()))
    places = {"tls-reports%40example.com@mail.example.com": f"{dovecot.USER.replace('@', '%40')}@localhost:{server.port}",
              "/etc/mta-sts/imap-password": str(server.password_file)}  # fmt: skip
    for name, value in places.items():
        assert name in command
        command = command.replace(name, value)
    more = f" --db {history.db} --imap-ca {server.certificate.authority}"
    done = subprocess.run(["sh", "-c", command.replace("mta-sts", MTA_STS, 1) + more], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "1 new report, 0 duplicates, 0 conflicts\n"), done.stderr
    assert len(server.mails("Imported")) == 1
