"""Reports of our own: what the resolver counted becomes RFC 8460 reports, which mail servers and receivers get."""

import email
import email.policy
import gzip
import json
import re
import shutil
import signal
import subprocess
import time

import clock
import pytest
import tls
from peers import A, SERVFAIL, TXT, NameServer, Reply, txt_reply
from receivers import Receivers, closed_port
from resolver import COMMAND, run_as_user, stopped_at_the_end
from server import Site
from test_reports import AT, folder, section, stored  # noqa: F401
from test_resolver_outcomes import Told, outcome

HOUR, DAY = 3600, 86400
HOST = "reports.test"

# Takes a mail as sendmail does: its words and its text into a folder; FAIL is the exit code, SLOW a file that it waits for.
SENDMAIL = """#!/usr/bin/python3
import os, pathlib, sys, time
folder = pathlib.Path({folder!r})
mail = sys.stdin.buffer.read()
code = int((folder / "code").read_text()) if (folder / "code").exists() else 0
if (folder / "slow").exists():
    (folder / "begun").touch()
    while (folder / "slow").exists():
        time.sleep(0.01)
if code:
    print("no room\\nfor it", file=sys.stderr)
    sys.exit(code)
name = str(len(list(folder.glob("*.mail")))) + "-" + str(os.getpid())
(folder / (name + ".words")).write_text("\\n".join(sys.argv[1:]))
(folder / (name + ".mail")).write_bytes(mail)
"""


