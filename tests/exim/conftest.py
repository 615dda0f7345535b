"""Real Exim in the lab, under our configuration, with a resolver that says what the test wants."""

import os
import shutil
from pathlib import Path

import pytest

from lab.domains import Domain, Mail, Web, simple
from lab.exim import Exim
from lab.lab import Lab
from scripted_resolver import ScriptedResolver, policy_line

SPOOL = Path("/var/spool/exim4")
BUILD = Path(os.environ["MTA_STS_BUILD"])
SNIPPETS = BUILD / "exim/conf.d"


def _table():
    return (
        Domain("good.example", mail={"mx1.good.example": Mail(), "mx2.good.example": Mail()}),
        Domain("case.example", records=("case.example. MX 10 MX1.Good.Example.",)),
        Domain("alias.example", mail={"target.alias.example": Mail(names=("mx.alias.example",))},
               records=("mx.alias.example. CNAME target.alias.example.", "alias.example. MX 5 mx.alias.example.")),
        Domain("hosts.example", mail={"implicit.example": Mail(),  # a domain without MX records
                                      "second.many.example": Mail(names=("mx1.many.example",))}),
        Domain("many.example", mail={"mx1.many.example": Mail(), "mx2.many.example": Mail()}),
        Domain("preferred.example", mail={"mx.elsewhere.example": Mail(), "mx.preferred.example": Mail()}),
        Domain("outside.example", records=("outside.example. MX 10 mx.elsewhere.example.",)),
        Domain("deep.example", mail={"sub.mx.deep.example": Mail()}),
        Domain("fallback.example", mail={"mx1.fallback.example": Mail(certificate="wrong-name"),
                                         "mx2.fallback.example": Mail()}),
        Domain("behind-alias.example", records=("behind-alias.example. MX 10 target.alias.example.",)),
        Domain("shared.example", records=("shared.example. MX 10 mx.wrong-name.example.",)),
        simple("stripped.example", starttls="no"),
        simple("tls-454.example", starttls="454"),
        simple("tls-554.example", starttls="554"),
        simple("garbage.example", starttls="garbage"),
        simple("wrong-name.example", certificate="wrong-name"),
        simple("expired.example", certificate="expired"),
        simple("untrusted.example", certificate="untrusted"),
        simple("cn-only.example", certificate="cn-only"),
        simple("wildcard.example", names=("*.wildcard.example",)),
        Domain("deep-wildcard.example", mail={"sub.mx.deep-wildcard.example": Mail(names=("*.deep-wildcard.example",))}),
        Domain("dane.example", mail={"mx.dane.example": Mail("cn-only", tlsa="3 1 1")}, zone="signed"),
        Domain("dane-wrong.example", mail={"mx.dane-wrong.example": Mail(tlsa="wrong 3 1 1")}, zone="signed"),
        Domain("dane-unsigned.example", mail={"mx.dane-unsigned.example": Mail("cn-only", tlsa="3 1 1")}),
    )


@pytest.fixture(scope="session")
def lab():
    """The lab, with the mail hosts of this room."""
    running = Lab(parts=["mail"], table=_table())
    second = running.addresses["second.many.example"]
    running.dns.change("many.example", [*(record.replace("MX 20", "MX 10") for record in running.dns.records("many.example")),
                                        f"mx1.many.example. A {second}"])
    yield running
    running.close()


@pytest.fixture(scope="session")
def scripted(lab):
    """The one scripted resolver."""
    return ScriptedResolver()


@pytest.fixture
def resolver(scripted):
    """The scripted resolver, for one test."""
    scripted.reset()
    yield scripted
    scripted.restart()


def clear_spool():
    """Forgets messages and retry hints: each test begins with an empty queue."""
    for folder in ("db", "input", "msglog", "scan"):
        shutil.rmtree(SPOOL / folder, ignore_errors=True)


def configure(macros=""):
    """Debian's split configuration with our snippets and these macros."""
    return Exim.debian(SNIPPETS, macros)


@pytest.fixture
def exim(lab, resolver):
    """Exim under our configuration as it is installed."""
    clear_spool()
    return configure()


@pytest.fixture
def policy(resolver):
    """Gives a domain a policy: policy("enforce", domain, mx...)."""
    def give(mode, domain, *mx):
        resolver.answers[domain] = policy_line(mode, *(mx or (f"mx.{domain}",)))
    return give
