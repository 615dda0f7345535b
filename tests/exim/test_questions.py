"""How often Exim's processes ask the resolver, counted at its socket."""

import re
import time

import pytest

from conftest import SPOOL, configure
from scripted_resolver import NONE, SOCKET, hang_up, raw, silence
from test_plugin import ask

SIGN_OF_LIFE = "[192.0.2.1]"  # a name that can have no policy: any resolver answers it at once
DOMAINS = ["wildcard.example", "good.example", "stripped.example", "expired.example", "tls-454.example"]
TEXT = "From: a@sender.example\nSubject: several\n\nHello.\n"


def send(exim, *recipients):
    """Sends one message to several; gives the log's lines of this attempt."""
    before = exim.log.stat().st_size if exim.log.exists() else 0
    exim.run("-odf", "-oi", "-f", "someone@sender.example", *recipients, input=TEXT)
    with exim.log.open() as log:
        log.seek(before)
        return log.read().splitlines()


# What the line says of a resolver that was waited for in vain.
SILENT = {"plugin": "MTA-STS deadline", "readsocket": "MTA-STS resolver-unreachable"}


def test_a_resolver_that_hangs_is_waited_for_once(lab, asks, exim, resolver):
    resolver.otherwise = silence
    lines = send(exim, *(f"someone@{domain}" for domain in DOMAINS))
    assert len([line for line in lines if SILENT[asks] in line]) == len(DOMAINS), lines
    assert len(resolver.asked) == 2 and resolver.asked[0] in DOMAINS and resolver.asked[1] == SIGN_OF_LIFE


def test_what_a_process_found_silent_is_asked_again_by_the_next(lab, exim, resolver):
    """Exim keeps variables with a message that waits; what one process has learnt is not for the next."""
    resolver.otherwise = silence
    send(exim, *(f"someone@{domain}" for domain in DOMAINS[:2]))
    resolver.otherwise = NONE
    resolver.asked.clear()
    exim.run("-qff")
    assert sorted(resolver.asked) == sorted(DOMAINS[:2])
    assert exim.run("-bpc").stdout == "0\n"


def test_a_strangers_slow_host_holds_up_nobody_else(lab, asks, exim, resolver, policy):
    resolver.answers["stripped.example"] = silence
    policy("enforce", "wildcard.example")
    received = len(lab.received("mx.wildcard.example"))
    lines = send(exim, "a@stripped.example", "b@wildcard.example", "c@stripped.example")
    assert len([line for line in lines if "@stripped.example R=mta_sts_temp_dnslookup" in line]) == 2, lines
    assert len(lab.received("mx.wildcard.example")) == received + 1
    times = {"plugin": 1, "readsocket": 2}[asks]  # the plugin also keeps what concerns one domain alone
    assert sorted(resolver.asked) == [SIGN_OF_LIFE] * times + ["stripped.example"] * times + ["wildcard.example"]


@pytest.mark.asks("plugin")
def test_strangers_slow_hosts_are_not_waited_for_one_after_another(lab, exim, resolver, policy):
    """Four of them, each ten seconds long, would be forty; then a domain whose policy is there is obeyed."""
    slow = ["good.example", "stripped.example", "expired.example", "tls-454.example"]
    resolver.answers.update({domain: silence for domain in slow})
    begin = time.monotonic()
    lines = send(exim, *(f"someone@{domain}" for domain in slow))
    took = time.monotonic() - begin
    assert len([line for line in lines if "MTA-STS deadline" in line]) == len(slow), lines
    assert sorted(resolver.asked) == sorted([*slow, *[SIGN_OF_LIFE] * len(slow)])
    assert 10 + 5 + 2.5 + 2 <= took < 4 * 10, took
    policy("enforce", "wildcard.example")
    assert any(" => " in line for line in send(exim, "someone@wildcard.example"))


