"""Whose word for DNSSEC is believed: a name server that is not on this host may have been replaced by anybody."""

import os
import socket
import threading

import pytest

from lab.lab import SENDER
from lab.namespace import STATE, command
from lab.processes import Program

SECURE = "OK secure match=mx.dane.example servername=hostname"


def listens(map_socket):
    """Whether a connection to the socket is accepted."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(map_socket)) == 0


@pytest.fixture(scope="module")
def relay(lab):
    """The lab's validating resolver once more, at an address that is not loopback."""
    inbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inbox.bind((SENDER, 53))

    def serve():
        while True:
            question, asker = inbox.recvfrom(4096)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
                there.settimeout(10)
                there.sendto(question, ("127.0.0.1", 53))
                inbox.sendto(there.recv(4096), asker)
    threading.Thread(target=serve, daemon=True).start()
    return SENDER


@pytest.fixture
def ask(lab, tmp_path):
    """ask(options…): what a resolver started with them says of dane.example."""
    running = []

    def run(*options):
        base = STATE / f"trust-{len(os.listdir(STATE))}"
        base.mkdir()
        command("chown", "mta-sts:mta-sts", base)
        map_socket = base / "map.sock"
        words = ["mta-sts", "resolver", "--user", "mta-sts", "--socket", base / "s", "--cache", base / "cache",
                 "--postfix-socketmap", map_socket, *options]
        running.append(Program(base.name, words, lambda: listens(map_socket)))
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(str(map_socket))
            client.sendall(b"19:policy dane.example,")
            answer = client.recv(4096).decode()
        return answer.partition(":")[2].removesuffix(",")
    yield run
    for program in running:
        program.stop()


def test_a_name_server_on_loopback_is_believed(ask):
    assert ask("--dns", "127.0.0.1") == "OK dane-only"


def test_another_is_not_unless_the_administrator_says_so(ask, relay):
    assert ask("--dns", relay) == SECURE
    assert ask("--dns", relay, "--trust-ad") == "OK dane-only"


def test_resolv_conf_may_say_so(ask, relay):
    with open("/etc/resolv.conf", encoding="ascii") as file:
        before = file.read()
    try:
        for options, answer in (("", SECURE), ("options trust-ad\n", "OK dane-only")):
            with open("/etc/resolv.conf", "w", encoding="ascii") as file:
                file.write(f"nameserver {relay}\n{options}")
            assert ask() == answer
    finally:
        with open("/etc/resolv.conf", "w", encoding="ascii") as file:
            file.write(before)


def test_dane_can_be_left_out(ask):
    assert ask("--dns", "127.0.0.1", "--postfix-without-dane") == SECURE
