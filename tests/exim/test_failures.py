"""Whatever breaks on the way to a verdict: no mail is lost, none goes out unprotected, and the log says why."""

import pytest

from scripted_resolver import hang_up, policy_line, raw, silence

DOMAIN, HOST = "wildcard.example", "mx.wildcard.example"
ENFORCE = policy_line("enforce", HOST)


def expect_deferred(lab, exim, *words):
    """Sends a message that must wait, for the reason that `words` name; gives the delivery."""
    before = len(lab.received(HOST))
    delivery = exim.send(f"someone@{DOMAIN}")
    assert delivery.outcome == "deferred", delivery.lines
    for word in words:
        assert any(word in line for line in delivery.lines), (word, delivery.lines)
    assert lab.received(HOST)[before:] == []
    assert delivery.message_id in exim.run("-bp").stdout
    return delivery


def expect_temp(lab, exim, reason):
    """The same, for a verdict of mode temp. The text, which SMTP clients may see, names no path."""
    line = f"MTA-STS {reason}: the policy of {DOMAIN} is not known for now"
    delivery = expect_deferred(lab, exim, "R=mta_sts_temp_dnslookup", line)
    assert "/" not in delivery.line.partition(" defer ")[2]
    return delivery


@pytest.mark.parametrize("unlink", [False, True])
def test_no_resolver(lab, exim, resolver, policy, unlink):
    policy("enforce", DOMAIN)
    resolver.stop(unlink)
    delivery = expect_temp(lab, exim, "resolver-unreachable")
    resolver.restart()
    again = exim.retry(delivery)
    assert again.outcome == "delivered" and "CV=yes" in again.line, again.lines


@pytest.mark.parametrize("answer", [
    "mode=maybe source=none",
    "mode=enforce source=cache",
    ENFORCE.replace(" ignore=", " other="),
    ENFORCE.replace("*\"", "\""),  # a filter that ignores nobody
    ENFORCE + " mode=none",
    "mode=none source=none " + ENFORCE,
    "mode=none mode=enforce source=none",
    ENFORCE.replace("id=20260101 ", ""),
    ENFORCE.replace(" expires=1893456000", ""),
    ENFORCE.upper(),
    " mode=none source=none",
    "mode=none",
    "mode=none source=none\r",
    "mode=none source=none%",
    "",
    "HTTP/1.1 200 OK",
    "mode=none source=none extra=${run{/bin/true}}",
])
def test_an_answer_outside_the_grammar(lab, exim, resolver, answer):
    resolver.answers[DOMAIN] = answer
    expect_temp(lab, exim, "answer-garbled")


@pytest.mark.asks("plugin")
def test_a_filter_that_is_not_the_policys(lab, exim, resolver):
    resolver.answers[DOMAIN] = ENFORCE.replace("! ^mx", "! ^evil")
    expect_temp(lab, exim, "answer-garbled")


@pytest.mark.parametrize("script", [hang_up, raw(b"mode=none source=none"), raw(b"mode=none\0source=none\n"),
                                    raw(b"mode=none source=none\nmode=none source=none\n"), raw(b"a" * 600000),
                                    raw(b"a" * 600000 + b"\n")])
def test_an_answer_that_is_no_line(lab, exim, resolver, script):
    resolver.answers[DOMAIN] = script
    expect_temp(lab, exim, "answer-garbled")


def test_a_resolver_that_hangs_up_without_a_word(lab, exim, resolver, asks):
    resolver.answers[DOMAIN] = raw(b"")
    expect_temp(lab, exim, "resolver-unreachable" if asks == "plugin" else "answer-garbled")


@pytest.mark.asks("readsocket")
def test_a_silent_resolver_and_readsocket(lab, exim, resolver):
    resolver.answers[DOMAIN] = silence
    expect_temp(lab, exim, "resolver-unreachable")


def test_a_resolver_that_cannot_know(lab, exim, resolver):  # P6
    resolver.answers[DOMAIN] = "mode=temp reason=txt-lookup-failed source=none"
    expect_temp(lab, exim, "txt-lookup-failed")


def test_the_reason_reaches_the_sender_of_a_bounce_and_the_queue_list(lab, exim, resolver):
    resolver.answers[DOMAIN] = "mode=temp reason=txt-lookup-failed source=none"
    delivery = exim.send(f"someone@{DOMAIN}")
    assert "txt-lookup-failed" in exim.run("-Mvl", delivery.message_id).stdout


def test_the_largest_policy_is_obeyed(lab, exim, resolver, policy):  # R37
    names = [f"*.a{number}.example" for number in range(3500)]
    policy("enforce", DOMAIN, *names, HOST)
    assert exim.send(f"someone@{DOMAIN}").outcome == "delivered"
    policy("enforce", DOMAIN, *names)
    expect_deferred(lab, exim, "R=mta_sts_wait_dnslookup", "sts-mx-mismatch")


def test_exim_has_nothing_to_panic_about(lab, exim, resolver, policy):
    panic = exim.log.with_name("paniclog")
    panic.unlink(missing_ok=True)
    policy("enforce", DOMAIN)
    assert exim.send(f"someone@{DOMAIN}").outcome == "delivered"
    resolver.stop()
    expect_temp(lab, exim, "resolver-unreachable")
    assert not panic.exists(), panic.read_text()
