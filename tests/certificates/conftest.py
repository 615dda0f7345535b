"""The lab of this folder's tests: a provider's web server, customers whose names lead to it or not, an ACME authority."""

import shutil
from pathlib import Path

import pytest

PROVIDER, PLACE = "provider.example", "web.provider.example"
GOOD = ("example.com", "example.net")  # customers whose policy host is a CNAME to the provider
ALIAS = "example.org"  # one with addresses of its own, and an alias in the store
ELSEWHERE, HALF, ABSENT, BROKEN = "elsewhere.example", "half.example", "absent.example", "broken.example"
STORE = Path("/var/lib/mta-sts-store/store.mdb")


@pytest.fixture(scope="session")
def lab():
    """The running lab; nothing serves the web yet."""
    import pebble

    from lab.domains import Domain, Mail
    from lab.lab import APACHE, NGINX, SCRIPTED, Lab
    from lab.namespace import command, ipv6_of

    def host(name, *records, mx=None):
        return Domain(name, mail={mx or f"mx.{name}": Mail()}, records=tuple(f"mta-sts.{name}. {record}" for record in records))

    here = f"A {NGINX}"
    table = [
        Domain(PROVIDER, records=(f"{PLACE}. A {NGINX}", f"{PLACE}. AAAA {ipv6_of(NGINX)}")),
        Domain("authority.example", records=(f"{pebble.NAME}. A {SCRIPTED}",)),
        *(host(name, f"CNAME {PLACE}.") for name in GOOD), host(ALIAS, here, mx=f"mx.{GOOD[0]}"), host(ELSEWHERE, f"A {APACHE}"),
        host(HALF, here, f"AAAA {ipv6_of(APACHE)}"), host(ABSENT), Domain(BROKEN, zone="broken"),
    ]  # fmt: skip
    running = Lab(parts=("acme",), table=table)
    STORE.parent.mkdir()
    STORE.parent.chmod(0o2750)
    shutil.chown(STORE.parent, group="www-data")
    lines = "".join(f"{name},testing mx=mx.{name}\n" for name in (*GOOD, ELSEWHERE, HALF, ABSENT))
    command("mta-sts", "store", "import", "-", input=lines)
    command("mta-sts", "store", "set", ALIAS, "--alias", GOOD[0])
    running.authority = pebble.Pebble(SCRIPTED, running.ca.certificate(pebble.NAME), running.ca.root)
    yield running
    running.authority.stop()
    running.close()
