"""Telling changes no delivery, whatever is wrong with the socket; and a session is told once, whoever shares it."""

import socket
import subprocess
import time
from pathlib import Path

import pytest
from lab.processes import wait_until
from outcomes import NO_POLICY, STARTTLS, STS, summary
from test_outcomes import SOCKET, socket_of_outcomes, told  # noqa: F401 (fixtures)

pytestmark = pytest.mark.asks("plugin")
DOMAIN = "wildcard.example"
SENDER = "someone@sender.example"


@pytest.fixture
def aside(told):
    """The socket's place, empty."""
    kept = Path(SOCKET).rename(f"{SOCKET}.aside")
    yield Path(SOCKET)
    kept.rename(SOCKET)


def fill(path):
    """Writes to a socket that nobody reads until it is full."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as writer, pytest.raises(BlockingIOError):
        while True:
            writer.sendto(b"x", str(path))


@pytest.mark.parametrize("trouble", ["full", "file", "folder", "nobody", "endless link"])
def test_a_delivery_goes_on(exim, policy, aside, trouble):
    policy("enforce", DOMAIN)
    reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    if trouble == "full":
        reader.bind(str(aside))
        aside.chmod(0o666)
        fill(aside)
    elif trouble == "file":
        aside.write_text("This is no socket.\n")
        aside.chmod(0o666)
    elif trouble == "folder":
        aside.mkdir()
    elif trouble == "endless link":
        aside.symlink_to(aside)
    try:
        delivery = exim.send(f"someone@{DOMAIN}")
    finally:
        reader.close()
        if trouble == "folder":
            aside.rmdir()
        else:
            aside.unlink(missing_ok=True)
    assert delivery.outcome == "delivered" and "T=mta_sts_enforce_remote_smtp" in delivery.line, delivery.lines
    assert sum("outcomes-untold" in line for line in delivery.lines) == 1, delivery.lines


def test_deliveries_side_by_side_are_told_one_by_one(exim, told, policy):  # noqa: F811
    policy("enforce", DOMAIN)
    words = ["exim4", "-C", str(exim.config), "-odf", "-i", "-f", SENDER, f"someone@{DOMAIN}"]
    running = [subprocess.Popen(words, stdin=subprocess.PIPE, text=True) for _ in range(8)]  # the kernel's queue has room for them
    for one in running:
        one.communicate("Subject: one of many\n\nHello.\n", timeout=300)
    assert summary(told.take()) == [(DOMAIN, STS, 0, ())] * len(running)


@pytest.mark.parametrize("mode, kind", [("none", NO_POLICY), ("testing", STS)])
@pytest.mark.parametrize("domain, failed, results", [(DOMAIN, 0, ()), ("tls-454.example", 1, (STARTTLS,)), ("stripped.example", 1, (STARTTLS,))])
def test_messages_that_share_a_connection_are_one_session(lab, exim, told, policy, mode, kind, domain, failed, results):  # noqa: F811
    if mode == "testing":
        policy(mode, domain)
    host = f"mx.{domain}"
    before = len(lab.scripted_mail.events(host))
    for _ in range(3):
        exim.run("-odqs", "-i", "-f", SENDER, f"someone@{domain}", input="Subject: one of three\n\nHello.\n")
    exim.run("-qq")

    def events():
        return [event["event"] for event in lab.scripted_mail.events(host)[before:]]

    wait_until(lambda: events().count("message") == 3, "three messages", seconds=120)
    assert events().count("connection") == 1
    wait_until(lambda: not exim.run("-bpc").stdout.strip("0\n"), "an empty queue", seconds=120)
    assert summary(told.take()) == [(domain, kind, failed, results)]
