"""What can never be delivered bounces at once under a live enforce policy, exactly as without MTA-STS (R118)."""

import re

import pytest

from conftest import clear_spool, configure
from lab.processes import wait_until

# nobody.example does not exist.
DOMAINS = ("null.example", "private.example", "dangling.example", "numeric.example", "empty.example", "nobody.example")


def outcomes(exim, domains):
    """By domain, what became of a message and Exim's words for it."""
    clear_spool()
    found = {}
    for domain in domains:
        delivery = exim.send(f"someone@{domain}")
        found[domain] = (delivery.outcome, re.sub(r"^\S+ \S+ \S+ | R=\w+| T=\w+", "", delivery.line))
    return found


@pytest.mark.parametrize("mode", ["enforce", "testing"])
def test_bounces_in_the_same_words(lab, asks, resolver, policy, mode):
    plain = outcomes(configure("off"), DOMAINS)
    assert {outcome for outcome, _ in plain.values()} == {"bounced"}, plain
    for domain in DOMAINS:
        policy(mode, domain)
    exim = configure()
    assert outcomes(exim, DOMAINS) == plain
    assert sorted(resolver.asked) == sorted(DOMAINS)


def test_dns_that_fails_for_now_is_waited_for(lab, exim, policy):
    policy("enforce", "unsure.example", "mx.elsewhere.example")
    delivery = exim.send("someone@unsure.example")
    assert delivery.outcome == "deferred" and "host lookup did not complete" in delivery.line, delivery.lines


def test_one_bad_recipient_holds_up_no_other(lab, exim, policy):
    policy("enforce", "null.example")
    policy("enforce", "wildcard.example")
    before = len(lab.received("mx.wildcard.example"))
    exim.run("-odf", "-oi", "-f", "", "a@null.example", "b@wildcard.example", input="Subject: two\n\nHello.\n")
    wait_until(lambda: len(lab.received("mx.wildcard.example")) == before + 1, "the delivery", 20)
