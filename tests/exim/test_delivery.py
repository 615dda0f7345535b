"""What Exim does under each verdict with each kind of MX host. The receiving hosts' own logs decide."""

import pytest

from conftest import SPOOL, clear_spool, configure
from lab.exim import ETC
from lab.processes import wait_until

BROKEN_TLS = [
    ("stripped.example", "a TLS session is required, but the server did not offer TLS support"),
    ("tls-454.example", "454 "),
    ("tls-554.example", "a TLS session is required, but an attempt to start TLS failed"),
    ("garbage.example", "TLS session: (gnutls_handshake)"),
    ("wrong-name.example", "TLS session: (certificate verification failed)"),
    ("expired.example", "(certificate verification failed): certificate invalid"),
    ("untrusted.example", "(certificate verification failed): certificate invalid"),
    ("cn-only.example", "MTA-STS certificate-host-mismatch: the certificate of mx.cn-only.example "),
    ("partial.example", "MTA-STS certificate-host-mismatch: the certificate of mx.partial.example "),  # R103
]


def send(lab, exim, domain, host):
    """Sends one message; gives the delivery and what the host received of it."""
    before = len(lab.received(host))
    delivery = exim.send(f"someone@{domain}")
    return delivery, lab.received(host)[before:]


def waits(exim, delivery):
    """Whether the message is in the queue, whole."""
    return delivery.message_id in exim.run("-bp").stdout


@pytest.mark.parametrize("domain, fault", BROKEN_TLS)
def test_enforce_defers_where_tls_is_not_right(lab, exim, policy, domain, fault):  # R96, R99, R100, R102, R106, R107, R111
    policy("enforce", domain)
    delivery, received = send(lab, exim, domain, f"mx.{domain}")
    assert delivery.outcome == "deferred", delivery.lines
    assert any(fault in line for line in delivery.lines), delivery.lines
    assert received == []
    assert waits(exim, delivery)


@pytest.mark.parametrize("domain", [domain for domain, _ in BROKEN_TLS])
def test_testing_delivers_all_the_same(lab, exim, policy, domain):  # R108
    policy("testing", domain)
    delivery, received = send(lab, exim, domain, f"mx.{domain}")
    assert delivery.outcome == "delivered", delivery.lines
    assert "R=mta_sts_testing_dnslookup T=mta_sts_testing_remote_smtp" in delivery.line
    assert len(received) == 1


@pytest.mark.parametrize("domain", [domain for domain, _ in BROKEN_TLS])
def test_none_delivers_as_before(lab, exim, domain):  # R73, R109
    delivery, received = send(lab, exim, domain, f"mx.{domain}")
    assert delivery.outcome == "delivered", delivery.lines
    assert "R=mta_sts_plain_dnslookup T=remote_smtp" in delivery.line
    assert len(received) == 1


@pytest.mark.parametrize("mode, sni", [("enforce", "mx.wildcard.example"), ("testing", "mx.wildcard.example"), ("none", "")])
def test_the_mx_host_is_told_its_name(lab, exim, policy, mode, sni):  # R105
    if mode != "none":
        policy(mode, "wildcard.example")
    assert exim.send("someone@wildcard.example").outcome == "delivered"
    assert lab.scripted_mail.events("mx.wildcard.example")[-1]["sni"] == sni


def test_enforce_delivers_over_verified_tls(lab, exim, policy):
    policy("enforce", "wildcard.example")
    delivery, (message,) = send(lab, exim, "wildcard.example", "mx.wildcard.example")
    assert delivery.outcome == "delivered", delivery.lines
    assert "R=mta_sts_enforce_dnslookup T=mta_sts_enforce_remote_smtp" in delivery.line
    assert "CV=yes" in delivery.line
    assert message.tls == "TLSv1.3"


@pytest.mark.parametrize("domain, mx, host", [
    ("good.example", ("mx1.good.example", "mx2.good.example"), "mx1.good.example"),
    ("good.example", ("*.good.example",), "mx1.good.example"),
    ("good.example", ("mx2.good.example",), "mx2.good.example"),  # the preferred host is not named
    ("case.example", ("mx1.good.example",), "mx1.good.example"),  # R98: case does not count
    ("alias.example", ("mx.alias.example",), "target.alias.example"),  # R101: the MX name, not the alias's target
    ("preferred.example", ("mx.preferred.example",), "mx.preferred.example"),
    ("implicit.example", ("implicit.example",), "implicit.example"),  # R118, P32: no MX records
    ("fallback.example", ("*.fallback.example",), "mx2.fallback.example"),  # R112: the next host
])
def test_enforce_delivers_to_a_host_that_the_policy_names(lab, exim, policy, domain, mx, host):
    policy("enforce", domain, *mx)
    delivery, received = send(lab, exim, domain, host)
    assert delivery.outcome == "delivered", delivery.lines
    assert "CV=yes" in delivery.line
    assert len(received) == 1


