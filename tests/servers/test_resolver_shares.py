"""A stranger with some addresses and many domains fills a small cache: whose policies are in it then."""

import pytest
import tls
from peers import NXDOMAIN, A, PolicyHosts, Reply, http, policy_text
from resolver import Resolver, stopped_at_the_end
from world import folder, names  # noqa: F401

KNOWN = [f"known{n}.test" for n in range(4)]
NEW = [f"new{n}.test" for n in range(4)]
STRANGERS = [f"d{n}.stranger.test" for n in range(32)]
LARGE = [f"mx{n}.{'a' * 40}.example.net" for n in range(1000)]  # in a policy of nearly 64 KiB

# The stranger has four addresses, each of the others its own.
ADDRESS_OF = {
    **{domain: (127, 0, 1, 1 + n) for n, domain in enumerate(KNOWN)},
    **{domain: (127, 0, 2, 1 + n) for n, domain in enumerate(NEW)},
    **{domain: (127, 0, 3, 1 + n % 4) for n, domain in enumerate(STRANGERS)},
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("shares"), *(f"mta-sts.{name}" for name in ADDRESS_OF))


@pytest.fixture
def hosts(certificate):
    addresses = sorted({".".join(map(str, address)) for address in ADDRESS_OF.values()})
    with PolicyHosts(certificate, addresses) as server:
        yield server


@pytest.fixture
def publish(names, hosts):  # noqa: F811
    def run(domain, **policy):
        names.set_record(domain, "v=STSv1; id=1;")
        names.replies["mta-sts." + domain, A] = Reply(records=[bytes(ADDRESS_OF[domain])])
        hosts.answers[domain] = http(policy_text(**policy))

    return run


@pytest.fixture
def start(request, names, hosts, certificate, folder):  # noqa: F811
    with stopped_at_the_end(request) as begin:
        yield lambda *options: begin(Resolver(names, hosts, certificate, options, folder))


def modes_under_attack(resolver, names, hosts, domains) -> dict:  # noqa: F811
    """What mail is told while nobody on the way lets a record or a policy host be seen: what is known, or `none`."""
    names.everywhere = Reply(code=NXDOMAIN)
    fetched = len(hosts.fetched)
    modes = {domain: resolver.ask(domain)["mode"] for domain in domains}
    names.everywhere = None
    assert len(hosts.fetched) == fetched
    return modes


class TestStrangersWithManyDomains:
    @pytest.mark.parametrize(
        "limit", [("--max-entries", 20), ("--max-cache-bytes", 512 << 10)], ids=["places", "file"]
    )
    def test_keep_nobodys_policy_out(self, start, publish, names, hosts, limit):  # noqa: F811  R85, R95
        for domain in ADDRESS_OF:
            publish(domain, **({"mx": LARGE} if domain in STRANGERS else {}))
        resolver = start(*limit)
        for domain in KNOWN:
            assert resolver.ask(domain)["mode"] == "enforce"
        for domain in STRANGERS * 2:  # asked again, so that they are worth as much as any other
            assert resolver.ask(domain)["mode"] == "enforce"
        for domain in NEW:
            assert resolver.ask(domain)["mode"] == "enforce"
        for domain in STRANGERS:
            resolver.ask(domain)
        others = dict.fromkeys(KNOWN + NEW, "enforce")
        assert modes_under_attack(resolver, names, hosts, KNOWN + NEW) == others
        resolver.stop()
        again = start(*limit)
        assert modes_under_attack(again, names, hosts, KNOWN + NEW) == others
        kept = {entry["domain"] for entry in again.admin("cache list")["entries"]}
        assert kept & set(STRANGERS)  # the room that the others leave is used
