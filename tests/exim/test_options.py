"""Options of an administrator's routers, transports and ACLs that a policy must hold with, and that must hold beside a policy."""

import subprocess

import pytest

from conftest import LOG, SPOOL
from lab.exim import SENDER, Exim, including, set_up
from test_configuration import PLAIN, fresh  # noqa: F401 (a fixture)

pytestmark = pytest.mark.asks("plugin")
DOMAIN, HOST = "wildcard.example", "mx.wildcard.example"
PATH = "/etc/exim4/options-with.conf"


def changed(*changes, mode="enforce"):
    """The plain configuration with pieces replaced, made to obey."""
    text = PLAIN.format(name=SENDER, spool=SPOOL, macros="")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    set_up(mode, Exim.trusted_config("options-without.conf", text))
    exim = Exim(Exim.trusted_config("options-with.conf", including(text)), LOG)
    exim.check()
    return exim


def router(options):
    """The change that puts a manualroute router with these options in the place of the one that looks up MX records."""
    return ("  driver = dnslookup\n", f"  driver = manualroute\n{options}")


def check(*words):
    done = subprocess.run(["mta-sts", "exim-check", "--config", PATH, *words], text=True, capture_output=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def by_smtp(exim, *recipients):
    """Hands over one message by SMTP; gives the lines that Exim logs."""
    before = LOG.stat().st_size if LOG.exists() else 0
    commands = ["EHLO sender.example", f"MAIL FROM:<someone@{SENDER}>", *(f"RCPT TO:<{one}>" for one in recipients), "DATA"]
    said = exim.run("-odf", "-bs", input="\r\n".join([*commands, "Subject: by SMTP", "", "Hello.", ".", "QUIT", ""])).stdout
    assert "250 OK id=" in said, said
    with LOG.open() as log:
        log.seek(before)
        return log.read().splitlines()


def test_cutthrough_delivery_takes_no_session_of_another_name(lab, resolver, policy):
    """Both MX hosts have one address; the certificate there is good for one of their names."""
    exim = changed(("begin acl\n", "acl_smtp_rcpt = recipients\n\nbegin acl\n\nrecipients:\n  warn control = cutthrough_delivery\n  accept verify = recipient\n"))
    policy("enforce", DOMAIN)
    policy("enforce", "borrowed.example")
    lines = by_smtp(exim, f"a@{DOMAIN}", "b@borrowed.example")
    assert [line for line in lines if f"=> a@{DOMAIN} R=mta_sts_enforce_dnslookup" in line and "CV=yes" in line], lines
    assert [line for line in lines if "== b@borrowed.example R=mta_sts_enforce_dnslookup" in line and "certificate verification failed" in line], lines


def test_cutthrough_delivery_stays_where_no_policy_is(lab, resolver):
    exim = changed(("begin acl\n", "acl_smtp_rcpt = recipients\n\nbegin acl\n\nrecipients:\n  warn control = cutthrough_delivery\n  accept verify = recipient\n"))
    assert [line for line in by_smtp(exim, f"a@{DOMAIN}") if f">> a@{DOMAIN} R=mta_sts_plain_dnslookup" in line]


def test_a_callout_that_holds_its_session_is_a_fault(lab, resolver):
    changed(("begin acl\n", "acl_smtp_rcpt = recipients\n\nbegin acl\n\nrecipients:\n  accept verify = recipient/callout=10s,hold,use_sender\n"))
    code, said = check()
    assert code == 1 and "exim-callout-hold" in said, said
    assert "callout" in set_up("enforce", PATH)


@pytest.mark.parametrize("pattern", [r"\N^(?:good|deep)\.example$\N", r"\N^[[:alpha:]]+\.example$\N", "^(?:good)\\N\\.\\Nexample\\$"])
def test_a_pattern_with_colons_in_a_table_of_hosts(lab, resolver, policy, pattern):
    exim = changed(router(f"  route_list = {pattern} mx.stripped.example ; * {HOST}\n"))
    policy("enforce", "mx.stripped.example", "mx.stripped.example")
    delivery = exim.send("someone@good.example")
    assert delivery.outcome == "deferred" and "H=mx.stripped.example" in delivery.line, delivery.lines
    assert exim.send("someone@1.example").outcome == "delivered"
    assert resolver.asked == ["mx.stripped.example", HOST]


def test_an_item_of_a_table_without_hosts(lab, resolver):
    exim = changed(router(f"  route_list = none.example ; * {HOST}\n"))
    assert exim.send("someone@good.example").outcome == "delivered"


def test_enforce_speaks_esmtp_where_the_transport_avoids_it(lab, resolver, policy):
    exim = changed(("driver = smtp\n", "driver = smtp\n  hosts_avoid_esmtp = *\n"))
    policy("enforce", DOMAIN)
    delivery = exim.send(f"someone@{DOMAIN}")
    assert delivery.outcome == "delivered" and "CV=yes" in delivery.line, delivery.lines


def test_a_domain_that_must_have_mx_records_waits_for_its_policy(lab, resolver, policy):
    exim = changed(("  no_more\n", "  mx_domains = *\n  fail_defer_domains = *\n  no_more\n"))
    policy("enforce", DOMAIN, "mx.other.example")
    delivery = exim.send(f"someone@{DOMAIN}")
    assert delivery.outcome == "deferred" and "sts-mx-mismatch" in delivery.line, delivery.lines
    code, said = check("--domain", DOMAIN)
    assert code == 0, said


@pytest.mark.parametrize("mode", ["enforce", "observe"])
def test_a_table_by_the_routers_own_name(lab, resolver, mode):
    exim = changed(router(f"  route_data = ${{if eq{{$router_name/${{router_name}}}}{{dnslookup/dnslookup}}{{{HOST}}}fail}}\n"), mode=mode)
    assert exim.send("someone@good.example").outcome == "delivered"
    assert resolver.asked == [HOST]


def test_a_transport_that_asks_for_its_own_name(lab, resolver, policy):
    exim = changed(("driver = smtp\n", "driver = smtp\n  helo_data = ${if eq{$transport_name}{remote_smtp}{own.example}{other.example}}\n"))
    for mode in ("testing", "enforce"):
        policy(mode, DOMAIN)
        assert exim.send(f"someone@{DOMAIN}").outcome == "delivered"
        assert [event["helo"] for event in lab.scripted_mail.events(HOST) if "helo" in event][-1:] == ["own.example"]


def test_a_table_whose_host_is_gone_is_passed(lab, resolver, policy):
    """The policy that a probe is about is that of the router which takes the mail in the end."""
    exim = changed(("begin routers\n", "begin routers\n\nfirst:\n  driver = manualroute\n  route_list = * gone.good.example\n  host_find_failed = pass\n  transport = remote_smtp\n"))
    policy("enforce", DOMAIN)
    assert exim.send(f"someone@{DOMAIN}").outcome == "delivered"
    code, said = check("--domain", DOMAIN)
    assert code == 0 and f"obeys the policy of {DOMAIN}" in said, said


def test_copies_that_go_to_a_smart_host_first(lab, resolver):
    changed(("begin routers\n", "begin routers\n\nfirst:\n  driver = manualroute\n  route_list = * mx1.good.example\n  unseen\n  transport = remote_smtp\n"))
    code, said = check("--domain", DOMAIN)
    assert code == 0 and "takes the router first and obeys the policy of mx1.good.example" in said, said
