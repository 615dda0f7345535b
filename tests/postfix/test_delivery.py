"""What Postfix does under each policy with each kind of MX host. The receiving hosts' own logs decide."""

import pytest

from conftest import FAULTS

BROKEN = [
    ("stripped.example", "TLS is required, but was not offered by host mx.stripped.example"),
    ("tls-454.example", "TLS is required, but host mx.tls-454.example["),
    ("tls-554.example", "TLS is required, but host mx.tls-554.example["),
    ("garbage.example", "Cannot start TLS: handshake failure"),
    ("wrong-name.example", "Server certificate not verified"),
    ("expired.example", "Server certificate not verified"),
    ("untrusted.example", "Server certificate not verified"),
]
MAP = "socketmap:unix:/var/spool/postfix/mta-sts/postfix.sock:policy"  # asked by hand, whatever the version


def send(lab, postfix, domain, host):
    """Sends one message; gives the delivery and what the host received of it."""
    before = len(lab.received(host))
    delivery = postfix.send(f"someone@{domain}")
    return delivery, lab.received(host)[before:]


def verified(delivery, host):
    return any(f"Verified TLS connection established to {host}[" in line for line in delivery.lines)


@pytest.mark.parametrize("domain, host", [
    ("good.example", "mx.good.example"),
    ("a.b", "m.a.b"),  # 13,098 mx lines
    ("many.example", "mx1.many.example"),  # a star, given as the hosts that it names
    ("fallback.example", "mx2.fallback.example"),  # R112: the next host
    ("implicit.example", "implicit.example"),  # R118: no MX records
    ("wildcard-certificate.example", "mx.wildcard-certificate.example"),  # R64
    ("to-port.example", "mx.good.example"),
    ("to-relay.example", "mx.relay.example"),  # R80: a smart host, by its own name
    ("to-relay-port.example", "mx.relay.example"),
    ("to-relay-upper.example", "mx.relay.example"),
    ("to-u-label.example", "mx.xn--kse-qla.example"),  # R82
])
def test_enforce_delivers_over_verified_tls(lab, postfix, domain, host):  # R96, R97, R98, R105
    delivery, received = send(lab, postfix, domain, host)
    assert delivery.outcome == "sent", delivery.lines
    assert verified(delivery, host) or any("Verified TLS" in line for line in delivery.lines), delivery.lines
    assert [message.tls for message in received] == ["TLSv1.3"]


@pytest.mark.parametrize("domain, fault", BROKEN)
def test_enforce_defers_where_tls_is_not_right(lab, postfix, domain, fault):  # R96, R99, R100, R106, R107, R111
    delivery, received = send(lab, postfix, domain, f"mx.{domain}")
    assert delivery.outcome == "deferred", delivery.lines
    assert fault in delivery.line, delivery.lines
    assert received == []
    assert delivery.message_id in postfix.queue()


@pytest.mark.parametrize("domain, host, fault", [
    ("outside.example", "mx.elsewhere.example", "client TLS configuration problem"),  # R97
    ("outside-star.example", "mx2.elsewhere.example", "client TLS configuration problem"),
    ("deep.example", "sub.mx.deep.example", "client TLS configuration problem"),  # R98: one label
    ("to-unnamed-relay.example", "mx.unnamed-relay.example", "client TLS configuration problem"),
    ("to-stripped-relay.example", "mx.stripped-relay.example", "TLS is required, but was not offered"),
    ("to-u-label-stripped.example", "mx.xn--grn-ioa.example", "TLS is required, but was not offered"),
    ("to-upper.example", "mx.wrong-name.example", "Server certificate not verified"),
    ("temp.example", "mx.hosts.example", ""),
    ("bogus.example", "mx.bogus.example", ""),
])
def test_enforce_defers_where_no_host_may_take_it(lab, postfix, domain, host, fault):
    delivery, received = send(lab, postfix, domain, host)
    assert delivery.outcome == "deferred", delivery.lines
    assert fault in delivery.line, delivery.lines
    assert received == []


@pytest.mark.parametrize("domain, reason", [
    ("outside-star.example", "socketmap server temporary error: sts-mx-mismatch"),
    ("expired.example", "certificate verification failed for mx.expired.example[11.22.33.{}]:25: certificate has expired"),
    ("untrusted.example", "certificate verification failed for mx.untrusted.example[11.22.33.{}]:25: untrusted issuer"),
])
def test_the_reason_of_a_refusal_is_in_the_log(lab, postfix, domain, reason):
    delivery, _ = send(lab, postfix, domain, "mx.elsewhere.example")
    reason = reason.format(lab.addresses.get(f"mx.{domain}", "").rpartition(".")[2])
    assert any(reason in line for line in delivery.lines), delivery.lines


