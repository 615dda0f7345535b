"""The fixtures of tests that ask a resolver: a name server, policy hosts, and processes that ask them."""

import shutil
import socket
import tempfile
from pathlib import Path

import pytest
import tls
from peers import NameServer, PolicyHosts, http, policy_text
from resolver import Resolver, stopped_at_the_end

DOMAINS = ["example.test", "second.test", "third.test", "xn--mnchen-3ya.test"] + [f"d{n}.test" for n in range(50)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def policy_certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("hosts"), *(f"mta-sts.{name}" for name in DOMAINS))


@pytest.fixture
def names():
    with NameServer() as server:
        yield server


@pytest.fixture
def hosts(policy_certificate):
    with PolicyHosts(policy_certificate) as server:
        yield server


@pytest.fixture
def start(request, names, hosts, policy_certificate, folder):  # the folder outlives what runs in it
    """Starts a resolver that asks `names` and `hosts`; all are stopped, and their logs checked, at the test's end."""
    with stopped_at_the_end(request) as begin:
        yield lambda *options, folder=None: begin(Resolver(names, hosts, policy_certificate, options, folder))


@pytest.fixture
def folder():
    """A folder that outlives a resolver, and that another user may enter."""
    path = Path(tempfile.mkdtemp(prefix="mta-sts-resolver-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def publish(names, hosts):
    """Gives a domain a record and a policy."""

    def run(domain="example.test", version="1", **policy):
        names.set_record(domain, f"v=STSv1; id={version};")
        hosts.answers[domain] = http(policy_text(**policy))

    return run
