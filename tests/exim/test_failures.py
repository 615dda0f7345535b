"""Whatever breaks on the way to a verdict: no mail is lost, none goes out unprotected, and the log says what to do."""

import os
import socket
import subprocess

import pytest

from conftest import clear_spool, configure
from lab.exim import PLUGIN
from scripted_resolver import SOCKET, hang_up, policy_line, raw, silence

DOMAIN, HOST = "wildcard.example", "mx.wildcard.example"
ENFORCE = policy_line("enforce", HOST)
CALL = f"{PLUGIN}}}{{mta_sts_verdict"


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


def expect_temp(lab, exim, reason, mend):
    """The same, for a verdict of mode temp."""
    line = f"MTA-STS {reason}: the policy of {DOMAIN} is not known, the mail waits"
    return expect_deferred(lab, exim, "R=mta_sts_temp", line, mend)


_GROUPS = {"root": "root", "Debian-exim": "Debian-exim", "nobody": "nogroup"}


def expand(text, user="root"):
    """What `exim -be` makes of a text, called by a user as a person would; its main group is the only one."""
    words = ["setpriv", f"--reuid={user}", f"--regid={_GROUPS[user]}", "--clear-groups", "exim4", "-be"]
    done = subprocess.run(words, input=f"{text}\n", text=True, capture_output=True, check=False, timeout=60)
    return "\n".join(line.removeprefix("> ") for line in (done.stdout + done.stderr).splitlines()).strip()


def ask(domain, *words, user="root"):
    """The verdict line that the plugin gives in `exim -be`."""
    return expand(f"${{dlfunc{{{CALL}}}{{{domain}}}" + "".join(f"{{{word}}}" for word in words) + "}", user)


@pytest.mark.parametrize("unlink", [False, True])
def test_no_resolver(lab, exim, resolver, policy, unlink):
    policy("enforce", DOMAIN)
    resolver.stop(unlink)
    delivery = expect_temp(lab, exim, "resolver-unreachable", f"start the resolver at {SOCKET}")
    resolver.restart()
    again = exim.retry(delivery)
    assert again.outcome == "delivered" and "CV=yes" in again.line, again.lines


@pytest.mark.parametrize("answer", [
    "mode=maybe source=none",
    "mode=enforce source=cache",
    ENFORCE.replace("! ^mx", "! ^evil"),  # a filter that is not the policy's
    ENFORCE + " mode=none",
    "mode=none",
    "",
    "HTTP/1.1 200 OK",
    "mode=none source=none extra=${run{/bin/true}}",
])
def test_an_answer_outside_the_grammar(lab, exim, resolver, answer):
    resolver.answers[DOMAIN] = answer
    expect_temp(lab, exim, "answer-garbled", f"mta-sts verdict {DOMAIN} says more")


@pytest.mark.parametrize("script", [hang_up, raw(b"mode=none source=none"), raw(b"mode=none\0source=none\n"),
                                    raw(b"mode=none source=none\nmode=none source=none\n"), raw(b"a" * 600000)])
def test_an_answer_that_is_no_line(lab, exim, resolver, script):
    resolver.answers[DOMAIN] = script
    expect_temp(lab, exim, "answer-garbled", "says more")


def test_a_resolver_that_hangs_up_without_a_word(lab, exim, resolver):
    resolver.answers[DOMAIN] = raw(b"")
    expect_temp(lab, exim, "resolver-unreachable", "start the resolver")


def test_a_resolver_that_says_nothing(lab, resolver):
    resolver.answers[DOMAIN] = silence
    assert ask(DOMAIN, f"socket={SOCKET}", "wait=1") == "mode=temp reason=deadline source=none"


def test_a_resolver_that_cannot_know(lab, exim, resolver):  # P6
    resolver.answers[DOMAIN] = "mode=temp reason=txt-lookup-failed source=none"
    expect_temp(lab, exim, "txt-lookup-failed", f"mta-sts verdict {DOMAIN} says more")


def test_no_plugin(lab, resolver, policy):
    policy("enforce", DOMAIN)
    clear_spool()
    exim = configure("MTA_STS_PLUGIN = /nonexistent/mta_sts.so\n")
    expect_deferred(lab, exim, "/nonexistent/mta_sts.so")