def test_enforce_keeps_all_addresses_of_all_named_hosts(lab, exim, policy):  # R112
    policy("enforce", "many.example", "*.many.example")
    hosts = ("mx1.many.example", "mx2.many.example", "second.many.example")
    # Of equal preference. Exim's choice hangs on time and process id, so a short run of messages may leave one out.
    for _ in range(300):
        assert exim.send("someone@many.example").outcome == "delivered"
        if all(lab.received(host) for host in hosts):
            return
    pytest.fail(f"300 messages: {[len(lab.received(host)) for host in hosts]}")


@pytest.mark.parametrize("domain, mx, host", [
    ("outside.example", ("mx.outside.example",), "mx.elsewhere.example"),  # R97
    ("deep.example", ("*.deep.example",), "sub.mx.deep.example"),  # R98: one label
    ("deep-wildcard.example", ("other.deep-wildcard.example",), "sub.mx.deep-wildcard.example"),
    ("implicit.example", ("mx.implicit.example",), "implicit.example"),
])
def test_enforce_defers_where_no_host_is_named(lab, exim, policy, domain, mx, host):
    policy("enforce", domain, *mx)
    delivery, received = send(lab, exim, domain, host)
    assert delivery.outcome == "deferred", delivery.lines
    assert "R=mta_sts_wait_dnslookup" in delivery.line
    assert 'transport "none, for MTA-STS sts-mx-mismatch: the enforce policy names none of the hosts" not found' in delivery.line
    assert received == []
    assert waits(exim, delivery)


def test_enforce_defers_where_a_wildcard_certificate_is_one_label_short(lab, exim, policy):  # R64
    policy("enforce", "deep-wildcard.example", "sub.mx.deep-wildcard.example")
    delivery, received = send(lab, exim, "deep-wildcard.example", "sub.mx.deep-wildcard.example")
    assert delivery.outcome == "deferred", delivery.lines
    assert received == []


def test_testing_delivers_to_a_host_that_the_policy_does_not_name(lab, exim, policy):
    policy("testing", "outside.example", "mx.outside.example")
    delivery, received = send(lab, exim, "outside.example", "mx.elsewhere.example")
    assert delivery.outcome == "delivered", delivery.lines
    assert len(received) == 1


@pytest.mark.parametrize("domain, mx, target", [
    ("bad-alias.example", "mx.bad-alias.example", "target.bad-alias.example"),  # R101: the target's name alone
    ("cn-alias.example", "alias.cn-alias.example", "mx.cn-alias.example"),  # R102: no DNS name
])
def test_enforce_defers_where_an_alias_has_no_certificate(lab, exim, policy, domain, mx, target):
    policy("enforce", domain, mx)
    delivery, received = send(lab, exim, domain, target)
    assert (delivery.outcome, received) == ("deferred", []), delivery.lines
    assert "T=mta_sts_enforce_remote_smtp" in delivery.line, delivery.lines


def test_an_alias_is_obeyed_for_several_recipients(lab, exim, policy):
    """Their verdict does not reach the transport."""
    policy("enforce", "alias.example", "mx.alias.example")
    before = len(lab.received("target.alias.example"))
    exim.run("-odf", "-oi", "a@alias.example", "b@alias.example", input="From: a@sender.example\nSubject: two\n\nHello.\n")
    assert len(lab.received("target.alias.example")) == before + 1


@pytest.mark.parametrize("mode", ["enforce", "testing"])
def test_dane_authenticates_a_certificate_without_a_name(lab, exim, policy, mode):  # R120, R124
    policy(mode, "dane.example")
    delivery, received = send(lab, exim, "dane.example", "mx.dane.example")
    assert delivery.outcome == "delivered", delivery.lines
    assert "CV=dane" in delivery.line
    assert len(received) == 1


@pytest.mark.parametrize("mode", ["enforce", "testing"])
def test_a_policy_does_not_mend_failing_dane(lab, exim, policy, mode):  # R119
    policy(mode, "dane-wrong.example")
    delivery, received = send(lab, exim, "dane-wrong.example", "mx.dane-wrong.example")
    assert delivery.outcome == "deferred", delivery.lines
    assert received == []


