"""The full circle of TLS reports: what becomes of Exim's sessions is told, counted, reported by mail and HTTPS, and read again."""

import pytest
from conftest import PROGRAM, clear_spool, configure
from lab.domains import DOMAINS
from lab.lab import Lab
from lab.own_reports import OwnReports, datagram, want_reports
from lab.report_circle import READERS, RUA, Circle, readers, rows
from lab.resolver import OUTCOMES
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


@pytest.fixture(scope="session")
def lab():
    running = Lab(parts=["web", "mail", "resolver"], table=(*DOMAINS, *readers()))
    yield running
    running.close()


@pytest.fixture(scope="session")
def circle(lab):
    return Circle(lab, EXPECTED)


def test_the_counts_are_those_of_the_deliveries(circle, asks):
    clear_spool()
    exim = configure(setup=("--outcomes", OUTCOMES))
    for domain, outcome, *_ in SESSIONS:
        delivery = exim.send(f"someone@{domain}")
        assert delivery.outcome == outcome, delivery.lines
    circle.check_counts()
    texts = dict(rows("SELECT domain, policy_string FROM policy WHERE type = 2"))
    assert texts["good.example"].splitlines() == ["version: STSv1", "mode: enforce", "mx: mx.good.example", "max_age: 604800"]
    assert texts["policy-html.example"] == ""  # nobody has it


@pytest.fixture(scope="session")
def sent(circle, asks):
    # Where TLS is broken as the report says, the report must arrive all the same.
    return circle.send(PROGRAM, rua={"stripped.example": f"{RUA},mailto:tls@stripped.example"})


def test_reports_by_mail_have_the_numbers_of_the_deliveries(circle, sent, tmp_path):
    circle.check_mails(tmp_path)


@pytest.mark.parametrize("name", READERS)
def test_reports_by_https_have_the_numbers_of_the_deliveries(circle, sent, name):
    circle.check_posts(name)


def test_a_report_reaches_the_domain_whose_tls_it_is_about(circle, sent):  # R140
    (text,) = circle.mails("mx.stripped.example")
    assert "Report Domain: stripped.example" in text


def test_reports_are_no_sessions_of_the_next_report(circle, sent):
    circle.check_no_further_sessions()


def test_a_report_reaches_no_service_of_this_host(circle, sent):
    """Whose name leads to one of the host's own addresses, public as it is, gets nothing unless --allow-own-host says so, as above."""
    reader = next(iter(READERS))
    want_reports(circle.lab, "good.example", f"https://mta-sts.{reader}/tlsrpt")
    reports = OwnReports(PROGRAM)
    reports.count(datagram("good.example"))
    taken = sorted(spool_of(reader).rglob("*"))
    assert "post-own-address: 11.22.33." in reports.run("send")
    assert sorted(spool_of(reader).rglob("*")) == taken
    assert f"mta-sts.{reader} is this host" in reports.run("send", "--check", "good.example", code=1)
    assert "has an address" in reports.run("send", "--check", "good.example", "--allow-own-host")
