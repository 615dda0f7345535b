"""The full circle of TLS reports: what becomes of Exim's sessions is told, counted, reported by mail and HTTPS, and read again."""

import email
import email.policy
import gzip
import json
import sqlite3
import subprocess

import pytest
from conftest import PROGRAM, clear_spool, configure
from lab.domains import DOMAINS, Domain, Mail, Web
from lab.lab import Lab
from lab.own_reports import AS_UNIT, want_reports
from lab.processes import wait_until
from lab.resolver import CACHE, OUTCOMES
from lab.web import spool_of

pytestmark = pytest.mark.asks("plugin")

# Domain, what becomes of a message, and what is counted: policy-type, sessions that went well, that failed, result types.
SESSIONS = (
    ("good.example", "delivered", "sts", 1, 0, {}),
    ("testing.example", "delivered", "sts", 0, 1, {"certificate-host-mismatch": 1}),
    ("stripped.example", "deferred", "sts", 0, 1, {"starttls-not-supported": 1}),
    ("tls-refused.example", "deferred", "sts", 0, 1, {"starttls-not-supported": 1}),
    ("garbage.example", "deferred", "sts", 0, 1, {"validation-failure": 1}),
    ("wrong-name.example", "deferred", "sts", 0, 1, {"certificate-host-mismatch": 1}),
    ("expired.example", "deferred", "sts", 0, 1, {"certificate-expired": 1}),
    ("untrusted.example", "deferred", "sts", 0, 1, {"certificate-not-trusted": 1}),
    ("cn-only.example", "deferred", "sts", 0, 1, {"certificate-host-mismatch": 1}),
    ("outside.example", "deferred", "sts", 0, 1, {"validation-failure": 1}),
    ("no-policy.example", "delivered", "no-policy-found", 0, 1, {"starttls-not-supported": 1}),
    ("policy-expired-cert.example", "delivered", "sts", 0, 1, {"sts-webpki-invalid": 1}),
    ("policy-html.example", "delivered", "sts", 0, 1, {"sts-policy-fetch-error": 1}),
    ("dane.example", "delivered", "tlsa", 1, 0, {}),
    ("dane-wrong.example", "deferred", "tlsa", 0, 1, {"validation-failure": 1}),
)
EXPECTED = {domain: tuple(counts) for domain, _, *counts in SESSIONS}
FROM = "tls-reports@sender.example"
# Who reads the reports: a mailbox, and the servers' own receivers. Their own TLS is in order; that of a reported domain is not.
READERS = {"receiver-nginx.example": "nginx", "receiver-apache.example": "apache"}
MAILBOX = "mx.receiver-nginx.example"


def _readers():
    return tuple(Domain(name, f"enforce mx=mx.{name}", {f"mx.{name}": Mail()}, Web((server,), reports=True)) for name, server in READERS.items())


@pytest.fixture(scope="session")
def lab():
    running = Lab(parts=["web", "mail", "resolver"], table=(*DOMAINS, *_readers()))
    yield running
    running.close()