def test_tlsa_records_without_dnssec_do_not_count(lab, exim, policy):  # R123
    policy("enforce", "dane-unsigned.example")
    delivery, received = send(lab, exim, "dane-unsigned.example", "mx.dane-unsigned.example")
    assert delivery.outcome == "deferred", delivery.lines
    assert any("MTA-STS certificate-host-mismatch" in line for line in delivery.lines)
    assert received == []


def test_several_recipients_of_a_domain_are_one_question(lab, exim, resolver, policy):
    policy("enforce", "wildcard.example")
    text = "From: a@sender.example\nSubject: three\n\nHello.\n"
    exim.run("-odf", "-oi", "a@wildcard.example", "b@wildcard.example", "c@wildcard.example", input=text)
    assert resolver.asked == ["wildcard.example"]
    assert sorted(lab.received("mx.wildcard.example")[-1].recipients) == [f"{who}@wildcard.example" for who in "abc"]


def test_recipients_with_different_verdicts_of_one_message_go_each_its_way(lab, exim, resolver, policy):
    policy("enforce", "wildcard.example")
    policy("enforce", "stripped.example")
    resolver.answers["good.example"] = "mode=temp reason=txt-lookup-failed source=none"
    before = len(lab.received("mx.wildcard.example"))
    exim.run("-odf", "-oi", "a@wildcard.example", "b@stripped.example", "c@good.example", "d@tls-454.example",
             input="From: a@sender.example\nSubject: four\n\nHello.\n")
    assert len(lab.received("mx.wildcard.example")) == before + 1
    waiting = exim.run("-bp").stdout
    assert "b@stripped.example" in waiting and "c@good.example" in waiting
    assert "a@wildcard.example" in [line.split()[-1] for line in waiting.splitlines() if line.strip().startswith("D ")]


def test_an_unverified_session_is_not_reused_for_enforce(lab, exim, policy):
    """The hole of a single transport: Exim hands an open, unverified session to a waiting message."""
    policy("enforce", "shared.example", "mx.wrong-name.example")
    waiting, received = send(lab, exim, "shared.example", "mx.wrong-name.example")
    assert waiting.outcome == "deferred" and received == []
    before = len(lab.received("mx.wrong-name.example"))
    (SPOOL / "db/retry").unlink()  # the host may be tried again at once
    plain, _ = send(lab, exim, "wrong-name.example", "mx.wrong-name.example")
    assert plain.outcome == "delivered", plain.lines
    messages = lab.received("mx.wrong-name.example")[before:]
    assert [message.recipients for message in messages] == [("someone@wrong-name.example",)]
    assert waits(exim, waiting)


def test_a_session_verified_for_an_alias_is_not_reused_for_its_target(lab, exim, policy):
    """Exim keeps an alias's session under the target's name, for which nobody has verified it."""
    policy("enforce", "behind-alias.example", "target.alias.example")
    waiting, received = send(lab, exim, "behind-alias.example", "target.alias.example")
    assert waiting.outcome == "deferred" and received == [], waiting.lines
    (SPOOL / "db/retry").unlink()
    policy("enforce", "alias.example", "mx.alias.example")
    delivery, received = send(lab, exim, "alias.example", "target.alias.example")
    assert delivery.outcome == "delivered" and "CV=yes" in delivery.line, delivery.lines
    assert [message.recipients for message in received] == [("someone@alias.example",)]
    assert waits(exim, waiting)


def test_a_deferred_message_goes_when_the_policy_lets_it(lab, exim, resolver, policy):
    policy("enforce", "outside.example", "mx.outside.example")
    delivery, _ = send(lab, exim, "outside.example", "mx.elsewhere.example")
    assert delivery.outcome == "deferred"
    policy("enforce", "outside.example", "mx.elsewhere.example")
    again = exim.retry(delivery)
    assert again.outcome == "delivered", again.lines
    assert resolver.asked == ["outside.example"] * 2


def test_a_message_bounces_only_after_the_policy_was_asked_again(lab, asks, resolver, policy):  # R110
    retry = ETC / "conf.d/retry/30_exim4-config"
    before = retry.read_text()
    retry.write_text("* * F,1s,1s\n")
    try:
        clear_spool()
        exim = configure()
        policy("enforce", "outside.example", "mx.outside.example")
        delivery = exim.send("someone@outside.example")
        assert delivery.outcome == "deferred"
        asked = []

        def ended():
            resolver.asked.clear()
            lines = exim.run("-qff")
            asked.append(list(resolver.asked))
            return delivery.message_id not in exim.run("-bp").stdout and lines

        wait_until(ended, "the bounce", 20, 0.2)
        assert asked[-1][0] == "outside.example", asked
    finally:
        retry.write_text(before)
