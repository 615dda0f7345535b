"""`mta-sts tlsrpt import --imap` and a mail server that is not to be trusted: bounded memory and time, and nothing of it shown raw."""

import re
import subprocess
import time

import pytest

from hostile_imap import HostileServer, endless
from history import History
from dovecot import mail_of
from peak_memory import run_within
from reports import MTA_STS, report

MOST_KIB = 100_000


def run(tmp_path, server, *words, scheme="imaps"):
    """Imports; gives exit code, output, errors and seconds."""
    begun = time.monotonic()
    code, out, err = run_within(MOST_KIB, MTA_STS, "tlsrpt", "import", "--db", tmp_path / "history.sqlite",
                                *server.options(scheme), "--imap-timeout", "2", *words)  # fmt: skip
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", out + err)
    return code, out, err, time.monotonic() - begun


def fetched(mail, uid=5, before=b"", after=b""):
    return b"* 1 FETCH (%sUID %d BODY[] {%d}\r\n%s%s)\r\n" % (before, uid, len(mail), mail, after)


def slowly(_, connection):
    """A byte now and then, for ever: the server is never silent."""
    while True:
        connection.sendall(b"*")
        time.sleep(0.5)


GARBLED = {
    "a line without an end": ("SELECT", endless(b"x" * 65536)),
    "responses without an end": ("SELECT", endless(b"* OK hello\r\n" * 1000)),
    "a literal over the limit": ("UID FETCH 5 (UID BODY", b"* 1 FETCH (UID 5 BODY[] {4000000000}\r\n"),
    "literals without an end": ("UID SEARCH", endless(b"* LIST {65000}\r\n" + b"x" * 65000)),
    "a length of many digits": ("UID SEARCH", b"* SEARCH {99999999999999999999}\r\n"),
    "numbers that are none": ("UID SEARCH", b"* SEARCH 1 2 x\r\n"),
    "a search that finds too much": ("UID SEARCH", b"* SEARCH 5 6 7 8 9\r\n"),
    "a mail in a broken list": ("UID FETCH 5 (UID BODY", b"* 1 FETCH (UID 5 BODY[] (((\r\n"),
    "lists in lists": ("UID FETCH 5 (UID RFC", b"* 1 FETCH (X " + b"(" * 100_000 + b"\r\n"),
    "a number of mails that no mailbox has": ("SELECT", b"* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n"),
    "no UIDVALIDITY": ("SELECT", b"* 1 EXISTS\r\n"),
    "control characters": ("UID SEARCH", b"\x1b[2J\x07 rubbish\r\n"),
    "a tag of another command": ("UID SEARCH", b"M99 OK done\r\n"),
    "an answer to nothing": ("UID SEARCH", b"+ go on\r\n"),
}


@pytest.mark.parametrize("name", GARBLED)
def test_garbage_ends_the_import_with_bounded_memory_and_time(tmp_path, name):
    with HostileServer(tmp_path, [GARBLED[name]]) as server:
        code, _, err, seconds = run(tmp_path, server)
    assert code == 2 and "error: mailbox-garbled: imaps://localhost:" in err, err
    assert seconds < 40


@pytest.mark.parametrize("answer", [lambda *_: False, slowly, lambda server, connection: connection.recv(1) and False])
def test_a_server_that_ends_or_is_slow_or_silent_does_not_hold_the_import(tmp_path, answer):
    with HostileServer(tmp_path, [("UID SEARCH", answer)]) as server:
        code, _, err, seconds = run(tmp_path, server)
    assert code == 3 and "mailbox-unreachable" in err
    assert seconds < 40


def test_a_mailbox_made_anew_in_between_is_left(tmp_path):
    with HostileServer(tmp_path, [("UID SEARCH", b"* OK [UIDVALIDITY 8] anew\r\n* SEARCH 5\r\n")]) as server:
        code, _, err, _ = run(tmp_path, server)
    assert code == 3 and "the mailbox was made anew meanwhile" in err
    assert not any(command.startswith("UID FETCH") for command in server.commands)


def test_lines_in_a_mail_are_no_answers(tmp_path):
    forged = b"M5 OK done\r\n* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n* BYE\r\n" + mail_of(report())
    with HostileServer(tmp_path, [("UID FETCH 5 (UID BODY", fetched(forged))]) as server:
        code, out, err, _ = run(tmp_path, server)
    assert code == 0 and len([command for command in server.commands if command.startswith("UID STORE 5 ")]) == 1, err


