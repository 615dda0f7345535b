"""Reports of our own where somebody means harm: records, texts, receivers, a sendmail, a clock and a queue that are wrong."""

import gzip
import hashlib
import json
import re
import sqlite3
import subprocess
import time

import pytest
from peers import SERVFAIL, TXT, Reply, txt_data, txt_reply
from test_own_reports import DAY, HOST, HOUR, count, names, receiver_certificate, receivers, wait_until  # noqa: F401
from test_resolver_outcomes import outcome

HOSTILE = "\x7f\x9b31m\u202e\x1b[2J"


def is_plain(text: str) -> bool:
    return all(" " <= character < "\x7f" or character == "\n" for character in text)


def change(path, *statements):
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(*statement)
    database.close()


def test_a_mailbox_in_several_spellings_gets_one_mail(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test", "mailto:a@B.test?subject=x", "MAILTO:%61@b.test", "mailto:A@b.test")
    assert "2 sent" in sender.send()
    assert sorted(words[-1] for words, _ in sender.received()) == ["A@b.test", "a@b.test"]


def test_a_receiver_that_many_domains_name_gets_its_share(count):
    domains = [f"d{number}.test" for number in range(5)]
    sender = count({name: [outcome(name)] for name in domains})
    for name in domains:
        sender.want_reports(name, f"mailto:{name}@victim.test", f"mailto:{name}@other.test")
    said = sender.send("--receiver-limit", 3)
    assert "receiver-limit: 4 reports are not sent" in said and "6 sent" in said
    assert len([words for words, _ in sender.received() if words[-1].endswith("@victim.test")]) == 3
    assert "0 sent" in sender.send("--receiver-limit", 3, after=HOUR + 600)
    refused = [one for one in sender.sent("d4.test")]
    assert {one["answer"] for one in refused} == {f"receiver-limit: {name}.test gets 3 other reports of that day" for name in ("victim", "other")}
    assert {(one["state"], one["attempts"]) for one in refused} == {("given-up", 0)}


def test_a_domain_that_is_none_is_left_out(count):
    sender = count({"a.test": [outcome("a.test")], "b.test": [outcome("b.test")]})
    for name in ("a.test", "b.test"):
        sender.want_reports(name, f"mailto:tls@{name}")
    change(sender.file, ("UPDATE session SET domain=? WHERE domain='a.test'", ("a.test\nBcc: v@c.test\x1b[2J",)))
    said = sender.send()
    assert "tally-damaged" in said and "1 reports made" in said and is_plain(said), said
    assert [mail["TLS-Report-Domain"] for _, mail in sender.received()] == ["b.test"]


def test_texts_of_strangers_do_nothing_to_a_terminal(count):
    wrong = {"c": 205, "n": "mx.a.test", "f": HOSTILE, "a": HOSTILE}
    sender = count({"a.test": [outcome("a.test", wrong, failed=True)]})
    sender.want_reports("a.test", "mailto:a@b.test")
    assert is_plain(sender.send("--dry-run"))
    sender.send()
    (shown,) = sender.sent("--reports")
    assert shown["report"]["policies"][0]["failure-details"][0]["failure-reason-code"] == HOSTILE


def test_domains_whose_dns_fails_keep_none_behind_them_from_a_report(count):
    domains = [f"d{number:04}.test" for number in range(3200)]
    sender = count({name: [outcome(name)] for name in [*domains, "z.test"]})
    for name in [*domains, "z.test"]:
        sender.names.replies[f"_smtp._tls.{name}", TXT] = Reply(code=SERVFAIL)
    assert f"{3200 + 1} not known yet" in sender.send()
    sender.want_reports("z.test", "mailto:tls@rua.test")
    said = sender.send()
    assert "1 reports made" in said and "3200 not known yet" in said and "1 sent" in said, said
    for name in domains:
        sender.want_reports(name, "mailto:tls@rua.test")
    assert "3200 reports made" in sender.send("--receiver-limit", 1, after=HOUR + 600)


@pytest.mark.full
def test_a_dns_that_is_silent_holds_a_run_up_for_so_many_domains(count):
    domains = [f"d{number:04}.test" for number in range(4100)]
    sender = count({name: [outcome(name)] for name in domains})
    for name in domains:
        sender.names.replies[f"_smtp._tls.{name}", TXT] = Reply(silent=True)
    said = sender.send()
    assert "3072 not known yet" in said and "record-unknown: DNS has told no TLSRPT record of the last 3072 domains" in said
    said = sender.send()  # of those three pages again, one of which may be the end of the alphabet, and then the others
    assert 2 * 1024 + 1028 < int(re.search(r"(\d+) not known yet", said).group(1)) <= 3072 + 1028, said
    for name in domains:
        sender.want_reports(name, "mailto:tls@rua.test")
    assert "4100 reports made" in sender.send("--receiver-limit", 1, after=HOUR + 600)


def test_counts_without_an_id_or_with_a_foreign_one_make_no_report(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    for statement in (("UPDATE day SET unique_id=?", (HOSTILE,)), ("DELETE FROM day", ())):
        change(sender.file, statement)
        said = sender.send(code=2)
        assert "tally-damaged" in said and is_plain(said) and sender.received() == []


def test_a_day_without_an_id_keeps_nothing_from_being_sent_that_waits(count):
    sender = count({"a.test": [outcome("a.test")], "b.test": [outcome("b.test")]})
    sender.names.replies["_smtp._tls.b.test", TXT] = Reply(code=SERVFAIL)
    sender.want_reports("a.test", "mailto:a@rua.test")
    (sender.mails / "code").write_text("75")
    assert "1 wait" in sender.send()
    (sender.mails / "code").unlink()
    sender.want_reports("b.test", "mailto:b@rua.test")
    change(sender.file, ("DELETE FROM day", ()))
    said = sender.send(code=2, after=HOUR + 600)
    assert "tally-damaged" in said and "restart the resolver" in said and "1 sent" in said, said


def test_a_queue_of_an_older_version_is_sent(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    (sender.mails / "code").write_text("75")
    sender.send()
    (sender.mails / "code").unlink()
    queue = sender.folder / "reports.sqlite"
    with sqlite3.connect(queue) as database:
        (packed,) = database.execute("SELECT gzip FROM report").fetchone()
    database.close()
    report = json.loads(gzip.decompress(packed))
    date, _, submitter = report["report-id"].replace("@", ".", 1).split(".", 2)
    old = f"{date}.{hashlib.sha256(chr(10).join([date, 'a.test', submitter]).encode()).hexdigest()[:20]}@{submitter}"
    text = json.dumps(report | {"report-id": old}).encode()
    change(queue, ("UPDATE report SET gzip=?, json_bytes=?", (gzip.compress(text), len(text))),
           ("ALTER TABLE report DROP COLUMN unique_id", ()))  # fmt: skip
    assert [one["report"]["report-id"] for one in sender.sent("--reports")] == [old]
    with sqlite3.connect(queue) as database:  # looking changes nothing
        assert "unique_id" not in [row[1] for row in database.execute("PRAGMA table_info(report)")]
    database.close()
    assert "1 sent" in sender.send(after=HOUR + 600)
    ((_, mail),) = sender.received()
    assert f"<{old}>" in mail["Subject"]
    assert next(iter(mail.iter_attachments())).get_filename().endswith("!001.json.gz")


def test_a_queue_with_foreign_texts_is_shown_safely(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    sender.send()
    change(sender.folder / "reports.sqlite",
           ("UPDATE report SET domain=cast(? AS TEXT), submitter=?, gzip='x', json_bytes=9223372036854775807", (b"\xff\x1b[2J", HOSTILE)),
           ("UPDATE delivery SET answer=cast(? AS TEXT), rua=?, state=77, last=9223372036854775807", (b"\xff" + HOSTILE.encode(), HOSTILE)))  # fmt: skip
    (one,) = sender.sent("--reports")
    assert one["report"] is None and one["domain"].startswith("\\xff")
    assert is_plain(sender.sent_in_text("--reports"))


@pytest.mark.parametrize("column", ["domain", "submitter", "unique_id"])
def test_a_queue_with_a_foreign_name_makes_no_header(count, column):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    (sender.mails / "code").write_text("75")
    sender.send()
    (sender.mails / "code").unlink()
    change(sender.folder / "reports.sqlite", (f"UPDATE report SET {column}=?", ("a.test\nBcc: v@c.test",)))
    assert "queue-damaged: a name of the report is none" in sender.send(after=HOUR + 600)
    assert sender.received() == []


def test_a_sendmail_that_leaves_a_process_behind_has_ended(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    # The one left behind holds both streams, as a mail server's delivery may, until the test is over.
    (sender.mails / "stay").touch()
    program = sender.program.read_text().replace("if code:", f"""if os.fork() == 0:
    while pathlib.Path({str(sender.mails / "stay")!r}).exists():
        time.sleep(0.01)
    os._exit(0)
if code:""")
    sender.program.write_text(program)
    begun = time.monotonic()
    try:
        assert "1 sent" in sender.send()
    finally:
        (sender.mails / "stay").unlink()
    assert time.monotonic() - begun < 60


def test_mails_do_not_wait_for_a_receiver_that_hangs(count, receivers):
    domains = [f"d{number:03}.test" for number in range(200)]
    sender = count({name: [outcome(name)] for name in domains})
    sender.want_reports(domains[0], f"https://{HOST}:{receivers.port}/hangs")
    receivers.hanging = {"/hangs"}
    for name in domains[1:]:
        sender.want_reports(name, f"mailto:tls@{name}")
    run = sender.begin("--timeout", "600")
    wait_until(lambda: len(list(sender.mails.glob("*.mail"))) == 199 or run.poll() is not None)
    assert run.poll() is None
    receivers.ended.set()
    said, errors = run.communicate(timeout=60)
    assert "200 sent" in said, errors


def test_a_clock_that_was_ahead_loses_no_report(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    sender.want_reports("b.test", "mailto:b@b.test")
    assert "1 reports made" in sender.send()  # ahead: the day is not over in truth
    assert "0 reports made" in sender.send(after=-2 * HOUR)
    change(sender.file, ("INSERT INTO session SELECT day, 'b.test', policy, success, failure FROM session", ()))
    assert "1 sent" in sender.send(after=700)
    assert sorted(words[-1] for words, _ in sender.received()) == ["a@b.test", "b@b.test"]


def test_a_report_that_was_refused_while_the_clock_was_ahead_does_not_wait_for_that(count, receivers):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", f"https://{HOST}:{receivers.port}/in")
    receivers.statuses["/in"] = [503, 201]
    assert "1 failed" in sender.send("--day", sender.day, after=20 * DAY)
    assert "1 sent" in sender.send(after=600)


def test_many_unusable_places_are_not_all_told(count):
    sender = count({"a.test": [outcome("a.test")]})
    record = "v=TLSRPTv1; rua=" + ",".join(f"mailto:a..{number}@b.test" for number in range(40))
    parts = [record[at : at + 250] for at in range(0, len(record), 250)]
    sender.names.replies["_smtp._tls.a.test", TXT] = Reply(records=[txt_data(*parts)])
    said = sender.send()
    assert said.count("rua-address") == 8 and "rua-many" in said


@pytest.mark.parametrize("where, says", [("sender.test", "DMARC record of sender.test is there"), ("test", None)])
def test_a_check_in_json(count, where, says):
    sender = count({"a.test": [outcome("a.test")]})
    sender.names.replies[f"_dmarc.{where}", TXT] = txt_reply("v=DMARC1; p=reject")
    sender.want_reports("a.test", "mailto:tls@rua1.test")
    said = sender.send("--check", "a.test", "--json", "--from", "tls@mail.sender.test", code=1)
    findings = {one["about"]: one for one in json.loads(said)["findings"]}
    assert findings["receiver"]["level"] == "error" and findings["dkim-key"]["level"] == "warning"
    dmarc = findings["dmarc-record"]
    if says:
        assert dmarc["level"] == "ok" and says in dmarc["text"] and "organizational domain" in dmarc["text"]
    else:
        assert dmarc["level"] == "warning" and dmarc["text"].startswith("there is no DMARC record of mail.sender.test")
    sender.send("--json", code=2)  # of a check alone


FULL_DISK = """
mount -t tmpfs -o size=256k tmpfs "$1"
chmod 777 "$1"
head -c 300k /dev/zero >"$1/filler" 2>/dev/null
truncate -s "-$2" "$1/filler"
shift 2
"$@"
echo "$?"
"""


@pytest.mark.parametrize("room", ["0", "8k", "64k"])
def test_a_full_disk_is_told_from_wrong_use(count, room):
    domains = [f"d{number:03}.test" for number in range(200)]
    sender = count({name: [outcome(name)] for name in domains})
    for name in domains:
        sender.want_reports(name, f"mailto:tls@{name}")
    disk = sender.folder / "disk"
    disk.mkdir()
    options = sender.options(600)
    words = ["unshare", "--mount", "sh", "-c", FULL_DISK, "sh", disk, room, *sender.sending("--queue", disk / "reports.sqlite")]
    done = subprocess.run(words, capture_output=True, timeout=60, check=False, env=options["env"], text=True)
    assert done.stdout.splitlines()[-1] == "3" and "queue-full" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("line", ["from = a b", "contact = x", "submitter = a..b", 'organization = "\\xff"', "receiver-limit = 0", "keep-days = 1"])
def test_a_wrong_line_of_the_file_is_named(count, line, tmp_path):
    sender = count({"a.test": [outcome("a.test")]})
    config = tmp_path / "tlsrpt.conf"
    config.write_bytes(b"\n" + line.encode().replace(b"\\xff", b"\xff") + b"\n")
    done = subprocess.run([*sender.words("send")[:3], "--config", config], capture_output=True, timeout=60, check=False, text=True)
    assert done.returncode == 2 and f"config-bad-value: {config}:2: " in done.stderr, done.stderr
