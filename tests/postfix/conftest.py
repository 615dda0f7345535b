"""Real Postfix in the lab, with the real resolver, policies served by real web servers, and a validating Unbound."""

import re
import shlex
from itertools import takewhile

import pytest

from lab import postfix as lab_postfix

from lab.domains import FAULTY, WIDEST, Domain, Mail, Web, simple
from lab.lab import REPOSITORY, Lab

COMMANDS = dict(re.findall(r"<!-- run: ([\w-]+) -->\n```sh\n(.*?)```", (REPOSITORY / "docs/postfix.md").read_text(), re.S))

# As docs/postfix.md has it.
SETTINGS = """
smtp_tls_security_level = dane
smtp_dns_support_level = dnssec
smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt
smtp_tls_loglevel = 1
smtp_tls_policy_maps = socketmap:unix:mta-sts/postfix.sock:{map}
smtp_delivery_status_filter = regexp:/etc/postfix/mta-sts-status
"""

# Next hops that no mail domain is: relays in brackets, with ports, upper case, U-labels.
TRANSPORT = """\
to-relay.example smtp:[mx.relay.example]
to-relay-port.example smtp:[mx.relay.example]:25
to-relay-upper.example smtp:[MX.Relay.EXAMPLE]:smtp
to-stripped-relay.example smtp:[mx.stripped-relay.example]
to-unnamed-relay.example smtp:[mx.unnamed-relay.example]
to-literal.example smtp:[{literal}]
to-u-label.example smtp:k\u00e4se.example
to-u-label-stripped.example smtp:gr\u00fcn.example
to-port.example smtp:good.example:25
to-upper.example smtp:Wrong-Name.EXAMPLE
"""

WEB = Web()


def _policy(name, mode="enforce", mx=None):
    return f"{mode} mx={mx or f'mx.{name}'} max_age=604800"


def _relay(host, words, **mail):
    """A smart host: the policy is that of the host's own name."""
    return Domain(host, words, {host: Mail(**mail)})


