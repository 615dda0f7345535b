"""The full circle of TLS reports with Postfix 3.10: what becomes of its sessions is told, counted, reported by mail and HTTPS, and read again."""

from dataclasses import replace

import pytest
from conftest import prepare, settings_of, table
from lab.domains import Domain, Mail, Web, simple
from lab.lab import Lab
from lab.report_circle import READERS, RUA, Circle, readers, rows
from lab.resolver import USER

# As the guide has them; and sessions may be resumed, as Debian sets Postfix up.
TLS_REPORTS = [*settings_of("tls-reports"), "smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache"]

# Domain, what becomes of a message, and what is counted: policy-type, sessions that went well, that failed, result types.
SESSIONS = (
    ("good.example", "sent", "sts", 2, 0, {}),
    ("fallback.example", "sent", "sts", 1, 1, {"certificate-host-mismatch": 1}),
    ("stripped.example", "deferred", "sts", 0, 1, {"starttls-not-supported": 1}),
    ("tls-454.example", "deferred", "sts", 0, 1, {"starttls-not-supported": 1}),
    ("tls-554.example", "deferred", "sts", 0, 1, {"starttls-not-supported": 1}),
    ("garbage.example", "deferred", "sts", 0, 1, {"validation-failure": 1}),
    ("wrong-name.example", "deferred", "sts", 0, 1, {"certificate-host-mismatch": 1}),
    ("expired.example", "deferred", "sts", 0, 2, {"certificate-expired": 2}),
    ("untrusted.example", "deferred", "sts", 0, 1, {"certificate-not-trusted": 1}),
    ("cn-only.example", "sent", "sts", 1, 0, {}),
    ("dane.example", "sent", "tlsa", 1, 0, {}),
    ("dane-wrong.example", "deferred", "tlsa", 0, 1, {"certificate-not-trusted": 1}),
    # Postfix knows no policy; the resolver knows why.
    ("policy-404.example", "sent", "sts", 0, 1, {"sts-policy-fetch-error": 1}),
    ("policy-expired-cert.example", "sent", "sts", 0, 1, {"sts-webpki-invalid": 1}),
    ("policy-broken.example", "sent", "sts", 0, 1, {"sts-policy-invalid": 1}),
    ("fetch-and-tls.example", "deferred", "sts", 0, 1, {"sts-policy-fetch-error": 1, "validation-failure": 1}),
    ("no-policy.example", "sent", "no-policy-found", 1, 0, {}),
    # A policy to test is none to Postfix: TLS that stands is a success, whatever the certificate.
    ("wrong-name.testing.example", "sent", "no-policy-found", 1, 0, {}),
    ("expired.testing.example", "sent", "no-policy-found", 1, 0, {}),
    ("untrusted.testing.example", "sent", "no-policy-found", 1, 0, {}),
)
OTHERS = (
    simple("policy-404.example", web=Web(("scripted",), status=404)),
    simple("policy-expired-cert.example", web=Web(certificate="expired")),
    simple("policy-broken.example", web=Web(("scripted",), body=b"version: STSv1\nmode: strict\n")),
    simple("fetch-and-tls.example", web=Web(("scripted",), status=404), starttls="garbage"),
    Domain("no-policy.example", mail={"mx.no-policy.example": Mail()}),
)
EXPECTED = {domain: tuple(counts) for domain, _, *counts in SESSIONS}
# Postfix says nothing of these.
TWICE = (("good.example", "sent"), ("expired.example", "deferred"))  # the second session may resume the first one's TLS
UNTOLD = (("outside.example", "deferred"), ("stripped.testing.example", "sent"))


@pytest.fixture(scope="session")
def lab():
    told = {*READERS, *(domain for domain, *_ in (*SESSIONS, *UNTOLD))}
    wanted = [replace(domain, records=(*domain.records, f'_smtp._tls.{domain.name}. TXT "v=TLSRPTv1; rua={RUA}"')) if domain.name in told else domain
              for domain in (*table(), *OTHERS, *readers())]  # fmt: skip
    running = Lab(parts=["web", "mail", "resolver", "postfix-13"], table=wanted)
    yield running
    running.close()


@pytest.fixture(scope="session")
def postfix(lab):
    running = prepare(lab)
    running.configure(TLS_REPORTS)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def circle(lab):
    return Circle(lab, EXPECTED)


def test_the_counts_are_those_of_the_deliveries(circle, postfix):  # R126
    for domain, outcome, *_ in (*UNTOLD, *SESSIONS):
        delivery = postfix.send(f"someone@{domain}")
        assert delivery.outcome == outcome, delivery.lines
    for domain, outcome in TWICE:
        assert postfix.send(f"someone@{domain}").outcome == outcome
    circle.check_counts()
    texts = dict(rows("SELECT domain, policy_string FROM policy WHERE type = 2"))
    assert texts["good.example"].splitlines() == ["version: STSv1", "mode: enforce", "mx: mx.good.example", "max_age: 604800"]


@pytest.fixture(scope="session")
def sent(circle, postfix):
    return circle.send("/usr/sbin/sendmail", program=postfix.place.run_product(USER), user={})


def test_reports_by_mail_have_the_numbers_of_the_deliveries(circle, sent, tmp_path):
    circle.check_mails(tmp_path)


@pytest.mark.parametrize("name", READERS)
def test_reports_by_https_have_the_numbers_of_the_deliveries(circle, sent, name):
    circle.check_posts(name)


def test_reports_are_no_sessions_of_the_next_report(circle, postfix, sent):
    circle.check_that_reports_are_no_sessions(lambda domain: postfix.send(f"someone@{domain}"), "good.example")