def test_mails_that_were_not_asked_for_and_repetitions_are_passed_over(tmp_path):
    asked = mail_of(report())
    answer = fetched(mail_of(report(2, report_id="other")), uid=6) + fetched(asked) + fetched(mail_of(report(3, report_id="third")))
    with HostileServer(tmp_path, [("UID FETCH 5 (UID BODY", answer)]) as server:
        assert run(tmp_path, server)[:2] == (0, "1 new report, 0 duplicates, 0 conflicts\n")


def test_a_size_that_is_wrong_does_not_matter(tmp_path):
    with HostileServer(tmp_path, [("UID FETCH 5 (UID BODY", fetched(mail_of(report()), before=b'FLAGS (\\Seen) X "a\\"b" ', after=b" Y NIL"))]) as server:
        assert run(tmp_path, server)[:2] == (0, "1 new report, 0 duplicates, 0 conflicts\n")


def test_a_mail_that_is_cut_is_not_imported(tmp_path):
    def cut(_, connection):
        connection.sendall(fetched(mail_of(report()))[:-200])

    with HostileServer(tmp_path, [("UID FETCH 5 (UID BODY", cut)]) as server:
        code, _, err, _ = run(tmp_path, server)
    assert code == 3 and "mailbox-unreachable" in err
    assert not any(command.startswith("UID STORE") for command in server.commands)


def test_a_full_mailbox_is_told_and_the_mail_stays(tmp_path):
    def full(_, connection):
        connection.sendall(b"M6 NO [OVERQUOTA] Quota exceeded \x1b[31m\r\n")
        return "no"

    answers = [("UID FETCH 5 (UID BODY", fetched(mail_of(report()))), ("UID MOVE", full)]
    with HostileServer(tmp_path, answers) as server:
        code, out, err, _ = run(tmp_path, server, "--move-to", "Full")
    assert (code, out) == (3, "1 new report, 0 duplicates, 0 conflicts; 1 mail not moved\n"), err
    assert 'error: move-failed: the server says "Quota exceeded \\x1b[31m" to moving mails to "Full"' in err


