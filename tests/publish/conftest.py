"""The lab of this folder's tests: one domain whose zone takes updates, nginx with a store, and a domain with a directive."""

import shutil
from pathlib import Path

import pytest

NAME, DIRECTIVE = "panel.example", "directive.example"
DIRECTIVE_WORDS = f"testing mx=mx.{DIRECTIVE} max_age=604800"
STORE = Path("/var/lib/mta-sts-store/store.mdb")


@pytest.fixture(scope="session")
def lab():
    """The running lab with the domain; nginx serves the store for its policy host."""
    from lab import web
    from lab.domains import Domain, Mail
    from lab.lab import NGINX, Lab
    from lab.namespace import command

    domain = Domain(NAME, mail={f"mx.{NAME}": Mail()}, records=(f"web.{NAME}. A {NGINX}",), zone="updated")
    other = Domain(DIRECTIVE, DIRECTIVE_WORDS, mail={f"mx.{DIRECTIVE}": Mail()}, records=(f"mta-sts.{DIRECTIVE}. A {NGINX}",))
    running = Lab(parts=("mail",), table=[domain, other])
    STORE.parent.mkdir()
    STORE.parent.chmod(0o2750)
    shutil.chown(STORE.parent, group="www-data")
    command(running.program("mta-sts"), "store", "set", "other.example", "none")  # nginx starts with a store
    web.FOLDER.mkdir(exist_ok=True)
    made = running.ca.certificate(f"mta-sts.{NAME}", "long")
    nginx = web.start_nginx(NGINX, [(Domain(NAME, words=f"store={STORE}"), made),
                                    (other, running.ca.certificate(f"mta-sts.{DIRECTIVE}", "long"))])  # fmt: skip
    record = command(running.program("mta-sts"), "record", DIRECTIVE, *DIRECTIVE_WORDS.split())
    running.dns.change(DIRECTIVE, [*running.dns.records(DIRECTIVE), record.strip()])
    yield running
    nginx.stop()
    running.close()
