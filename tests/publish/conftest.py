"""The lab of this folder's tests: one domain whose zone takes updates, and nginx with a store."""

import shutil
from pathlib import Path

import pytest

NAME = "panel.example"
STORE = Path("/var/lib/mta-sts-store/store.mdb")


@pytest.fixture(scope="session")
def lab():
    """The running lab with the domain; nginx serves the store for its policy host."""
    from lab import web
    from lab.domains import Domain, Mail
    from lab.lab import NGINX, Lab
    from lab.namespace import command

    domain = Domain(NAME, mail={f"mx.{NAME}": Mail()}, records=(f"web.{NAME}. A {NGINX}",), zone="updated")
    running = Lab(parts=(), table=[domain])
    STORE.parent.mkdir()
    STORE.parent.chmod(0o2750)
    shutil.chown(STORE.parent, group="www-data")
    command(running.program("mta-sts"), "store", "set", "other.example", "none")  # nginx starts with a store
    web.FOLDER.mkdir(exist_ok=True)
    made = running.ca.certificate(f"mta-sts.{NAME}")
    nginx = web.start_nginx(NGINX, [(Domain(NAME, words=f"store={STORE}"), made)])
    yield running
    nginx.stop()
    running.close()