@pytest.mark.parametrize("kind", ["testing", "none"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_policy_that_demands_nothing_costs_no_mail(lab, postfix, kind, fault):  # R73, R108, R109
    domain = f"{fault}.{kind}.example"
    delivery, received = send(lab, postfix, domain, f"mx.{domain}")
    if fault == "tls-454":  # Postfix's own: it tries in the clear after a refusal
        delivery = delivery if delivery.outcome == "sent" else postfix.retry(delivery)
    assert delivery.outcome == "sent", delivery.lines
    assert len(lab.received(f"mx.{domain}")) == 1


@pytest.mark.parametrize("domain", ["mode-none.example", "policy-gone.example"])
def test_no_policy_costs_no_mail(lab, postfix, domain):
    delivery, received = send(lab, postfix, domain, f"mx.{domain}")
    assert delivery.outcome == "sent" and len(received) == 1, delivery.lines


def test_a_relay_by_address_has_no_policy(lab, postfix):  # R81
    delivery, received = send(lab, postfix, "to-literal.example", "mx.literal.example")
    assert delivery.outcome == "sent" and len(received) == 1, delivery.lines


@pytest.mark.parametrize("domain", ["dane.example", "dane-no-name.example", "dane-ta.example", "dane-full.example"])
def test_dane_authenticates(lab, postfix, domain):  # R120, R124
    delivery, received = send(lab, postfix, domain, f"mx.{domain}")
    assert delivery.outcome == "sent", delivery.lines
    assert verified(delivery, f"mx.{domain}") and len(received) == 1


@pytest.mark.parametrize("domain", ["dane-wrong.example", "dane-testing.example"])
def test_a_policy_does_not_mend_failing_dane(lab, postfix, domain):  # R119
    delivery, received = send(lab, postfix, domain, f"mx.{domain}")
    assert delivery.outcome == "deferred" and received == [], delivery.lines


def test_tlsa_records_without_dnssec_do_not_count(lab, postfix):  # R123
    delivery, received = send(lab, postfix, "dane-unsigned.example", "mx.dane-unsigned.example")
    assert delivery.outcome == "deferred" and received == [], delivery.lines


def test_unusable_tlsa_records_leave_it_to_the_policy(lab, postfix):  # R121
    delivery, received = send(lab, postfix, "dane-unusable.example", "mx.dane-unusable.example")
    assert delivery.outcome == "sent" and len(received) == 1, delivery.lines
    assert verified(delivery, "mx.dane-unusable.example")


def test_a_preferred_host_is_not_passed_over_for_one_with_dane(lab, postfix):  # R125
    delivery, received = send(lab, postfix, "dane-mixed.example", "mx1.dane-mixed.example")
    assert delivery.outcome == "sent" and len(received) == 1, delivery.lines
    delivery, received = send(lab, postfix, "dane-first.example", "mx1.dane-first.example")
    assert delivery.outcome == "sent" and len(received) == 1, delivery.lines


def test_a_host_with_dane_behind_it_is_not_opened_by_the_policy(lab, postfix):  # R119, R120
    delivery, received = send(lab, postfix, "dane-behind.example", "mx2.dane-behind.example")
    assert delivery.outcome == "deferred" and received == [], delivery.lines


def test_dane_opens_no_host_that_the_policy_does_not_name(lab, postfix):  # R97
    delivery, received = send(lab, postfix, "dane-outside.example", "mx2.dane-outside.example")
    assert delivery.outcome == "deferred" and received == [], delivery.lines


def test_a_certificate_for_another_host_of_the_policy(lab, postfix):  # R100
    """3.7 takes it, as docs/postfix.md says; with the map for 3.10.5 and later the name is that of the host."""
    delivery, received = send(lab, postfix, "swapped.example", "mx1.swapped.example")
    exact = postfix.place.version() >= (3, 10)
    assert delivery.outcome == ("deferred" if exact else "sent"), delivery.lines
    assert len(received) == (0 if exact else 1)


def test_a_name_in_the_cn_alone_is_taken(lab, postfix):
    """Postfix's own, and docs/postfix.md says so: OpenSSL looks at the CN where there is no subjectAltName (R102)."""
    delivery, received = send(lab, postfix, "cn-only.example", "mx.cn-only.example")
    assert delivery.outcome == "sent" and len(received) == 1, delivery.lines


@pytest.mark.parametrize("key, answer", [
    ("good.example", "secure match=mx.good.example servername=hostname"),
    ("Good.Example", "secure match=mx.good.example servername=hostname"),
    ("many.example", "secure match=mx1.many.example:mx2.many.example servername=hostname"),
    ("dane.example", "dane-only"),
    ("dane-full.example", "dane-only"),
    ("[mx.relay.example]:587", "secure match=mx.relay.example servername=hostname"),
    ("käse.example", "secure match=mx.xn--kse-qla.example servername=hostname"),
])
def test_an_administrator_asks_by_postmap(lab, postfix, key, answer):
    assert postfix.ask(key, MAP) == (0, answer)


@pytest.mark.parametrize("key", ["mode-none.example", "hosts.example", "[192.0.2.1]", ".good.example", "[IPv6:2001:db8::1]"])
def test_postmap_finds_nothing_where_nothing_is_demanded(lab, postfix, key):
    assert postfix.ask(key, MAP) == (1, "")


def test_a_refused_starttls_bounces_without_the_filter(lab, postfix):
    """What docs/postfix.md's smtp_delivery_status_filter is for: without it a 554 is final."""
    postfix.configure(["smtp_delivery_status_filter ="])
    try:
        delivery = postfix.send("someone@tls-554.example")
        assert delivery.outcome == "bounced", delivery.line
        assert postfix.send("someone@tls-454.example").outcome == "deferred"
        assert "refused to start TLS: 554" in delivery.line
    finally:
        postfix.configure(["smtp_delivery_status_filter = regexp:/etc/postfix/mta-sts-status"])