def table():
    """The domains of these tests."""
    signed = {"zone": "signed"}
    return (
        simple("good.example"),
        WIDEST,
        Domain("many.example", _policy("", mx="*.many.example"),
               {"mx1.many.example": Mail(), "mx2.many.example": Mail()}),
        Domain("fallback.example", _policy("", mx="*.fallback.example"),
               {"mx1.fallback.example": Mail(certificate="wrong-name"), "mx2.fallback.example": Mail()}),
        Domain("swapped.example", _policy("", mx="*.swapped.example"),
               {"mx1.swapped.example": Mail(names=("mx2.swapped.example",)),
                "mx2.swapped.example": Mail(starttls="no")}),
        Domain("implicit.example", _policy("", mx="implicit.example"), {}),
        Domain("hosts.example", mail={"implicit.example": Mail()}),
        simple("wildcard-certificate.example", names=("*.wildcard-certificate.example",)),
        *FAULTY,
        Domain("outside.example", _policy("outside.example"), {"mx.elsewhere.example": Mail()}),
        Domain("outside-star.example", _policy("", mx="*.outside-star.example"), {"mx2.elsewhere.example": Mail()}),
        Domain("deep.example", _policy("", mx="*.deep.example"), {"sub.mx.deep.example": Mail()}),
        Domain("policy-gone.example", _policy("policy-gone.example"), {"mx.policy-gone.example": Mail(starttls="no")},
               Web(("scripted",), status=404)),
        *(simple(f"{fault}.testing.example", "testing", **mail) for fault, mail in FAULTS.items()),
        *(Domain(f"{fault}.none.example", "", {f"mx.{fault}.none.example": Mail(**mail)})
          for fault, mail in FAULTS.items()),
        Domain("mode-none.example", "none max_age=86400", {"mx.mode-none.example": Mail(starttls="no")}),
        Domain("temp.example", _policy("temp.example"), {"mx.hosts.example": Mail()}, zone="broken"),
        Domain("bogus.example", _policy("bogus.example"), {"mx.bogus.example": Mail()}, zone="bogus"),
        Domain("dane.example", _policy("dane.example"), {"mx.dane.example": Mail("cn-only", tlsa="3 1 1")}, **signed),
        Domain("dane-no-name.example", _policy("dane-no-name.example"),
               {"mx.dane-no-name.example": Mail("wrong-name", tlsa="3 1 1")}, **signed),
        Domain("dane-wrong.example", _policy("dane-wrong.example"), {"mx.dane-wrong.example": Mail(tlsa="wrong 3 1 1")},
               **signed),
        Domain("dane-testing.example", _policy("dane-testing.example", "testing"),
               {"mx.dane-testing.example": Mail(tlsa="wrong 3 1 1")}, **signed),
        Domain("dane-unsigned.example", _policy("dane-unsigned.example"),
               {"mx.dane-unsigned.example": Mail("wrong-name", tlsa="3 1 1")}),
        Domain("dane-mixed.example", _policy("", mx="*.dane-mixed.example"),
               {"mx1.dane-mixed.example": Mail(), "mx2.dane-mixed.example": Mail(tlsa="wrong 3 1 1")}, **signed),
        Domain("dane-first.example", _policy("", mx="*.dane-first.example"),
               {"mx1.dane-first.example": Mail("wrong-name", tlsa="3 1 1"),
                "mx2.dane-first.example": Mail()}, **signed),
        Domain("dane-behind.example", _policy("", mx="*.dane-behind.example"),
               {"mx1.dane-behind.example": Mail(starttls="no"),
                "mx2.dane-behind.example": Mail(tlsa="wrong 3 1 1")}, **signed),
        Domain("dane-outside.example", _policy("dane-outside.example", mx="mx1.dane-outside.example"),
               {"mx1.dane-outside.example": Mail(starttls="no", tlsa="3 1 1"),
                "mx2.dane-outside.example": Mail(tlsa="3 1 1")}, **signed),
        Domain("dane-unusable.example", _policy("dane-unusable.example"),
               {"mx.dane-unusable.example": Mail(tlsa="wrong 1 1 1")}, **signed),
        Domain("dane-ta.example", _policy("dane-ta.example"), {"mx.dane-ta.example": Mail(tlsa="2 0 1")}, **signed),
        Domain("dane-full.example", _policy("dane-full.example"),
               {"mx.dane-full.example": Mail("wrong-name", tlsa="3 1 0")}, **signed),
        _relay("mx.relay.example", _policy("", mx="mx.relay.example")),
        _relay("mx.stripped-relay.example", _policy("", mx="mx.stripped-relay.example"), starttls="no"),
        _relay("mx.unnamed-relay.example", _policy("", mx="other.unnamed-relay.example")),
        _relay("mx.literal.example", _policy("", mx="mx.literal.example"), starttls="no"),
        Domain("xn--kse-qla.example", _policy("", mx="*.xn--kse-qla.example"), {"mx.xn--kse-qla.example": Mail()}),
        Domain("xn--grn-ioa.example", _policy("", mx="mx.xn--grn-ioa.example"),
               {"mx.xn--grn-ioa.example": Mail(starttls="no")}),
    )


FAULTS = {"stripped": {"starttls": "no"}, "tls-454": {"starttls": "454"}, "wrong-name": {"certificate": "wrong-name"},
          "expired": {"certificate": "expired"}, "untrusted": {"certificate": "untrusted"}}


@pytest.fixture(scope="session")
def lab(request):
    """The lab with the domains of these tests."""
    running = Lab(parts=request.config.getoption("--lab-parts").split(","), table=table())
    yield running
    running.close()


def settings_of(name):
    """The settings that a block of docs/postfix.md gives to postconf, as main.cf has them."""
    words = shlex.split(COMMANDS[name].replace("\\\n", " "))
    after = words[words.index("postconf") + 2:]
    return [word.replace("=", " = ", 1) for word in takewhile(lambda word: "=" in word, after)]


def prepare(lab):
    """Starts Postfix as docs/postfix.md has it."""
    status = "/^5(\\.[0-9]+\\.[0-9]+ TLS is required, but host [^ ]+ refused to start TLS: .+)/ 4$1\n"
    (lab_postfix.ETC / "mta-sts-status").write_text(status)
    place = lab.postfix_place
    name = "policy-tlsrpt" if place.version() >= (3, 10) else "policy"
    running = lab_postfix.Postfix(place, SETTINGS.format(map=name),
                                  TRANSPORT.format(literal=lab.addresses["mx.literal.example"]))
    running.map = name
    return running


@pytest.fixture(scope="session")
def postfix(lab):
    """Postfix as docs/postfix.md has it."""
    running = prepare(lab)
    yield running
    running.stop()