def test_the_reason_reaches_the_sender_of_a_bounce_and_the_queue_list(lab, exim, resolver):
    resolver.answers[DOMAIN] = "mode=temp reason=txt-lookup-failed source=none"
    delivery = exim.send(f"someone@{DOMAIN}")
    assert "txt-lookup-failed" in exim.run("-Mvl", delivery.message_id).stdout


def test_the_largest_policy_is_obeyed(lab, exim, resolver, policy):  # R37
    names = [f"*.a{number}.example" for number in range(3500)]
    policy("enforce", DOMAIN, *names, HOST)
    assert exim.send(f"someone@{DOMAIN}").outcome == "delivered"
    policy("enforce", DOMAIN, *names)
    expect_deferred(lab, exim, "R=mta_sts_no_matching_mx", "sts-mx-mismatch")


# The plugin by itself, called as Exim calls it. root routes; Debian-exim checks recipients; others test addresses.

@pytest.mark.parametrize("user", ["root", "Debian-exim"])
def test_root_and_exim_may_ask(lab, exim, resolver, user):
    resolver.answers[DOMAIN] = ENFORCE
    assert ask(DOMAIN, f"socket={SOCKET}", user=user) == ENFORCE


def test_others_are_told_that_they_may_not(lab, exim):
    assert ask(DOMAIN, f"socket={SOCKET}", user="nobody") == "mode=temp reason=socket-permission source=none"


@pytest.mark.parametrize("domain, reason", [
    ("", "domain-empty"),
    ("${sg{" + "a" * 250 + "}{a}{aaaaa}}", "domain-too-long"),  # Exim reads no line that long
    (r"a\nverdict good.example", "domain-bad-character"),
    (r"a\rb", "domain-bad-character"),
    ("a b", "domain-bad-character"),
])
def test_domains_that_are_none(lab, exim, resolver, domain, reason):
    assert ask(domain, f"socket={SOCKET}") == f"mode=temp reason={reason} source=none"
    assert resolver.asked == []


@pytest.mark.parametrize("words", [["wait=soon"], ["socket=relative"], ["x"], ["wait=1", "wait=2"]])
def test_arguments_that_are_none(lab, exim, words):
    assert ask(DOMAIN, *words) == "mode=temp reason=bad-argument source=none"


def test_eight_arguments(lab, exim):
    """Exim 4.96 counts these wrongly; the plugin must not follow it into memory that is not there."""
    assert ask(DOMAIN, *["wait=1"] * 7) == "mode=temp reason=bad-argument source=none"


def test_the_certificate_check_refuses_what_it_does_not_understand(lab, exim):
    def check(*words):
        return expand(f"${{dlfunc{{{PLUGIN}}}{{mta_sts_cert}}" + "".join(f"{{{word}}}" for word in words) + "}")
    assert check("mx.a.example", r"b.example\nmx.a.example") == ""
    assert "certificate-host-mismatch" in check("mx.a.example", "b.example")
    assert "bad-argument" in check("mx.a.example")


def serve_as(user_id, path, answer):
    """A resolver in a process of another user that answers one connection; gives its process id."""
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(user_id)
            os.setuid(user_id)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(path))
            listener.listen()
            os.write(tell, b"x")
            connection, _ = listener.accept()
            if connection.recv(100):
                connection.sendall(answer.encode() + b"\n")
        finally:
            os._exit(0)
    os.read(ready, 1)
    os.close(ready)
    os.close(tell)
    return child


@pytest.mark.parametrize("user, expected", [(902, "mode=none source=none"),  # mta-sts
                                            (65534, "mode=temp reason=peer-not-trusted source=none")])
def test_only_root_and_the_resolvers_user_are_believed(lab, exim, tmp_path_factory, user, expected):
    folder = tmp_path_factory.mktemp("peer")
    for above in [folder, *folder.parents[:-1]]:
        above.chmod(0o777)
    child = serve_as(user, folder / "s", "mode=none source=none")
    assert ask(DOMAIN, f"socket={folder}/s") == expected
    os.waitpid(child, 0)


def test_exim_has_nothing_to_panic_about(lab, exim, resolver, policy):
    panic = exim.log.with_name("paniclog")
    panic.unlink(missing_ok=True)
    policy("enforce", DOMAIN)
    assert exim.send(f"someone@{DOMAIN}").outcome == "delivered"
    resolver.stop()
    expect_temp(lab, exim, "resolver-unreachable", "start the resolver")
    assert not panic.exists(), panic.read_text()
