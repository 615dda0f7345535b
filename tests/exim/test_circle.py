"""What Exim's sessions come to, told over the units' socket to the real resolver, counted by day."""

import sqlite3

import pytest
from conftest import clear_spool, configure
from lab.domains import DOMAINS
from lab.lab import Lab
from lab.processes import wait_until
from lab.resolver import CACHE, OUTCOMES

pytestmark = pytest.mark.asks("plugin")

# Domain, what becomes of a message, and what is counted: policy-type, sessions that went well, that failed, result types.
SESSIONS = (
    ("good.example", "delivered", "sts", 1, 0, {}),
    ("testing.example", "delivered", "sts", 0, 1, {202: 1}),
    ("stripped.example", "deferred", "sts", 0, 1, {201: 1}),
    ("tls-refused.example", "deferred", "sts", 0, 1, {201: 1}),
    ("garbage.example", "deferred", "sts", 0, 1, {205: 1}),
    ("wrong-name.example", "deferred", "sts", 0, 1, {202: 1}),
    ("expired.example", "deferred", "sts", 0, 1, {204: 1}),
    ("untrusted.example", "deferred", "sts", 0, 1, {203: 1}),
    ("cn-only.example", "deferred", "sts", 0, 1, {202: 1}),
    ("outside.example", "deferred", "sts", 0, 1, {205: 1}),
    ("no-policy.example", "delivered", "no-policy-found", 0, 1, {201: 1}),
    ("policy-expired-cert.example", "delivered", "sts", 0, 1, {303: 1}),
    ("policy-html.example", "delivered", "sts", 0, 1, {301: 1}),
    ("dane.example", "delivered", "tlsa", 1, 0, {}),
    ("dane-wrong.example", "deferred", "tlsa", 0, 1, {205: 1}),
)
TYPES = {1: "tlsa", 2: "sts", 9: "no-policy-found"}


@pytest.fixture(scope="session")
def lab():
    running = Lab(parts=["web", "mail", "resolver"], table=DOMAINS)
    yield running
    running.close()


def rows(query):
    with sqlite3.connect(f"file:{CACHE}/outcomes.sqlite?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


def test_the_counts_are_those_of_the_deliveries(lab, asks):
    clear_spool()
    exim = configure(setup=("--outcomes", OUTCOMES))
    for domain, outcome, *_ in SESSIONS:
        delivery = exim.send(f"someone@{domain}")
        assert delivery.outcome == outcome, delivery.lines
    wait_until(lambda: rows("SELECT sum(success + failure) FROM session") == [(len(SESSIONS),)], "all sessions in the file")
    counted = {}
    for domain, kind, success, failure in rows("SELECT session.domain, type, success, failure FROM session JOIN policy ON id = policy"):
        failures = dict(rows(f"SELECT type, sum(count) FROM failure WHERE domain = '{domain}' GROUP BY type"))
        counted[domain] = (TYPES[kind], success, failure, failures)
    assert counted == {domain: tuple(counts) for domain, _, *counts in SESSIONS}
    texts = dict(rows("SELECT domain, policy_string FROM policy WHERE type = 2"))
    assert texts["good.example"].splitlines() == ["version: STSv1", "mode: enforce", "mx: mx.good.example", "max_age: 604800"]
    assert texts["policy-html.example"] == ""  # nobody has it