class Sender:
    """Counts of today in a resolver's file, and `tlsrpt send` on the days behind."""

    def __init__(self, names, authority, counted):
        self.names, self.authority = names, authority
        self.folder = counted.resolver.folder
        self.file = counted.file
        self.mails = self.folder / "mails"
        self.mails.mkdir(mode=0o777)
        self.mails.chmod(0o777)
        self.program = self.folder / "sendmail"
        self.program.write_text(SENDMAIL.format(folder=str(self.mails)))
        self.program.chmod(0o755)
        shutil.copy(authority, self.folder / "roots.pem")
        (self.folder / "roots.pem").chmod(0o644)
        self.midnight = (int(time.time()) // DAY + 1) * DAY
        self.day = time.strftime("%Y-%m-%d", time.gmtime(self.midnight - DAY))

    def words(self, command, *words):
        config = self.folder / "tlsrpt.conf"
        config.write_text(f'from = tls@sender.test\norganization = "Sender Ltd"\nqueue = {self.folder}/reports.sqlite\n')
        return [COMMAND, "tlsrpt", command, "--config", config, *map(str, words)]

    def sending(self, *words):
        usual = {"--outcomes-file": self.file, "--sendmail": self.program, "--dns": f"127.0.0.1:{self.names.port}",
                 "--ca": self.folder / "roots.pem", "--timeout": 2}  # fmt: skip
        kept = [word for option, value in usual.items() if option not in words for word in (option, value)]
        return self.words("send", *kept, "--allow-private", *words)

    def options(self, after):
        return {"env": clock.at(self.midnight + after), "text": True, **run_as_user()}

    def send(self, *words, after=600, code=0):
        """Runs at so many seconds after the midnight behind the day that was counted; gives what it says."""
        done = subprocess.run(self.sending(*words), capture_output=True, timeout=300, check=False, **self.options(after))
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def begin(self, *words, after=600):
        return subprocess.Popen(self.sending(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **self.options(after))

    def sent(self, *words):
        done = subprocess.run(self.words("sent", "--json", *words), capture_output=True, timeout=60, check=True, text=True, **run_as_user())
        return json.loads(done.stdout)["deliveries"]

    def sent_in_text(self, *words):
        return subprocess.run(self.words("sent", *words), capture_output=True, timeout=60, check=True, text=True, **run_as_user()).stdout

    def states(self):
        return sorted((one["domain"], one["state"], one["attempts"], one["answer"]) for one in self.sent())

    def received(self):
        """Pairs of sendmail's words and the parsed mail."""
        return [(path.with_suffix(".words").read_text().split("\n"), email.message_from_bytes(path.read_bytes(), policy=email.policy.SMTP))
                for path in sorted(self.mails.glob("*.mail"))]  # fmt: skip

    def want_reports(self, domain, *rua):
        self.names.replies[f"_smtp._tls.{domain}", TXT] = txt_reply("v=TLSRPTv1; rua=" + ",".join(rua))


@pytest.fixture
def names():
    with NameServer() as server:
        server.replies[HOST, A] = Reply(records=[bytes([127, 0, 0, 1])])
        yield server


@pytest.fixture(scope="module")
def receiver_certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("receivers"), HOST)


@pytest.fixture
def receivers(receiver_certificate):
    with Receivers(receiver_certificate) as server:
        yield server


@pytest.fixture
def count(request, names, receiver_certificate):
    """Has sessions counted, and gives the sender of their reports: `count({"a.test": [datagram, …]})`."""
    with stopped_at_the_end(request) as begin:

        def run(sessions):
            counted = Told(begin, names)
            counted.send(*[one for datagrams in sessions.values() for one in datagrams])
            counted.resolver.wait_until(lambda: set(counted.sessions()) == set(sessions) and sum(map(sum, counted.sessions().values())) ==
                                        sum(map(len, sessions.values())), "all sessions in the file")  # fmt: skip
            return Sender(names, receiver_certificate.authority, counted)

        yield run


EXPIRED = {"c": 204, "n": "mx.a.test", "s": "192.0.2.9", "r": "192.0.2.1", "f": "certificate has expired"}


def test_a_mail_is_what_readers_expect(count):
    sender = count({"a.test": [outcome("a.test"), outcome("a.test"), outcome("a.test", EXPIRED, failed=True)]})
    sender.want_reports("a.test", "mailto:tls%2Breports@rua.test?subject=x")
    said = sender.send()
    assert "1 reports made" in said and "1 sent" in said
    ((words, mail),) = sender.received()
    assert words == ["-i", "-f", "tls@sender.test", "--", "tls+reports@rua.test"]
    id_in_subject = mail["Subject"].rpartition("Report-ID: ")[2].strip("<>")
    assert mail["Subject"] == f"Report Domain: a.test Submitter: sender.test Report-ID: <{id_in_subject}>"
    assert (mail["TLS-Report-Domain"], mail["TLS-Report-Submitter"], mail["TLS-Required"]) == ("a.test", "sender.test", "No")
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == ("tls@sender.test", "tls+reports@rua.test", "auto-generated")
    assert mail.get_content_type() == "multipart/report" and mail.get_param("report-type") == "tlsrpt"
    text, attached = mail.iter_parts()
    assert text.get_content_type() == "text/plain" and not mail.defects
    assert attached.get_content_type() == "application/tlsrpt+gzip"
    first = sender.midnight - DAY
    assert re.fullmatch(rf"sender\.test!a\.test!{first}!{first + DAY - 1}![0-9a-f]{{20}}\.json\.gz", attached.get_filename())
    report = json.loads(gzip.decompress(attached.get_content()))
    assert (report["organization-name"], report["contact-info"], report["report-id"]) == ("Sender Ltd", "tls@sender.test", id_in_subject)
    assert report["date-range"] == {"start-datetime": f"{sender.day}T00:00:00Z", "end-datetime": f"{sender.day}T23:59:59Z"}
    (policy,) = report["policies"]
    assert policy["policy"] == {"policy-type": "sts", "policy-domain": "a.test", "mx-host": ["mx.a.test"],
                                "policy-string": ["version: STSv1", "mode: testing"]}  # fmt: skip
    assert policy["summary"] == {"total-successful-session-count": 2, "total-failure-session-count": 1}
    assert policy["failure-details"] == [{"result-type": "certificate-expired", "sending-mta-ip": "192.0.2.9",
                                          "receiving-mx-hostname": "mx.a.test", "receiving-ip": "192.0.2.1", "failed-session-count": 1,
                                          "failure-reason-code": "certificate has expired"}]  # fmt: skip
    assert max(len(line) for line in mail.as_bytes().split(b"\n")) < 998


def test_the_reader_of_this_product_finds_the_same_numbers(count):
    sender = count({"a.test": [outcome("a.test")] * 5 + [outcome("a.test", EXPIRED, failed=True)] * 2, "b.test": [outcome("b.test")]})
    for domain in ("a.test", "b.test"):
        sender.want_reports(domain, f"mailto:tls@{domain}")
    sender.send()
    paths = sorted(sender.mails.glob("*.mail"))
    done = subprocess.run([COMMAND, "report", "--json", *paths], capture_output=True, text=True, check=False, timeout=60)
    read = json.loads(done.stdout)
    assert read["summary"]["reports"] == 2, done.stdout + done.stderr
    assert [file["reports"][0].get("warnings", []) for file in read["files"]] == [[], []]
    text = json.dumps(read["summary"])
    assert '"success": 6' in text and '"failure": 2' in text, text


def test_each_recipient_gets_it_once(count, receivers):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:one@rua.test", f"https://{HOST}:{receivers.port}/in", "mailto:two@rua.test")
    assert "3 sent" in sender.send()
    assert "0 reports made, 0 domains want none, 0 not known yet; 0 sent" in sender.send(after=700)
    assert sorted(words[-1] for words, _ in sender.received()) == ["one@rua.test", "two@rua.test"]
    ((path, kind, body),) = receivers.taken
    assert (path, kind) == ("/in", "application/tlsrpt+gzip")
    ids = {mail["Subject"].rpartition("<")[2].strip(">") for _, mail in sender.received()}
    assert ids == {json.loads(gzip.decompress(body))["report-id"]}
    assert {one["state"] for one in sender.sent("A.test")} == {"sent"} and sender.sent("b.test") == []
    assert sender.sent("--reports")[0]["report"]["report-id"] in ids


def test_two_hosts_with_one_configuration_are_two_sources(count):
    senders = [count({"a.test": [outcome("a.test")] * number}) for number in (2, 3)]
    for sender in senders:
        sender.want_reports("a.test", "mailto:tls@rua.test")
        assert "1 sent" in sender.send()
    names = [next(iter(mail.iter_attachments())).get_filename() for sender in senders for _, mail in sender.received()]
    assert len(set(names)) == 2 and {name.partition("!")[0] for name in names} == {"sender.test"}
    paths = [path for sender in senders for path in sender.mails.glob("*.mail")]
    done = subprocess.run([COMMAND, "report", "--json", *paths], capture_output=True, text=True, check=False, timeout=60)
    read = json.loads(done.stdout)["summary"]
    assert (read["reports"], read["duplicates"], read["conflicts"], read["success"]) == (2, 0, 0, 5), done.stdout


def test_a_report_is_the_same_again_where_the_queue_is_lost(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:tls@rua.test")
    shown = json.loads(sender.send("--dry-run").splitlines()[1])
    sender.send()
    for path in sender.folder.glob("reports.sqlite*"):
        path.unlink()
    sender.send()
    subjects = {mail["Subject"] for _, mail in sender.received()}
    assert len(sender.received()) == 2 and len(subjects) == 1 and shown["report-id"] in subjects.pop()


def test_who_wants_no_report_gets_none(count):
    sender = count({name: [outcome(name)] for name in ("none.test", "two.test", "bad.test", "hostile.test")})
    sender.names.replies["_smtp._tls.two.test", TXT] = txt_reply("v=TLSRPTv1; rua=mailto:a@b.test", "v=TLSRPTv1; rua=mailto:a@b.test")
    sender.names.replies["_smtp._tls.bad.test", TXT] = txt_reply("v=TLSRPTv1; rua=a@b.test")
    sender.want_reports("hostile.test", "mailto:a%0ABcc:victim@c.test", "https://127.0.0.1/", "mailto:a@b.test%2Cc@d.test")
    said = sender.send()
    assert "0 reports made, 4 domains want none" in said and sender.received() == []
    assert said.count("record-unusable") == 2 and said.count("rua-address") == 2 and said.count("rua-host") == 1
    assert not [line for line in said.splitlines() if "none.test" in line]


def test_a_record_that_is_not_known_is_asked_again(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.names.replies["_smtp._tls.a.test", TXT] = Reply(code=SERVFAIL)
    assert "1 not known yet" in sender.send()
    sender.want_reports("a.test", "mailto:a@b.test")
    assert "1 reports made" in sender.send(after=HOUR)
    assert len(sender.received()) == 1


def test_a_record_that_stays_unknown_is_given_up_after_a_day(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.names.replies["_smtp._tls.a.test", TXT] = Reply(code=SERVFAIL)
    sender.send()
    assert "record-unknown" in sender.send(after=600 + DAY)
    sender.want_reports("a.test", "mailto:a@b.test")
    assert "0 reports made" in sender.send(after=700 + DAY)


def test_a_dry_run_changes_nothing(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    said = sender.send("--dry-run")
    head, report = said.splitlines()
    assert head == f"# {sender.day} a.test to mailto:a@b.test" and json.loads(report)["organization-name"] == "Sender Ltd"
    assert sender.received() == [] and not (sender.folder / "reports.sqlite").exists()


def test_the_day_must_be_over(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    assert "0 reports made" in sender.send(after=-1)
    assert "day-not-over" in sender.send("--day", sender.day, after=-1, code=2)
    assert "1 reports made" in sender.send("--day", sender.day, after=10 * DAY)


def test_a_run_just_after_midnight_leaves_the_day_to_the_next_one(count):
    """The resolver may still have sessions in memory, which a report that is made would lack for ever."""
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    for after in (0, 299):
        assert "0 reports made" in sender.send(after=after)
        assert "day-not-over" in sender.send("--day", sender.day, after=after, code=2)
    assert "1 reports made" in sender.send(after=300)


def test_a_host_that_was_off_for_a_day_sends_that_too(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    assert "1 reports made" in sender.send(after=DAY + 600)


def test_sendmail_that_fails_is_asked_again(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    (sender.mails / "code").write_text("75")
    assert "sendmail-failed: exit code 75: no room" in sender.send()
    assert sender.states() == [("a.test", "waiting", 1, "sendmail-failed: exit code 75: no room")]
    assert "0 failed" in sender.send(after=700)  # not due
    (sender.mails / "code").unlink()
    assert "1 sent" in sender.send(after=600 + HOUR)
    assert sender.states() == [("a.test", "sent", 2, "given to sendmail")]


def test_sendmail_that_cannot_be_run_is_a_temporary_failure(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    sender.program.unlink()
    assert "sendmail-unusable" in sender.send(code=3)


def test_what_fails_is_tried_later_and_later_and_given_up_after_a_day(count, receivers):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", f"https://{HOST}:{receivers.port}/full")
    receivers.statuses["/full"] = [503]
    for hour in range(26):
        said = sender.send(after=600 + hour * HOUR)
        assert "given up after 24 hours" in said if hour == 24 else "given up after" not in said
    assert sender.states() == [("a.test", "given-up", 7, "post-refused: HTTP status 503")]
    assert len(receivers.taken) == 7


def test_a_receiver_that_is_full_for_an_hour_gets_the_same_report(count, receivers):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", f"https://{HOST}:{receivers.port}/full")
    receivers.statuses["/full"] = [503, 201]
    assert "post-refused: HTTP status 503" in sender.send()
    assert "1 sent" in sender.send(after=600 + HOUR)
    assert receivers.taken[0] == receivers.taken[1]
    assert sender.states() == [("a.test", "sent", 2, "HTTP status 201")]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(count, receivers, status):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", f"https://{HOST}:{receivers.port}/moved")
    receivers.statuses["/moved"] = [status]
    assert f"post-redirected: HTTP status {status}" in sender.send()
    assert receivers.paths() == ["/moved"]


def test_a_giant_answer_is_not_read(count, receivers):
    sender = count({"a.test": [outcome("a.test")], "b.test": [outcome("b.test")]})
    for domain, status in (("a.test", 201), ("b.test", 500)):
        sender.want_reports(domain, f"https://{HOST}:{receivers.port}/{domain}")
        receivers.statuses[f"/{domain}"] = [status]
        receivers.bodies[f"/{domain}"] = b"x" * (200 << 20)
    sender.send()
    assert sender.states() == [("a.test", "sent", 1, "HTTP status 201"), ("b.test", "waiting", 1, "post-refused: HTTP status 500")]


def test_receivers_that_hang_hold_up_nobody(count, receivers):
    domains = [f"d{number}.test" for number in range(20)]
    sender = count({name: [outcome(name)] for name in [*domains, "good.test"]})
    for name in domains:
        sender.want_reports(name, f"https://{HOST}:{receivers.port}/{name}")
    receivers.hanging = {f"/{name}" for name in domains}
    sender.want_reports("good.test", "mailto:a@b.test")
    begun = time.monotonic()
    said = sender.send()
    assert time.monotonic() - begun < 30  # and not twenty times two seconds
    assert "1 sent, 20 failed" in said and "did not answer another report just now" in said
    assert len(receivers.taken) == receivers.open_most == 2
    assert len(sender.received()) == 1


def test_nobody_listens(count):
    sender = count({"a.test": [outcome("a.test")], "b.test": [outcome("b.test")]})
    sender.want_reports("a.test", f"https://{HOST}:{closed_port()}/")
    sender.want_reports("b.test", "https://nowhere.test/")
    said = sender.send()
    assert "post-unreachable" in said and "post-no-address" in said


def test_private_addresses_are_left_alone_unless_allowed(count, receivers):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", f"https://{HOST}:{receivers.port}/in")
    words = [word for word in sender.sending() if word != "--allow-private"]
    done = subprocess.run(words, capture_output=True, timeout=60, check=True, **sender.options(600))
    assert "post-address-not-public: 127.0.0.1" in done.stderr and receivers.taken == []


def test_a_certificate_that_is_wrong(count, receivers, tmp_path):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", f"https://{HOST}:{receivers.port}/in")
    other = tls.make_certificate(tmp_path, "other.test")
    shutil.copy(other.authority, sender.folder / "roots.pem")
    assert "post-untrusted: the certificate is untrusted" in sender.send("--require-certificate")
    assert receivers.taken == []
    assert "1 sent" in sender.send(after=600 + HOUR)  # RFC 8460 section 3 allows that
    assert sender.states() == [("a.test", "sent", 2, "HTTP status 201, although its certificate is untrusted")]


def test_two_runs_at_once_send_once(count):
    sender = count({f"d{number}.test": [outcome(f"d{number}.test")] for number in range(8)})
    for number in range(8):
        sender.want_reports(f"d{number}.test", "mailto:a@b.test")
    (sender.mails / "slow").touch()
    first = sender.begin()
    wait_until(lambda: (sender.mails / "begun").exists())
    assert "queue-locked" in sender.send(code=3)
    (sender.mails / "slow").unlink()
    said, errors = first.communicate(timeout=60)
    assert first.returncode == 0 and "8 sent" in said, errors
    assert len(sender.received()) == 8


def test_a_run_that_is_killed_loses_nothing(count):
    domains = [f"d{number:03}.test" for number in range(150)]
    sender = count({name: [outcome(name)] for name in domains})
    for name in domains:
        sender.want_reports(name, f"mailto:tls@{name}")
    for after in range(600, 610):
        run = sender.begin(after=after)
        have = len(sender.received())
        wait_until(lambda: run.poll() is not None or len(list(sender.mails.glob("*.mail"))) > have + 5)
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=60)
    sender.send(after=700)
    wait_until(lambda: all(one["state"] == "sent" for one in sender.sent()))
    received = [words[-1] for words, _ in sender.received()]
    assert set(received) == {f"tls@{name}" for name in domains}
    # At least once: those that were with sendmail at a kill come again, with the same identity.
    assert len(received) <= len(domains) + 10 * 16
    ids = {}
    for words, mail in sender.received():
        ids.setdefault(words[-1], set()).add((mail["Message-ID"], mail["Subject"], mail["Date"]))
    assert all(len(found) == 1 for found in ids.values())


def test_old_reports_are_forgotten(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    sender.send()
    sender.send("--keep-days", 3, after=2 * DAY)
    sender.send("--keep-days", 3, after=4 * DAY)
    assert len(sender.sent()) == 1  # there are three days before it went
    sender.send("--keep-days", 3, after=4 * DAY + HOUR)
    assert sender.sent() == []


def test_a_clock_that_jumps_makes_no_report_forgotten_or_sent_again(count):
    sender = count({"a.test": [outcome("a.test")]})
    sender.want_reports("a.test", "mailto:a@b.test")
    sender.send()
    for ahead in (1000 * DAY, 1000 * DAY + HOUR):
        sender.send(after=ahead)
    assert "0 reports made" in sender.send(after=700)
    assert len(sender.sent()) == len(sender.received()) == 1


def test_the_modules_take_what_is_posted(count, start, any_kind, folder):  # noqa: F811
    server = start(Site(tls=True, inside=section(any_kind.kind, str(folder))), kind=any_kind)
    sender = count({"a.test": [outcome("a.test")] * 3 + [outcome("a.test", EXPIRED, failed=True)]})
    sender.names.replies["mta-sts.example.com", A] = Reply(records=[bytes([127, 0, 0, 1])])
    sender.want_reports("a.test", f"https://mta-sts.example.com:{server.tls_port}{AT}")
    shutil.copy(server.certificate.authority, sender.folder / "roots.pem")
    assert "1 sent" in sender.send("--require-certificate")
    assert len(stored(folder)) == 1
    done = subprocess.run([COMMAND, "report", "--json", *(folder / "new").glob("*.json.gz")], capture_output=True, text=True, check=False)
    text = json.dumps(json.loads(done.stdout)["summary"])
    assert '"success": 3' in text and '"failure": 1' in text, text


def test_without_an_address_nothing_is_sent(count):
    sender = count({"a.test": [outcome("a.test")]})
    for words, word in ((("--from", "a b"), "usage-error"), (("--submitter", "a b"), "usage-error"), (("--contact", "x"), "usage-error"),
                        (("--from", ""), "bad-option"),
                        (("--outcomes-file", sender.folder / "none"), "tally-unavailable"),
                        (("--queue", sender.folder / "none" / "x"), "queue-unavailable"), (("--day", "x"), "bad-option"),
                        (("--ca", sender.folder / "none"), "ca-unreadable")):  # fmt: skip
        assert word in sender.send(*words, code=2), words


def wait_until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