@pytest.mark.asks("readsocket")
def test_a_resolver_that_is_not_there_is_asked_each_time(lab, exim, resolver):
    """That costs nothing, and whoever starts it meanwhile is heard at once."""
    resolver.stop()
    try:
        lines = send(exim, *(f"someone@{domain}" for domain in DOMAINS))
    finally:
        resolver.restart()
    assert len([line for line in lines if "MTA-STS resolver-unreachable" in line]) == len(DOMAINS), lines
    headers = list(SPOOL.glob("input/**/*-H"))
    assert headers and all(re.search(r"_mta_sts_silent \d+\n\d+ 0\n", path.read_text(errors="replace")) for path in headers)


@pytest.mark.asks("plugin")
@pytest.mark.parametrize("answer", [hang_up, raw(b"mode=none"), "mode=maybe source=none"])
def test_a_resolver_that_talks_nonsense_is_asked_once(lab, exim, resolver, answer):
    resolver.otherwise = answer
    lines = send(exim, *(f"someone@{domain}" for domain in DOMAINS))
    assert len([line for line in lines if "MTA-STS answer-garbled" in line]) == len(DOMAINS), lines
    assert len(resolver.asked) == 1


def test_a_domain_is_asked_for_once_a_message(lab, exim, resolver, policy):
    for domain in DOMAINS[:2]:
        policy("enforce", domain, f"*.{domain}")
    send(exim, *(f"{who}@{domain}" for who in "abc" for domain in DOMAINS))
    assert sorted(resolver.asked) == sorted(DOMAINS)


def test_observing_logs_the_verdict(lab, asks, resolver, policy):
    exim = configure("observe")
    policy("enforce", "stripped.example")
    lines = send(exim, "someone@stripped.example", "someone@good.example")
    shown = sorted(line.partition(" MTA-STS observe: ")[2] for line in lines if "MTA-STS observe" in line)
    assert shown == ["good.example mode=none source=none",
                     'stripped.example mode=enforce id=20260101 mx="mx.stripped.example" source=cache expires=1893456000']
    assert len([line for line in lines if " => " in line]) == 2, lines


@pytest.mark.asks("plugin")
def test_observing_asks_no_oftener(lab, asks, resolver):
    exim = configure("observe")
    resolver.otherwise = hang_up
    lines = send(exim, *(f"someone@{domain}" for domain in DOMAINS))
    assert len([line for line in lines if "MTA-STS observe:" in line]) == len(DOMAINS), lines
    assert len([line for line in lines if " => " in line]) == len(DOMAINS), lines
    assert len(resolver.asked) == 1


@pytest.mark.asks("readsocket")
def test_an_exim_that_is_strict_about_variables_obeys_too(lab, asks, resolver, policy):
    """It has no memory for what a process found silent."""
    exim = configure("enforce", "strict_acl_vars = true\n")
    resolver.answers["good.example"] = silence
    policy("enforce", "wildcard.example")
    lines = send(exim, "someone@good.example", "someone@wildcard.example")
    assert any(SILENT[asks] in line for line in lines), lines
    assert any("R=mta_sts_enforce_dnslookup" in line and " => " in line for line in lines), lines


@pytest.mark.asks("plugin")
def test_observing_waits_once_for_a_resolver_that_hangs(lab, asks, resolver):
    exim = configure("observe")
    resolver.otherwise = silence
    lines = send(exim, *(f"someone@{domain}" for domain in DOMAINS))
    assert len([line for line in lines if "MTA-STS observe:" in line and "mode=temp" in line]) == len(DOMAINS), lines
    assert len([line for line in lines if " => " in line]) == len(DOMAINS), lines
    assert len(resolver.asked) == 2


def test_the_next_message_asks_anew(lab, exim, resolver):
    resolver.otherwise = hang_up
    send(exim, "someone@wildcard.example")
    resolver.otherwise = "mode=none source=none"
    lines = send(exim, "someone@wildcard.example")
    assert any(" => " in line for line in lines), lines


@pytest.mark.asks("plugin")
@pytest.mark.parametrize("path", [str(SOCKET), "/nonexistent/s", "/etc/passwd", f"/{'s' * 200}"])
def test_no_reason_names_a_path(lab, exim, resolver, path):
    """The text goes to SMTP clients whose recipients are verified."""
    resolver.otherwise = hang_up
    answer = ask("wildcard.example", f"socket={path}")
    assert answer.startswith("mode=temp reason=") and "/" not in answer