def test_without_move_mails_are_copied_and_only_they_are_expunged(tmp_path):
    answers = [("CAPABILITY", b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n"), ("UID FETCH 5 (UID BODY", fetched(mail_of(report())))]
    with HostileServer(tmp_path, answers) as server:
        assert run(tmp_path, server, "--move-to", "Done")[0] == 0
    assert server.commands[-4:] == ['UID COPY 5 "Done"', "UID STORE 5 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 5", "LOGOUT"]


def test_a_mail_that_may_not_be_removed_is_not_copied_again_and_again(tmp_path):
    selected = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] flags\r\n"
    answers = [("CAPABILITY", b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n"), ("SELECT", selected), ("UID FETCH 5 (UID BODY", fetched(mail_of(report())))]
    with HostileServer(tmp_path, answers) as server:
        code, out, err, _ = run(tmp_path, server, "--move-to", "Done")
    assert (code, out) == (3, "1 new report, 0 duplicates, 0 conflicts; 1 mail not moved\n")
    assert "error: move-failed: the server lets this user remove no mails" in err
    assert not any("COPY" in command for command in server.commands)


TWO = [("UID SEARCH", b"* SEARCH 5 6\r\n"), ("UID FETCH 5:6 (UID RFC", b"* 1 FETCH (UID 5 RFC822.SIZE 10)\r\n* 2 FETCH (UID 6 RFC822.SIZE 10)\r\n")]


@pytest.mark.parametrize("answer, why", [
    (b"* 1 FETCH (UID 5 BODY[] NIL)\r\n", "the server has no bytes of the mail"),
    ("NO [SERVERBUG] \x1b[31m broken", 'the server says "\\x1b[31m broken" to "UID FETCH 5 (UID BODY.PEEK[])"'),
])  # fmt: skip
def test_a_mail_that_the_server_does_not_give_stays_and_holds_no_other_up(tmp_path, answer, why):
    whole = answer if isinstance(answer, str) else answer + fetched(mail_of(report()), uid=6)
    answers = [*TWO, ("UID FETCH 5:6 (UID BODY", whole), ("UID FETCH 5 (UID BODY", answer), ("UID FETCH 6 (UID BODY", fetched(mail_of(report()), uid=6))]
    with HostileServer(tmp_path, answers) as server:
        code, out, err, _ = run(tmp_path, server)
    assert (code, out) == (2, "1 new report, 0 duplicates, 0 conflicts\n"), err
    assert err.count("error: input-unreadable: mail with UID 5: ") == 1 and why in err, err
    assert [command for command in server.commands if "STORE" in command] == ["UID STORE 6 +FLAGS.SILENT ($MtaStsRead)"]


def test_a_flag_that_is_refused_holds_no_other_mail_up(tmp_path):
    answers = [("UID FETCH 5 (UID BODY", fetched(mail_of(report()))), ("UID STORE", "NO [LIMIT] too many")]
    with HostileServer(tmp_path, answers) as server:
        code, out, err, _ = run(tmp_path, server)
    assert (code, out) == (3, "1 new report, 0 duplicates, 0 conflicts; 1 mail not moved\n")
    assert 'error: move-failed: the server says "too many" to "UID STORE 5' in err and server.commands[-1] == "LOGOUT"


def test_a_flag_that_is_known_is_used_where_no_other_can_be_made(tmp_path):
    selected = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [PERMANENTFLAGS (\\Seen $mtastsread)] flags\r\n"
    with HostileServer(tmp_path, [("SELECT", selected), ("UID FETCH 5 (UID BODY", fetched(mail_of(report())))]) as server:
        code, _, err, _ = run(tmp_path, server)
    assert (code, err) == (0, "") and any("STORE 5" in command for command in server.commands)


def test_a_place_behind_the_last_mail_is_not_asked_for_after_others_removed_some(tmp_path):
    selected = b"* 20001 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [PERMANENTFLAGS (\\*)] flags\r\n"
    with HostileServer(tmp_path, [("SELECT", selected), ("UID SEARCH", b"* 3 EXPUNGE\r\n* SEARCH\r\n")]) as server:
        code, _, err, _ = run(tmp_path, server)
    assert (code, err) == (0, "")
    assert [command for command in server.commands if "SEARCH" in command] == ["UID SEARCH 1:20000 UNDELETED UNKEYWORD $MtaStsRead"]


def test_without_uidplus_nothing_of_others_is_expunged(tmp_path):
    answers = [("CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n"), ("UID FETCH 5 (UID BODY", fetched(mail_of(report())))]
    with HostileServer(tmp_path, answers) as server:
        assert run(tmp_path, server, "--move-to", "Done")[0] == 0
    assert server.commands[-3:] == ['UID COPY 5 "Done"', "UID STORE 5 +FLAGS.SILENT (\\Deleted)", "LOGOUT"]


def test_a_mailbox_without_flags_of_ours_is_told(tmp_path):
    answers = [("SELECT", b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n"), ("UID FETCH 5 (UID BODY", fetched(mail_of(report())))]
    with HostileServer(tmp_path, answers) as server:
        code, out, err, _ = run(tmp_path, server)
    assert code == 0 and "keeps no flags of ours" in err
    assert not any("UNKEYWORD" in command or "STORE" in command for command in server.commands)


@pytest.mark.parametrize("greeting", [b"* OK hello\r\n", b"* PREAUTH hello\r\n", b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n"])
def test_no_password_is_sent_without_tls(tmp_path, greeting):
    with HostileServer(tmp_path, greeting=greeting, has_tls=False) as server:
        code, _, err, _ = run(tmp_path, server, scheme="imap")
    assert code == 2 and "mailbox-untrusted" in err
    assert not any("LOGIN" in command or "AUTH" in command or "secret" in command for command in server.commands)


@pytest.mark.parametrize("url, why", [
    ("imaps://user:secret@localhost", "it has a password"),
    ("imaps://localhost", "write the user before the host"),
    ("https://user@localhost", "write imaps:// before the host"),
    ("imaps://user@localhost/INBOX?x", "and nothing more"),
    ("imaps://user@localhost/%0d%0aM1 LOGOUT", "not a URL"),
    ("imaps://user@localhost/%0d%0aM1", "in ASCII"),
    ("imaps://us%0aer@localhost", "write the user"),
    ("localhost", "not a URL"),
])  # fmt: skip
def test_a_wrong_url_is_told_without_what_may_be_secret(tmp_path, url, why):
    secret = tmp_path / "password"
    secret.write_text("x\n")
    secret.chmod(0o600)
    done = subprocess.run([MTA_STS, "tlsrpt", "import", "--db", str(tmp_path / "db"), "--imap", url, "--imap-password-file", str(secret)],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 2 and why in done.stderr and "secret" not in done.stderr, done.stderr


@pytest.mark.parametrize("option", ["--move-to", "--others-to"])
def test_the_mailbox_that_is_read_is_no_place_to_move_to_whatever_its_case(tmp_path, option):
    with HostileServer(tmp_path) as server:
        code, _, err, _ = run(tmp_path, server, option, "inBox")
    assert code == 2 and "it is the mailbox that is read" in err and not server.commands


def test_commands_are_not_to_be_smuggled_in_by_names(tmp_path):
    history = History(tmp_path)
    with HostileServer(tmp_path) as server:
        code, _, err = history.run("import", *server.options(), "--move-to", 'a\r\nM9 DELETE "INBOX"')
    assert code == 2 and "in ASCII" in err
