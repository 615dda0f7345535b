"""The lab as those who work in it see it."""

import os
import signal
import smtplib
import ssl
import subprocess

import pytest

from lab.namespace import LabError, ipv6_of
from lab.processes import Program, wait_until


def lookup(*words):
    return subprocess.run(["kdig", *words], text=True, capture_output=True, check=True).stdout


def test_resolves_the_domains_of_the_table(lab):
    assert lookup("+short", "MX", "good.example").split() == ["10", "mx.good.example."]
    assert lookup("+short", "A", "mx.good.example").strip() == lab.addresses["mx.good.example"]


def test_tells_absent_from_broken_names(lab):
    assert "status: NXDOMAIN" in lookup("MX", "nowhere.example")
    assert "status: SERVFAIL" in lookup("MX", "dns-broken.example")


def test_gives_a_host_several_addresses_that_differ(lab):
    assert len(lookup("+short", "A", "mx.several.example").split()) == 2
    offers = {}
    for address in [*lookup("+short", "A", "mx.several.example").split(), lookup("+short", "AAAA", "mx.several.example").strip()]:
        with smtplib.SMTP(address, 25, timeout=10) as client:
            client.ehlo()
            offers[address] = client.has_extn("starttls")
    first, second = lab.all_addresses["mx.several.example"]
    assert offers == {first: True, second: False, ipv6_of(first): True}


def test_changes_a_zone_for_everybody_at_once(lab):
    before = lab.dns.records("garbage.example")
    assert lookup("+short", "TXT", "new.garbage.example") == ""
    lab.dns.change("garbage.example", [*before, 'new.garbage.example. TXT "here"'])
    assert lookup("+short", "TXT", "new.garbage.example").strip() == '"here"'
    lab.dns.change("garbage.example", before)
    assert lookup("+short", "TXT", "new.garbage.example") == ""


@pytest.mark.parametrize("host, fault", [
    ("mx.apache.example", None),
    ("mx.wrong-name.example", "Hostname mismatch"),
    ("mx.expired.example", "certificate has expired"),
    ("mx.untrusted.example", "unable to get local issuer certificate"),
    ("mx.cn-only.example", "Hostname mismatch"),
])
def test_hosts_show_the_certificates_of_the_table(lab, host, fault):
    strict = ssl.create_default_context()
    strict.hostname_checks_common_name = False
    with smtplib.SMTP(host, 25, timeout=10) as client:
        if fault is None:
            assert client.starttls(context=strict)[0] == 220
            return
        with pytest.raises(ssl.SSLCertVerificationError, match=fault):
            client.starttls(context=strict)


def test_a_stripped_host_offers_no_tls(lab):
    with smtplib.SMTP("mx.stripped.example", 25, timeout=10) as client:
        client.ehlo()
        assert not client.has_extn("starttls")


def test_a_host_that_refuses_tls_says_454(lab):
    with smtplib.SMTP("mx.tls-refused.example", 25, timeout=10) as client:
        client.ehlo()
        assert client.docmd("STARTTLS")[0] == 454


@pytest.mark.parametrize("domain, host, tls", [
    ("good.example", "mx.good.example", "TLS1.3"),
    ("apache.example", "mx.apache.example", "TLSv1.3"),
    ("outside.example", "mx.elsewhere.example", "TLSv1.3"),
    ("stripped.example", "mx.stripped.example", None),
    ("garbage.example", "mx.garbage.example", None),
])
def test_mail_is_seen_by_the_host_that_took_it(lab, domain, host, tls):
    before = lab.received(host)
    delivery = lab.exim_plain.send(f"someone@{domain}")
    assert delivery.outcome == "delivered", delivery.lines
    (message,) = lab.received(host)[len(before):]
    assert message.recipients == (f"someone@{domain}",)
    assert message.tls == tls
    assert delivery.message_id in message.message_id


def test_a_domain_that_cannot_be_resolved_defers(lab):
    delivery = lab.exim_plain.send("someone@dns-broken.example")
    assert delivery.outcome == "deferred", delivery.lines


def test_no_traffic_leaves(lab):
    routes = subprocess.run(["ip", "route"], text=True, capture_output=True, check=True).stdout
    assert routes == ""


def test_a_program_that_ended_by_itself_is_an_error(lab):
    crashed = Program("crashed", ["sleep", "1000"], lambda: True)
    os.kill(crashed.pid, signal.SIGSEGV)
    wait_until(lambda: not crashed.running(), "the crash")
    with pytest.raises(LabError, match="ended by itself with -11"):
        crashed.stop()


def test_a_program_that_does_not_start_says_why(lab):
    with pytest.raises(LabError, match="ended with 3"):
        Program("broken", ["sh", "-c", "echo the reason; exit 3"], lambda: False)


def test_validates_dnssec(lab):
    assert " ad" in lookup("+dnssec", "MX", "dane.example").partition("Flags:")[2].partition(";")[0]
    assert " ad" not in lookup("+dnssec", "MX", "good.example").partition("Flags:")[2].partition(";")[0]
    assert "status: SERVFAIL" in lookup("MX", "bogus.example")


@pytest.mark.parametrize("domain, outcome, mark", [
    ("dane.example", "delivered", "CV=dane"),
    ("dane-wrong.example", "deferred", "DANE"),
])
def test_exim_obeys_dane(lab, domain, outcome, mark):
    delivery = lab.exim_plain.send(f"someone@{domain}")
    assert delivery.outcome == outcome, delivery.lines
    assert any(mark in line for line in delivery.lines), delivery.lines
