"""The plugin by itself, called as Exim calls it, and what Exim does without it. root routes; Debian-exim checks
recipients; others test addresses."""

import os
import socket
import subprocess

import pytest

from lab.exim import PLUGIN
from scripted_resolver import SOCKET, silence
from test_failures import DOMAIN, ENFORCE, expect_deferred, expect_temp

pytestmark = pytest.mark.asks("plugin")
CALL = f"{PLUGIN}}}{{mta_sts_verdict"
_GROUPS = {"root": "root", "Debian-exim": "Debian-exim", "nobody": "nogroup"}


def expand(text, user="root"):
    """What `exim -be` makes of a text, called by a user as a person would; its main group is the only one."""
    words = ["setpriv", f"--reuid={user}", f"--regid={_GROUPS[user]}", "--clear-groups", "exim4", "-be"]
    done = subprocess.run(words, input=f"{text}\n", text=True, capture_output=True, check=False, timeout=60)
    return "\n".join(line.removeprefix("> ") for line in (done.stdout + done.stderr).splitlines()).strip()


def ask(domain, *words, user="root"):
    """The verdict line that the plugin gives in `exim -be`."""
    return expand(f"${{dlfunc{{{CALL}}}{{{domain}}}" + "".join(f"{{{word}}}" for word in words) + "}", user)


def test_a_resolver_that_says_nothing(lab, exim, resolver):
    resolver.answers[DOMAIN] = silence
    assert ask(DOMAIN, f"socket={SOCKET}", "wait=1") == "mode=temp reason=deadline source=none"


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


@pytest.mark.parametrize("change, reason", [
    (lambda: None, "plugin-missing"),
    (lambda: PLUGIN.write_text("no plugin"), ""),  # the expansion fails, and the router defers
])
def test_no_plugin(lab, exim, resolver, policy, change, reason):
    policy("enforce", DOMAIN)
    kept = PLUGIN.read_bytes()
    PLUGIN.unlink()
    try:
        change()
        if reason:
            expect_temp(lab, exim, reason)
        else:
            expect_deferred(lab, exim, "R=mta_sts_verdict_dnslookup")
    finally:
        PLUGIN.unlink(missing_ok=True)
        PLUGIN.write_bytes(kept)


def test_a_plugin_that_goes_before_the_certificate_comes(lab, exim, resolver, policy):
    """A host is not believed because nobody is there to judge its certificate."""
    def answer(connection):
        PLUGIN.unlink()
        connection.sendall(f"{ENFORCE}\n".encode())
    kept = PLUGIN.read_bytes()
    resolver.answers[DOMAIN] = answer
    try:
        expect_deferred(lab, exim, "MTA-STS plugin-missing")
    finally:
        PLUGIN.write_bytes(kept)
