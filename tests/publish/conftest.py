"""The lab of this folder's tests: domains whose zones take updates, nginx with a store for them, and a domain with a directive."""

import shutil
from pathlib import Path

import pytest

NAME, DIRECTIVE = "panel.example", "example.org"
DIRECTIVE_WORDS = f"testing mx=mail.{DIRECTIVE} max_age=604800"
MAIL_HOSTS = {NAME: f"mx.{NAME}", "example.com": "mail.example.com", "example.net": "mx.example.net"}
STORE = Path("/var/lib/mta-sts-store/store.mdb")


@pytest.fixture(scope="session")
def lab():
    """The running lab with the domains; nginx serves the store for their policy hosts."""
    from lab import web
    from lab.domains import Domain, Mail
    from lab.lab import NGINX, Lab
    from lab.namespace import command

    stored = [Domain(name, f"store={STORE}", {host: Mail()}, records=(f"web.{name}. A {NGINX}",), zone="updated")
              for name, host in MAIL_HOSTS.items()]  # fmt: skip
    other = Domain(DIRECTIVE, DIRECTIVE_WORDS, {f"mail.{DIRECTIVE}": Mail()}, records=(f"mta-sts.{DIRECTIVE}. A {NGINX}",))
    elsewhere = [Domain("example.edu", records=("example.edu. MX 10 mx1.provider.example.", "example.edu. MX 20 mx2.provider.example.")),
                 Domain("example.info", records=("example.info. MX 10 mx.example.net.",))]  # fmt: skip
    running = Lab(parts=("mail",), table=[*stored, other, *elsewhere])
    STORE.parent.mkdir()
    STORE.parent.chmod(0o2750)
    shutil.chown(STORE.parent, group="www-data")
    command(running.program("mta-sts"), "store", "set", "other.example", "none")  # nginx starts with a store
    web.FOLDER.mkdir(exist_ok=True)
    nginx = web.start_nginx(NGINX, [(domain, running.ca.certificate(f"mta-sts.{domain.name}", "long")) for domain in (*stored, other)])
    running.dns.change(DIRECTIVE, [*running.dns.records(DIRECTIVE), running.record(other)])
    yield running
    nginx.stop()
    running.close()
