"""`mta-sts tlsrpt send --check`: whether a domain wants reports, and would accept those of this host."""

import pytest
from peers import MX, SERVFAIL, TXT, Reply, txt_reply
from test_own_reports import HOST, count, names, receiver_certificate  # noqa: F401
from test_resolver_outcomes import outcome

KEY = "sel._domainkey.sender.test"


@pytest.mark.parametrize(
    "key, code, says",
    [
        ("v=DKIM1; s=email:tlsrpt; p=AAAA", 0, "ok      DKIM key"),
        ("v=DKIM1; p=AAAA", 0, "warning DKIM key"),
        ("v=DKIM1; s=tlsrpt; p=AAAA", 1, "error   DKIM key"),
        ("v=DKIM1; p=", 1, "error   DKIM key"),
    ],
)
def test_a_check_says_whether_a_report_would_be_accepted(count, key, code, says):
    sender = count({"a.test": [outcome("a.test")]})
    mx = Reply(records=[b"\0\x0a\x02mx\x04rua1\x04test\0"])
    sender.names.replies.update({("rua1.test", MX): mx, (KEY, TXT): txt_reply(key), ("sender.test", TXT): txt_reply("v=spf1 mx -all"),
                                 ("_dmarc.sender.test", TXT): txt_reply("v=DMARC1; p=reject")})  # fmt: skip
    sender.want_reports("a.test", "mailto:tls@rua1.test", f"https://{HOST}/in")
    said = sender.send("--check", "a.test", "--dkim-selector", "sel", code=code)
    assert says in said and said.count("ok ") >= 5, said
    assert sender.received() == []
    assert says in sender.send("--check", "tls@rua1.test", "--dkim-selector", "sel", code=code)


def test_a_check_finds_what_would_lose_a_report(count):
    sender = count({"a.test": [outcome("a.test")]})
    assert "error   a.test has no usable TLSRPT record" in sender.send("--check", "a.test", code=1)
    null_mx = Reply(records=[b"\0\0\0"])
    sender.names.replies["null.test", MX] = null_mx
    said = sender.send("--check", "a@null.test", code=1)
    assert "takes no mail" in said and "warning there is no SPF record" in said and "warning DKIM" in said
    sender.names.replies["_smtp._tls.c.test", TXT] = Reply(code=SERVFAIL)
    assert "could not be looked up" in sender.send("--check", "c.test", code=3)
    assert "bad-option" in sender.send("--check", "a b", code=2)
