"""Exim, plugin and the real resolver together, over real DNS and HTTPS, in all their failures."""

import json
import re
import subprocess

import pytest

from conftest import clear_spool, configure
from lab.domains import DOMAINS, WIDEST
from lab.exim import PLUGIN
from lab.lab import Lab

SOCKET = "/run/mta-sts/exim.sock"


@pytest.fixture(scope="session")
def lab():
    """The whole lab, with the resolver."""
    running = Lab(parts=["web", "mail", "resolver"], table=(*DOMAINS, WIDEST))
    yield running
    running.close()


@pytest.fixture
def exim(lab, asks):
    """Exim as it is set up on Debian, nothing in its queue."""
    clear_spool()
    return configure()


def send(lab, exim, domain, host=None):
    """Sends one message; gives the delivery and how many messages the host received."""
    host = host or f"mx.{domain}"
    before = len(lab.received(host))
    delivery = exim.send(f"someone@{domain}")
    return delivery, len(lab.received(host)) - before


def ask(exim, domain):
    """The verdict line of `exim -be`."""
    text = f"${{dlfunc{{{PLUGIN}}}{{mta_sts_verdict}}{{{domain}}}{{socket={SOCKET}}}}}"
    return exim.run("-be", text).stdout.strip()


def restart(lab):
    """Ends the resolver as a crash does and starts it again; its cache stays."""
    lab.resolver.program.kill()
    lab.start_resolver()


def without_policy(lab, domain):
    """Takes the policy host and the TXT record of a domain out of DNS."""
    kept = [line for line in lab.dns.records(domain) if not line.startswith((f"mta-sts.{domain}.", f"_mta-sts.{domain}."))]
    lab.dns.change(domain, kept)


@pytest.mark.parametrize("domain, router", [
    ("good.example", "mta_sts_enforce_dnslookup"),
    ("apache.example", "mta_sts_enforce_dnslookup"),
    ("dane.example", "mta_sts_enforce_dnslookup"),
    ("testing.example", "mta_sts_testing_dnslookup"),
    ("no-policy.example", "mta_sts_plain_dnslookup"),
    ("policy-html.example", "mta_sts_plain_dnslookup"),  # R69, R73: no policy from it
    ("policy-expired-cert.example", "mta_sts_plain_dnslookup"),  # R62, R73
])
def test_delivers(lab, exim, domain, router):
    delivery, received = send(lab, exim, domain)
    assert (delivery.outcome, received) == ("delivered", 1), delivery.lines
    assert f"R={router} " in delivery.line
    assert router != "mta_sts_enforce_dnslookup" or "CV=yes" in delivery.line or "CV=dane" in delivery.line


def test_delivers_under_a_policy_of_as_many_hosts_as_it_can_name(lab, exim, asks):
    """13,098 mx lines; the host that the domain has is in the last."""
    delivery, received = send(lab, exim, WIDEST.name, *WIDEST.mail)
    assert (delivery.outcome, received) == ("delivered", 1), delivery.lines
    assert "R=mta_sts_enforce_dnslookup " in delivery.line and "CV=yes" in delivery.line
    if asks == "plugin":
        assert len(re.search(r'mx="([^"]*)"', ask(exim, WIDEST.name))[1].split()) == 13098


@pytest.mark.parametrize("domain, host", [
    ("stripped.example", None), ("wrong-name.example", None), ("expired.example", None), ("untrusted.example", None),
    ("cn-only.example", None), ("tls-refused.example", None), ("garbage.example", None),
    ("outside.example", "mx.elsewhere.example"), ("dane-wrong.example", None),
])
def test_defers(lab, exim, domain, host):
    delivery, received = send(lab, exim, domain, host)
    assert (delivery.outcome, received) == ("deferred", 0), delivery.lines
    assert delivery.message_id in exim.run("-bp").stdout


def test_a_domain_whose_dns_fails_waits(lab, exim):  # R15, P6
    delivery, _ = send(lab, exim, "dns-broken.example")
    assert delivery.outcome == "deferred" and "R=mta_sts_temp_dnslookup" in delivery.line, delivery.lines
    assert "the policy of dns-broken.example is not known" in delivery.line


def test_a_domain_that_does_not_exist_bounces_as_ever(lab, exim):
    delivery = exim.send("someone@nowhere.example")
    assert delivery.outcome == "bounced" and "Unrouteable address" in delivery.line, delivery.lines


@pytest.mark.asks("plugin")
@pytest.mark.parametrize("domain", ["[192.0.2.1]", "a_b.example"])
def test_names_that_can_have_no_policy_have_none(lab, exim, domain):  # R81
    assert ask(exim, domain).startswith("mode=none"), domain


def test_exim_check_finds_all_as_it_should_be(lab, exim):
    done = subprocess.run(["mta-sts", "exim-check", "--json"], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert {finding["level"] for finding in json.loads(done.stdout)["findings"]} == {"ok"}, done.stdout


def test_a_killed_resolver_loses_nothing(lab, exim):
    lab.resolver.program.kill()
    try:
        delivery, received = send(lab, exim, "apache.example")
        assert (delivery.outcome, received) == ("deferred", 0), delivery.lines
        assert "MTA-STS resolver-unreachable" in delivery.line or "MTA-STS deadline" in delivery.line
    finally:
        lab.start_resolver()
    again = exim.retry(delivery)
    assert again.outcome == "delivered" and "CV=yes" in again.line, again.lines


def test_a_cached_policy_is_obeyed_when_its_host_and_record_are_gone(lab, exim):  # R9, R74
    assert send(lab, exim, "stripped.example")[0].outcome == "deferred"
    without_policy(lab, "stripped.example")
    for _ in range(2):
        restart(lab)  # forgets what it knows of TXT records, and keeps its policies
        clear_spool()
        delivery, received = send(lab, exim, "stripped.example")
        assert (delivery.outcome, received) == ("deferred", 0), delivery.lines
        assert "T=mta_sts_enforce_remote_smtp" in delivery.line
