"""Exim's retry hints: what fails under one domain's policy holds up no mail of other domains at the same host."""

import pytest

from conftest import clear_spool, configure
from lab.lab import SENDER

STRANGER, VICTIM, HOST = "stranger.example", "stripped.example", "mx.stripped.example"
INTERFACES = {
    "none": "",
    "an address": f"REMOTE_SMTP_INTERFACE = {SENDER}\n",
    "a list": f"REMOTE_SMTP_INTERFACE = <; ::1 ; {SENDER}\n",
    "a lookup": f"REMOTE_SMTP_INTERFACE = ${{if eq{{$sender_address_domain}}{{sender.example}}{{{SENDER}}}}}\n",
    "a lookup of nothing": "REMOTE_SMTP_INTERFACE = ${if eq{$sender_address_domain}{other.example}{11.22.33.5}}\n",
}


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_strangers_policy_holds_up_nobody(lab, asks, resolver, policy, interface):
    clear_spool()
    exim = configure(macros=INTERFACES[interface])
    policy("enforce", STRANGER, HOST)
    for _ in range(3):
        assert exim.send(f"someone@{STRANGER}").outcome == "deferred"
        delivery = exim.send(f"someone@{VICTIM}")
        assert delivery.outcome == "delivered", delivery.lines


@pytest.mark.parametrize("interface", ["none", "an address"])
def test_a_corrected_policy_counts_at_the_next_attempt(lab, asks, resolver, policy, interface):
    clear_spool()
    exim = configure(macros=INTERFACES[interface])
    policy("enforce", STRANGER, HOST)
    waiting = exim.send(f"someone@{STRANGER}")
    assert waiting.outcome == "deferred"
    policy("testing", STRANGER, HOST)
    assert exim.retry(waiting).outcome == "delivered"


def test_an_alias_holds_up_no_other_domain_that_enforces(lab, exim, policy):
    """The certificate is good for the host's own name, and not for the alias in the stranger's MX record."""
    policy("enforce", "to-alias.example", "mx.to-alias.example")
    policy("enforce", "wildcard.example", "mx.wildcard.example")
    for _ in range(3):
        waiting = exim.send("someone@to-alias.example")
        assert waiting.outcome == "deferred" and "T=mta_sts_enforce_remote_smtp" in waiting.line, waiting.lines
        assert exim.send("someone@wildcard.example").outcome == "delivered"


def test_a_host_that_fails_is_left_alone_until_its_time_comes(lab, exim, policy):
    """The domain's own mail keeps its hints: its host is not tried for each new message."""
    policy("enforce", VICTIM)
    assert exim.send(f"someone@{VICTIM}").outcome == "deferred"
    before = len(lab.scripted_mail.events(HOST))
    delivery = exim.send(f"someone@{VICTIM}")
    assert delivery.outcome == "deferred" and "retry time not reached" in delivery.line, delivery.lines
    assert len(lab.scripted_mail.events(HOST)) == before
