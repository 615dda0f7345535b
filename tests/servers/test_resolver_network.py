"""This host's network, name server, roots and ports in trouble: a real process in a network namespace of its own, where
Policy Hosts have public addresses."""

import ctypes
import os
import re
import subprocess

import pytest
import tls
from peers import A, SERVFAIL, PolicyHosts, Reply
from resolver import Client, Resolver, words_of
from world import DOMAINS, folder, names, policy_certificate, publish, start  # noqa: F401

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a network of its own")

NEW_NETWORK = 0x40000000
NETWORKS = "11.0.0.0/8"
ALIKE = ("temp", "fetches-fail-alike")
libc = ctypes.CDLL(None, use_errno=True)


def ip(*words) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@pytest.fixture(autouse=True)
def network():
    """A network namespace for this thread, and what it starts; it goes with the last of them."""
    outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    assert libc.unshare(NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
    try:
        ip("link", "set", "lo", "up")
        ip("route", "add", "local", NETWORKS, "dev", "lo")
        ip("address", "add", "10.99.0.1/32", "dev", "lo")
        yield
    finally:
        assert libc.setns(outside, NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
        os.close(outside)


@pytest.fixture
def hosts(network, policy_certificate):  # noqa: F811
    with PolicyHosts(policy_certificate, ["0.0.0.0"]) as server:
        yield server


@pytest.fixture
def spread(publish, names):  # noqa: F811
    """Publishes the domain with that number at a Policy Host in a network of its own."""

    def run(number: int) -> str:
        domain = DOMAINS[number]
        publish(domain)
        names.replies[f"mta-sts.{domain}", A] = Reply(records=[bytes([11, number, 0, 1])])
        return domain

    return run


def way_out(*route) -> None:
    """The only way to the Policy Hosts from now on; without a route, the one that works."""
    ip("route", "flush", "default")
    if route:
        ip("route", "del", "local", NETWORKS, "dev", "lo")
        ip("route", "add", *route)
    else:
        ip("route", "add", "local", NETWORKS, "dev", "lo")


def outcome(answer: dict) -> tuple:
    return answer["mode"], answer.get("reason")


def lines(resolver, pattern: str) -> int:
    return len(re.findall(pattern, resolver.log(), re.MULTILINE))


@pytest.mark.parametrize("kind", ["unreachable", "blackhole", "prohibit"])
def test_a_closed_route_is_no_domains_failure(start, spread, kind):  # noqa: F811
    domains = [spread(number) for number in range(16)]
    resolver = start()
    assert resolver.ask(domains[0])["mode"] == "enforce"
    way_out(kind, "default")
    resolver.expect_log("^error fetches-fail-alike .* see its routes")
    resolver.expect_log("^warning connect-failure ")  # the first three
    for domain in domains[1:5]:
        resolver.ask(domain)
    assert outcome(resolver.ask(domains[4])) == ALIKE
    assert {outcome(resolver.ask(domain)) for domain in domains[1:15]} == {ALIKE}
    assert resolver.ask(domains[0])["mode"] == "enforce"
    assert lines(resolver, "^error fetches-fail-alike ") == 1
    way_out()
    assert resolver.ask(domains[15])["mode"] == "enforce"
    assert {resolver.ask(domain)["mode"] for domain in domains} == {"enforce"}
    assert lines(resolver, "^info fetches-work ") == 1


def test_a_route_closed_from_the_start_is_not_even_the_first_domains(start, spread):  # noqa: F811
    first, second = spread(0), spread(1)
    way_out("unreachable", "default")
    resolver = start()
    resolver.expect_log("^error fetches-fail-alike ")
    assert outcome(resolver.ask(first)) == ALIKE
    assert outcome(resolver.ask(second)) == ALIKE
    way_out()
    assert {resolver.ask(domain)["mode"] for domain in (first, second)} == {"enforce"}
    assert lines(resolver, "^info fetches-work ") == 1


def test_a_policy_host_with_ipv6_alone_is_not_waited_for_without_ipv6(start, spread, names):  # noqa: F811
    ip("-6", "route", "add", "unreachable", "default")
    resolver = start()
    resolver.expect_log("^warning connect-failure ")
    for number in range(10):
        domain = spread(number)
        names.replies[f"mta-sts.{domain}", A] = Reply()
        names.replies[f"mta-sts.{domain}", 28] = Reply(records=[bytes([0x2A, 0, 0, number]) + bytes(11) + b"\1"])
        assert outcome(resolver.ask(domain)) == ("none", "connect-failure")


def test_a_firewall_that_drops_is_no_domains_failure(start, spread):  # noqa: F811
    domains = [spread(number) for number in range(14)]
    resolver = start()
    assert resolver.ask(domains[0])["mode"] == "enforce"
    way_out("default", "dev", "lo")  # back in, where nobody takes it
    resolver.expect_log("^error fetches-fail-alike .* port 443")
    resolver.expect_log("^warning connect-failure ")  # the first seven
    clients = [Client(resolver.socket_path) for _ in domains[1:11]]
    for client, domain in zip(clients, domains[1:11], strict=True):
        client.send(f"verdict {domain}\n".encode())
    for client in clients:
        assert words_of(client.line())["mode"] in ("none", "temp")
        client.socket.close()
    resolver.wait_for_log("^error fetches-fail-alike ")
    resolver.wait_until(lambda: all(outcome(resolver.ask(one)) == ALIKE for one in domains[1:11]), "mail that waits")
    assert outcome(resolver.ask(domains[11])) == ALIKE  # while its fetch still hangs
    assert resolver.ask(domains[0])["mode"] == "enforce"
    assert lines(resolver, "^error fetches-fail-alike ") == 1
    way_out()
    assert resolver.ask(domains[12])["mode"] == "enforce"
    resolver.wait_for_log("^info fetches-work ")


def test_roots_of_somebody_else_are_no_domains_failure(start, spread, tmp_path):  # noqa: F811
    domains = [spread(number) for number in range(14)]
    resolver = start()
    assert resolver.ask(domains[13])["mode"] == "enforce"  # what worked before says nothing
    other = tls.make_certificate(tmp_path, "other.test")
    right = (resolver.folder / "ca.pem").read_bytes()
    (resolver.folder / "ca.pem").write_bytes(other.authority.read_bytes())
    resolver.process.send_signal(1)
    resolver.wait_for_log("^info reloaded ")
    resolver.expect_log("^error fetches-fail-alike ")
    resolver.expect_log("^warning cert-untrusted ")
    for domain in domains[:4]:
        resolver.ask(domain)
    assert {outcome(resolver.ask(domain)) for domain in domains[:12]} == {ALIKE}
    (resolver.folder / "ca.pem").write_bytes(right)
    resolver.process.send_signal(1)
    resolver.wait_for_log("^info reloaded ", 2)
    assert resolver.ask(domains[11])["mode"] == "enforce"  # nobody waits out a pause
    assert {resolver.ask(domain)["mode"] for domain in domains[:12]} == {"enforce"}


def test_no_free_port_is_no_domains_failure(start, publish, hosts):  # noqa: F811
    domains = DOMAINS[:5]
    for domain in domains:
        publish(domain)
    resolver = start()
    least = 20000 if not 20000 <= hosts.port <= 20002 else 20010
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
        file.write(f"{least} {least + 2}")
    resolver.expect_log("^error fetch-internal .*Cannot assign requested address")
    hosts.gate.clear()  # each fetch keeps its port
    clients = {domain: Client(resolver.socket_path) for domain in domains}
    for domain, client in clients.items():
        client.send(f"verdict {domain}\n".encode())
        resolver.wait_until(
            lambda one=domain: one in hosts.fetched or lines(resolver, "^error fetch-internal ") > 0, "its fetch"
        )
    hosts.gate.set()
    answers = [words_of(client.line()) for client in clients.values()]
    for client in clients.values():
        client.socket.close()
    assert [answer["mode"] for answer in answers].count("temp") >= 1
    assert {outcome(answer) for answer in answers if answer["mode"] != "enforce"} == {("temp", "fetch-internal")}
    assert "--max-fetches" not in resolver.log()


def test_a_name_server_that_only_fails_is_told_of(start, names):  # noqa: F811
    names.everywhere = Reply(code=SERVFAIL)
    resolver = start()
    resolver.expect_log("^error txt-lookup-failed .*failed in a row")
    for number, domain in enumerate(DOMAINS[:10]):
        assert lines(resolver, "^error ") == (1 if number > 7 else 0)
        assert outcome(resolver.ask(domain)) == ("temp", "txt-lookup-failed")


def test_that_no_name_server_can_be_asked_is_told_of():
    with Resolver(options=["--dns", "127.0.0.1:9"]) as resolver:
        resolver.expect_log("^error txt-lookup-failed .*no name server")
        for domain in DOMAINS[:3]:
            assert outcome(resolver.ask(domain)) == ("temp", "txt-lookup-failed")
        assert lines(resolver, "^error ") == 1
