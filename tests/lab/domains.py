"""The lab's inhabitants. A domain is one entry here, and so is a broken one: name what differs from a good domain."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mail:
    """A receiving mail host on port 25.

    certificate: a kind of certificates.KINDS, for the host's own name or for `names`.
    starttls: "yes", "no" (not offered, as after a stripping attack), a code such as "454" (offered, then refused),
    "garbage" (after 220 comes no TLS), "closes" (after 220 comes the end of the connection).
    program: "scripted" (smtp_host.py) or "exim" (a real Exim that takes all mail).
    ipv6: whether it has an IPv6 address too. also: further addresses of the same host, with what differs there.
    tlsa: its TLSA records by usage, selector and matching type, such as "3 1 1, 2 0 1"; "wrong 3 1 1" is one that the
    certificate does not fit.
    login: whether it offers AUTH PLAIN, and takes any name.
    greeting: what it says in place of 220, such as "421 4.7.0 busy"; greets_after: seconds before that.
    at_once: how many connections it takes at a time, 0 for any number; with more it greets with 421.
    wants_full_name: whether it refuses an EHLO without a full name or an address literal.
    tls: the only version of TLS that it speaks, such as "TLSv1"; "" for those of today."""

    certificate: str = "good"
    starttls: str = "yes"
    names: tuple = ()
    program: str = "scripted"
    ipv6: bool = False
    also: tuple = ()
    tlsa: str = ""
    login: bool = False
    greeting: str = ""
    greets_after: float = 0
    at_once: int = 0
    wants_full_name: bool = False
    tls: str = ""


@dataclass(frozen=True)
class Web:
    """The policy host. reports: it takes TLS reports at /tlsrpt, into web.spool_of(domain). servers: "nginx", "apache" (both with our module) or "scripted"; several are several addresses.

    "scripted" (https_host.py) answers with the fields from `status` on, whatever they are; `body` None is the policy
    that the words mean. `path` is the only one that it serves, "" for all. `raw` is what it says in place of HTTP, b"" to
    end the connection."""

    servers: tuple = ("nginx",)
    ipv6: bool = False
    certificate: str = "good"
    names: tuple = ()
    status: int = 200
    headers: tuple = (("Content-Type", "text/plain"),)
    body: bytes | None = None
    path: str = ""
    raw: bytes | None = None
    reports: bool = False


@dataclass(frozen=True)
class Domain:
    """A mail domain. words: the policy as for `mta_sts` (nginx), `MtaSts` (Apache) and `mta-sts record`, "" for none.

    mail: its MX hosts by name, in the order of preference.
    txt: what stands at _mta-sts instead of what `mta-sts record` makes, one string a record.
    records: further lines of its zone. zone: "served", "broken" (SERVFAIL), "absent" (the name does not exist),
    "signed" (with DNSSEC), "bogus" (with signatures that do not validate) or "updated" (it takes updates with TSIG)."""

    name: str
    words: str = ""
    mail: dict = field(default_factory=dict)
    web: Web = Web()
    txt: tuple | None = None
    records: tuple = ()
    zone: str = "served"


def simple(name, mode="enforce", web=Web(), **mail):
    """A domain whose one MX host mx.NAME differs from a good one in what is given for Mail."""
    host = f"mx.{name}"
    words = f"{mode} mx={host} max_age=604800"
    return Domain(name, words, {host: Mail(**mail)}, web)


# Domains whose one MX host lacks what a policy to enforce demands, each in one way.
FAULTY = (
    simple("stripped.example", starttls="no"),
    simple("tls-454.example", starttls="454"),
    simple("tls-554.example", starttls="554"),
    simple("garbage.example", starttls="garbage"),
    simple("wrong-name.example", certificate="wrong-name"),
    simple("expired.example", certificate="expired"),
    simple("untrusted.example", certificate="untrusted"),
    simple("cn-only.example", certificate="cn-only"),
)

DOMAINS = (
    simple("good.example", web=Web(("nginx", "apache")), program="exim"),
    simple("apache.example", web=Web(("apache",))),
    simple("several.example", web=Web(("nginx", "apache"), ipv6=True), ipv6=True, also=(Mail(starttls="no"),)),
    simple("testing.example", "testing", certificate="wrong-name"),
    simple("stripped.example", starttls="no"),
    simple("wrong-name.example", certificate="wrong-name"),
    simple("expired.example", certificate="expired"),
    simple("untrusted.example", certificate="untrusted"),
    simple("cn-only.example", certificate="cn-only"),
    simple("tls-refused.example", starttls="454"),
    simple("garbage.example", starttls="garbage"),
    Domain("outside.example", "enforce mx=mx.outside.example max_age=604800", {"mx.elsewhere.example": Mail()}),
    Domain("no-policy.example", "", {"mx.no-policy.example": Mail(starttls="no")}),
    Domain("dns-broken.example", "enforce mx=mx.dns-broken.example", {"mx.dns-broken.example": Mail()}, zone="broken"),
    Domain("policy-expired-cert.example", "enforce mx=mx.policy-expired-cert.example",
           {"mx.policy-expired-cert.example": Mail()}, Web(certificate="expired")),
    Domain("policy-html.example", "enforce mx=mx.policy-html.example", {"mx.policy-html.example": Mail()},
           Web(("scripted",), headers=(("Content-Type", "text/html"),), body=b"<html>not found</html>")),
    Domain("dane.example", "enforce mx=mx.dane.example", {"mx.dane.example": Mail(certificate="cn-only", tlsa="3 1 1")},
           zone="signed"),
    Domain("dane-wrong.example", "enforce mx=mx.dane-wrong.example", {"mx.dane-wrong.example": Mail(tlsa="wrong 3 1 1")},
           zone="signed"),
    Domain("bogus.example", "enforce mx=mx.bogus.example", {"mx.bogus.example": Mail()}, zone="bogus"),
)


def _widest():
    """The domain whose policy names as many hosts as 64 KiB hold: 13,097 of one letter, and then the one it has."""
    lines = ["version:STSv1", "mode:enforce", "max_age:604800", *(f"mx:{chr(97 + n % 26)}" for n in range(13097)), "mx:m.a.b"]
    body = "".join(f"{line}\n" for line in lines).encode()
    assert len(body) == 65536
    return Domain("a.b", "enforce mx=m.a.b max_age=604800", {"m.a.b": Mail()}, Web(("scripted",), body=body))


WIDEST = _widest()
