"""Which name servers the resolver asks: real ones, dead, silent and failing ones, and a resolv.conf that changes."""

import contextlib
import itertools
import os
import re
import socket
import threading
from pathlib import Path

import pytest

from lab.domains import simple
from lab.lab import Lab
from lab.namespace import STATE, command
from lab.processes import Program, wait_until
from lab.resolver import RUN

RESOLV_CONF = Path("/etc/resolv.conf")
GOOD = "127.0.0.1"
DEAD = "127.0.0.9"  # nobody listens there
SILENT = "127.0.0.8"
LINK = "lo"  # link-local addresses need their zone here as on any other link
DOMAINS = [f"d{number}.example" for number in range(40)]


@pytest.fixture(scope="module")
def lab():
    """Forty domains with an enforce policy, and the resolver without --dns."""
    running = Lab(parts=["web", "resolver"], table=[simple(name) for name in DOMAINS])
    yield running
    running.close()


@pytest.fixture(scope="module")
def fresh():
    """A domain that nobody has asked for."""
    names = iter(DOMAINS)
    return lambda: next(names)


@pytest.fixture(autouse=True)
def silent_server():
    """A name server that takes questions and never says a word."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((SILENT, 53))
        yield server


def ask(domain):
    """The resolver's answer, as its socket gives it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(30)
        client.connect(str(RUN / "resolver.sock"))
        client.sendall(f"verdict {domain}\n".encode())
        with client.makefile() as answer:
            return answer.readline()


def name(*servers, path=RESOLV_CONF):
    """Puts a new file in the place of the old one, as network managers do."""
    new = path.with_name("resolv.conf.new")
    new.write_text("".join(f"nameserver {server}\n" for server in servers))
    os.replace(new, path)


def log(lab):
    return lab.resolver.program.log.read_text()


def changes(lab):
    return len(re.findall("name-servers-changed", log(lab)))


def settle(lab, *listed):
    """These name servers, and the resolver knows."""
    before = log(lab).count("info reloaded")
    name(*listed)
    lab.resolver.program.hang_up()
    wait_until(lambda: log(lab).count("info reloaded") > before, "the resolver's reload")


@contextlib.contextmanager
def servers(lab, *listed):
    """These name servers at first; the good one again afterwards."""
    settle(lab, *listed)
    try:
        yield
    finally:
        settle(lab, GOOD)


@pytest.mark.parametrize("first", [DEAD, SILENT, "192.0.2.53", "fe80::9%nowhere0"])
def test_a_first_server_that_cannot_answer_costs_no_verdict(lab, fresh, first):
    with servers(lab, first, GOOD):
        assert ask(fresh()).startswith("mode=enforce")
        assert ask(fresh()).startswith("mode=enforce")


def test_without_any_server_nothing_is_known(lab, fresh):
    domain = fresh()
    with servers(lab, DEAD):
        assert ask(domain).startswith("mode=temp reason=txt-lookup-failed")
    wait_until(lambda: ask(domain).startswith("mode=enforce"), "the repaired name server is asked")


def test_a_file_put_in_its_place_is_noticed_without_a_signal(lab, fresh):
    domain = fresh()
    with servers(lab, DEAD):
        assert ask(domain).startswith("mode=temp")
        before = changes(lab)
        name(GOOD)
        wait_until(lambda: ask(domain).startswith("mode=enforce"), "the repaired name server is asked")
        assert changes(lab) == before + 1


def test_a_file_written_in_place_is_noticed(lab, fresh):
    domain = fresh()
    with servers(lab, DEAD):
        assert ask(domain).startswith("mode=temp")
        RESOLV_CONF.write_text(f"# by hand\nnameserver {GOOD}\n")
        wait_until(lambda: ask(domain).startswith("mode=enforce"), "the repaired name server is asked")


def test_what_a_link_into_run_leads_to_is_followed(lab, fresh):
    domain = fresh()
    folder = Path("/run/systemd/resolve")
    folder.mkdir(parents=True, exist_ok=True)
    name(DEAD, path=folder / "resolv.conf")
    link = RESOLV_CONF.with_name("link.new")
    link.symlink_to("../run/systemd/resolve/resolv.conf")
    with servers(lab, GOOD):
        before = changes(lab)
        os.replace(link, RESOLV_CONF)
        others = (f"nobody{number}.example" for number in itertools.count())
        wait_until(lambda: ask(next(others)) and changes(lab) > before, "the link is followed")
        assert ask(domain).startswith("mode=temp")
        name(GOOD, path=folder / "resolv.conf")
        wait_until(lambda: ask(domain).startswith("mode=enforce"), "the file behind the link is read again")


def test_a_signal_reads_it_before_anybody_asks(lab):
    with servers(lab, GOOD):
        before = changes(lab)
        name(SILENT, GOOD)
        lab.resolver.program.hang_up()
        wait_until(lambda: changes(lab) == before + 1, "the signal's own look at the file")
        assert f"{SILENT} {GOOD}" in log(lab)


def test_a_question_on_its_way_goes_to_the_new_servers(lab, fresh, silent_server):
    domain = fresh()
    answers = []
    with servers(lab, SILENT):
        thread = threading.Thread(target=lambda: answers.append(ask(domain)))
        thread.start()
        try:
            silent_server.settimeout(30)
            assert silent_server.recv(512)
            name(GOOD)
        finally:
            thread.join()
    assert answers[0].startswith("mode=enforce")


def test_a_file_half_written_does_not_lead_to_this_host(lab, fresh):
    domain = fresh()
    with servers(lab, GOOD):
        before = changes(lab)
        RESOLV_CONF.write_text("")
        assert ask(domain).startswith("mode=enforce")
        RESOLV_CONF.unlink()
        assert ask(fresh()).startswith("mode=enforce")
        assert changes(lab) == before


def test_a_link_local_server_is_asked_through_its_interface(lab, fresh):
    command("ip", "address", "add", "fe80::53/64", "dev", LINK, "nodad")
    text = (STATE / "dns/unbound.conf").read_text()
    text = text.replace(f"interface: {GOOD}", f"interface: fe80::53%{LINK}\n  access-control: fe80::/10 allow")
    text = text.replace("unbound.sock", "link.sock")
    (STATE / "dns/link.conf").write_text(text)
    unbound = Program("unbound-link", ["unbound", "-d", "-c", STATE / "dns/link.conf"], lambda: answers_at("fe80::53"))
    try:
        with servers(lab, f"fe80::53%{LINK}"):
            assert ask(fresh()).startswith("mode=enforce")
            settle(lab, f"fe80::53%{socket.if_nametoindex(LINK)}")
            assert ask(fresh()).startswith("mode=enforce")
    finally:
        unbound.stop()
        command("ip", "address", "delete", "fe80::53/64", "dev", LINK)


def answers_at(address):
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        return client.connect_ex((address, 53, 0, socket.if_nametoindex(LINK))) == 0
