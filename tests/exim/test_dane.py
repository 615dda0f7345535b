"""DANE beside a policy: sets of TLSA records with the kinds of names that a certificate can have.

Only the usage DANE-EE (3) does without the name (RFC 7672 section 3.1.1), and only where no other usage stands beside it:
Exim tells which usages the records have and never which of them the certificate fitted."""

import pytest

from lab.domains import Domain, Mail
from lab.lab import Lab

SIGNED, UNSIGNED = "signed.example", "unsigned.example"

# Of the zone, of the certificate, of the records; what stands in the host's name.
ZONES = {SIGNED: "signed", UNSIGNED: "served"}
CERTIFICATES = {"right": "good", "wildcard": "good", "other": "wrong-name", "cn-only": "cn-only"}
NAMED, NAMELESS = ("right", "wildcard"), ("other", "cn-only")

# The records, and how mail goes for a certificate with the host's name and for one without; None: it waits.
RECORDS = [
    (SIGNED, "", "yes", None),
    (SIGNED, "3 1 1", "dane", "dane"),
    (SIGNED, "3 0 2", "dane", "dane"),
    (SIGNED, "2 0 1", "dane", None),
    (SIGNED, "2 1 1", "dane", None),
    (SIGNED, "2 1 1, 2 0 2", "dane", None),
    (SIGNED, "1 1 1, 0 0 1", "yes", None),  # R121: not for SMTP (RFC 7672 section 3.1.3), the policy alone counts
    (SIGNED, "1 1 1, 3 1 1", "dane", "dane"),
    (SIGNED, "0 1 1, 2 1 1", "dane", None),
    (SIGNED, "3 1 1, 2 1 1", "dane", None),
    (SIGNED, "3 1 1, wrong 2 1 1", "dane", None),
    (SIGNED, "wrong 3 1 1, 2 1 1", "dane", None),
    (SIGNED, "wrong 3 1 1, 3 1 1", "dane", "dane"),
    (SIGNED, "wrong 3 1 1", None, None),  # R119
    (SIGNED, "wrong 2 1 1", None, None),
    (SIGNED, "wrong 3 1 1, wrong 2 1 1", None, None),
    (UNSIGNED, "3 1 1", "yes", None),  # R123
    (UNSIGNED, "2 1 1", "yes", None),
]
CASES = [(zone, records, certificate, named if certificate in NAMED else nameless)
         for zone, records, named, nameless in RECORDS for certificate in CERTIFICATES]

ALIASED = f"target.{SIGNED}"

# Authorities that nobody but the TLSA record names.
STRANGERS = [("2 1 1", "untrusted", "dane"), ("3 1 1", "untrusted", "dane"), ("", "untrusted", None)]


def recipient_domain(zone, records, certificate):
    """The domain of a case; its one MX host is mx. of it."""
    words = records.replace(",", "").replace(" ", "") or "none"
    return f"{certificate}-{words}.{zone}"


def _zones():
    hosts = {zone: {} for zone in ZONES}
    kinds = [(zone, records, name, CERTIFICATES[name]) for zone, records, name, _ in CASES]
    kinds += [(SIGNED, records, kind, kind) for records, kind, _ in STRANGERS]
    for zone, records, name, kind in kinds:
        domain = recipient_domain(zone, records, name)
        names = (f"*.{domain}",) if name == "wildcard" else ()
        hosts[zone][f"mx.{domain}"] = Mail(kind, names=names, tlsa=records)
    for zone, mail in hosts.items():
        lines = tuple(f"{host.removeprefix('mx.')}. MX 10 {host}." for host in mail)
        if zone == SIGNED:  # an alias of a host whose TLSA record names an authority
            mail[ALIASED] = Mail("wrong-name", tlsa="2 1 1")
            lines += (f"alias.{zone}. MX 10 mx.alias.{zone}.", f"mx.alias.{zone}. CNAME {ALIASED}.")
        if zone == UNSIGNED:
            lines += (f"astray.{zone}. MX 10 mx.{recipient_domain(SIGNED, '3 1 1', 'cn-only')}.",)
        yield Domain(zone, mail=mail, records=lines, zone=ZONES[zone])


@pytest.fixture(scope="session")
def lab():
    """A lab of these hosts alone."""
    running = Lab(parts=["mail"], table=tuple(_zones()))
    yield running
    running.close()


def send(lab, exim, domain, host, verified):
    """Sends one message, which must be delivered as CV= says, or wait; gives the log's lines."""
    before = len(lab.received(host))
    delivery = exim.send(f"someone@{domain}")
    received = len(lab.received(host)) - before
    if verified is None:
        assert (delivery.outcome, received) == ("deferred", 0), delivery.lines
        assert "T=mta_sts_enforce_remote_smtp" in delivery.line, delivery.lines  # and not for its MX host's name
    else:
        assert (delivery.outcome, received) == ("delivered", 1), delivery.lines
        assert f"CV={verified}" in delivery.line, delivery.lines
    return delivery.lines


@pytest.mark.parametrize("zone, records, certificate, verified", CASES)
def test_enforce(lab, exim, policy, zone, records, certificate, verified):  # R100, R102, R119 to R124
    domain = recipient_domain(zone, records, certificate)
    policy("enforce", domain)
    lines = send(lab, exim, domain, f"mx.{domain}", verified)
    if verified is None and certificate in NAMELESS and "wrong" not in records:
        assert any("MTA-STS certificate-host-mismatch" in line or "certificate verification failed" in line for line in lines), lines


@pytest.mark.parametrize("records, certificate, verified", STRANGERS)
def test_dane_stands_for_an_authority_that_is_not_known(lab, exim, policy, records, certificate, verified):
    domain = recipient_domain(SIGNED, records, certificate)
    policy("enforce", domain)
    send(lab, exim, domain, f"mx.{domain}", verified)


def test_dane_does_not_count_for_an_mx_host_that_dnssec_does_not_name(lab, exim, policy):  # R123
    host = f"mx.{recipient_domain(SIGNED, '3 1 1', 'cn-only')}"
    policy("enforce", f"astray.{UNSIGNED}", host)
    lines = send(lab, exim, f"astray.{UNSIGNED}", host, None)
    assert any("MTA-STS certificate-host-mismatch" in line for line in lines), lines


def test_an_alias_is_no_way_round_the_name_under_an_authority_of_dane(lab, exim, policy):
    policy("enforce", f"alias.{SIGNED}", f"mx.alias.{SIGNED}")
    lines = send(lab, exim, f"alias.{SIGNED}", ALIASED, None)
    assert any("MTA-STS certificate-host-mismatch" in line for line in lines), lines