def rows(query):
    with sqlite3.connect(f"file:{CACHE}/outcomes.sqlite?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


def counted():
    """domain -> policy-type, success and failure of all days."""
    types = {1: "tlsa", 2: "sts", 9: "no-policy-found"}
    found = rows("SELECT session.domain, type, success, failure FROM session JOIN policy ON id = policy")
    return {domain: (types[kind], success, failure) for domain, kind, success, failure in found}


def test_the_counts_are_those_of_the_deliveries(lab, asks):
    clear_spool()
    exim = configure(setup=("--outcomes", OUTCOMES))
    for domain, outcome, *_ in SESSIONS:
        delivery = exim.send(f"someone@{domain}")
        assert delivery.outcome == outcome, delivery.lines
    wait_until(lambda: rows("SELECT sum(success + failure) FROM session") == [(len(SESSIONS),)], "all sessions in the file")
    assert counted() == {domain: tuple(counts[:3]) for domain, counts in EXPECTED.items()}
    texts = dict(rows("SELECT domain, policy_string FROM policy WHERE type = 2"))
    assert texts["good.example"].splitlines() == ["version: STSv1", "mode: enforce", "mx: mx.good.example", "max_age: 604800"]
    assert texts["policy-html.example"] == ""  # nobody has it


@pytest.fixture(scope="session")
def sent(lab):
    """What `tlsrpt send` says on the next day, with all of it delivered."""
    lab.resolver.program.kill()
    with sqlite3.connect(f"{CACHE}/outcomes.sqlite") as database:
        for table in ("session", "failure"):
            database.execute(f"UPDATE {table} SET day = day - 1")
    database.close()
    lab.start_resolver()
    for domain in EXPECTED:
        readers = ["mailto:tls@receiver-nginx.example", *(f"https://mta-sts.{name}/tlsrpt" for name in READERS)]
        # Where TLS is broken as the report says, the report must arrive all the same.
        want_reports(lab, domain, ",".join([*readers, *["mailto:tls@stripped.example"] * (domain == "stripped.example")]))
    words = ["mta-sts", "tlsrpt", "send", "--from", FROM, "--sendmail", PROGRAM, "--dns", "127.0.0.1", "--organization", "The Lab"]
    done = subprocess.run(list(map(str, words)), text=True, capture_output=True, check=False, timeout=300, cwd="/", **AS_UNIT)
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(lambda: len(mails(lab)) == len(EXPECTED), "a mail for each domain")
    return done.stdout + done.stderr


def mails(lab, host=MAILBOX):
    return [event["text"] for event in lab.scripted_mail.events(host) if event["event"] == "message" and event["sender"] == FROM]


def read(report: bytes) -> tuple[str, tuple]:
    """The domain of a report and what it says, as a reader of RFC 8460's words alone understands it."""
    parsed = json.loads(gzip.decompress(report))
    assert set(parsed) == {"organization-name", "date-range", "contact-info", "report-id", "policies"}
    (entry,) = parsed["policies"]
    policy, summary = entry["policy"], entry["summary"]
    assert policy["policy-type"] in ("sts", "tlsa", "no-policy-found") and all(isinstance(line, str) for line in policy.get("policy-string", []))
    results = {}
    for detail in entry.get("failure-details", []):
        assert {"result-type", "failed-session-count"} <= set(detail)
        results[detail["result-type"]] = results.get(detail["result-type"], 0) + detail["failed-session-count"]
    domain = parsed["report-id"].split("_")[-1] if "policy-domain" not in policy else policy["policy-domain"].removeprefix("mx.")
    return domain, (policy["policy-type"], summary["total-successful-session-count"], summary["total-failure-session-count"], results)


def test_reports_by_mail_have_the_numbers_of_the_deliveries(lab, asks, sent, tmp_path):
    bodies = [email.message_from_string(text, policy=email.policy.SMTP).get_payload(1).get_content() for text in mails(lab)]
    assert dict(map(read, bodies)) == EXPECTED
    for number, text in enumerate(mails(lab)):
        (tmp_path / f"{number}.eml").write_text(text)
    _expect_sums([tmp_path])


@pytest.mark.parametrize("name", READERS)
def test_reports_by_https_have_the_numbers_of_the_deliveries(lab, asks, sent, name):
    stored = list((spool_of(name) / "new").iterdir())
    assert dict(read(path.read_bytes()) for path in stored) == EXPECTED
    _expect_sums(stored)


def _expect_sums(places):
    done = subprocess.run(["mta-sts", "report", "--json", *map(str, places)], capture_output=True, text=True, check=False, timeout=60)
    summary = json.loads(done.stdout)["summary"]
    assert summary["reports"] == len(EXPECTED), done.stderr
    assert (summary["success"], summary["failure"]) == (2, len(EXPECTED) - 2), summary


def test_a_report_reaches_the_domain_whose_tls_it_is_about(lab, asks, sent):
    (text,) = mails(lab, "mx.stripped.example")
    assert "Report Domain: stripped.example" in text


def test_reports_are_no_sessions_of_the_next_report(lab, asks, sent):
    assert rows("SELECT count(DISTINCT day) FROM session") == [(1,)] and not set(READERS) & set(counted())
