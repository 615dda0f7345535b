"""docs/farm-web.md: its commands and rows with a real PostgreSQL, in the order of the guide."""

import os
import re
import subprocess

from postgresql import ROOT, SCHEMA, needed
from stores import MTA_STS

GUIDE = (ROOT / "docs/farm-web.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- block: (\w+) -->\n```\w*\n(.*?)```", GUIDE, re.S))


def test_the_guide_has_the_blocks_that_are_tested():
    assert set(BLOCKS) == {"schema", "roles", "rows", "look"}


@needed
def test_the_guide_as_it_stands(postgresql, tmp_path):
    server = postgresql
    client = server.client("panel")
    server.do("postgres", "CREATE ROLE hosting LOGIN")
    server.do("postgres", "CREATE DATABASE panel OWNER hosting")
    path = f"{os.path.dirname(client[0])}:{os.path.dirname(MTA_STS)}:{os.environ['PATH']}"
    environment = dict(server.environment, PATH=path, PGHOST=str(server.folder), PGUSER="postgres")

    def run(block, **other):
        text = BLOCKS[block].replace("/usr/share/mta-sts/mta-sts-store.sql", str(SCHEMA)).replace("sudo -u postgres ", "")
        text = re.sub(r"sudo -u mta-sts-sync .*mta-sts store sync", f"mta-sts store sync --store {tmp_path}/store.mdb", text)
        text = text.replace("@db.example.net/panel?sslmode=verify-full", "@/panel?sslmode=disable")
        for old, new in other.items():
            text = text.replace(f"--{old.replace('_', '-')}", new)
        return subprocess.run(["bash", "-ec", text], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True).stdout

    for block in ("schema", "roles", "rows"):
        run(block)
    counts = "rows: 4, stored: 4, of these withdrawn: 0; removed: 0, refused: 0\n"
    assert run("look") == "store @hosted\nstore example.com\nstore example.net\nstore example.org\n" + counts
    assert run("look", dry_run="") == counts
    listed = subprocess.run([MTA_STS, "store", "export", "--store", tmp_path / "store.mdb"], capture_output=True, text=True, check=True).stdout
    assert [line.split(",")[0] for line in listed.splitlines()] == [
        '{"profile":"hosted"', '{"domain":"example.com"', '{"domain":"example.net"', '{"domain":"example.org"']  # fmt: skip


@needed
def test_the_address_of_the_service_checks_the_servers_certificate(postgresql, store, tmp_path):
    """As the guide writes it, with an authority of one's own, a password file, and a second server in the address."""
    server = postgresql
    address = re.search(r"^MTA_STS_FROM=(\S+)$", GUIDE, re.M)[1]
    authority = server.folder / "authority.pem"
    make = f"""openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=authority -keyout ca.key -out {authority}
               openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=db -addext subjectAltName=DNS:db.example.net -keyout db.key -out db.csr
               openssl x509 -req -in db.csr -CA {authority} -CAkey ca.key -days 1 -copy_extensions copy -out db.pem; chmod 600 db.key
               [ "$(id -u)" != 0 ] || chown nobody db.key"""
    subprocess.run(["sh", "-ec", make], cwd=server.folder, check=True, capture_output=True, timeout=60)
    server.make("tls")
    server.do("tls", "CREATE ROLE far LOGIN PASSWORD 'secret' IN ROLE mta_sts_node; INSERT INTO mta_sts.domain (domain, words) VALUES ('a.example', 'none')")
    rules = server.folder / "rules"
    rules.write_text("local all all trust\nhostssl all all all scram-sha-256\n", encoding="utf-8")
    rules.chmod(0o644)
    server.stop()
    server.start(*(word for name, value in {"listen_addresses": "127.54.32.1", "ssl": "on", "ssl_cert_file": server.folder / "db.pem",
                                            "ssl_key_file": server.folder / "db.key", "hba_file": rules}.items()
                   for word in ("-c", f"{name}={value}")))  # fmt: skip
    passwords = tmp_path / "passwords"
    passwords.write_text("*:*:tls:far:secret\n", encoding="utf-8")
    passwords.chmod(0o600)

    def sync(where, words="", root=authority):
        where = where.replace("web@", "far@").replace("/panel?", "/tls?").replace("/etc/ssl/certs/ca-certificates.crt", str(root)) + words
        command = [MTA_STS, "store", "sync", "--from", where, "--store", store.path, "--once", "--timeout", "3"]
        return subprocess.run(command, env=dict(server.environment, PGPASSFILE=str(passwords)), capture_output=True, text=True, timeout=60, check=False)

    try:
        assert "certificate verify failed" in sync(address, "&hostaddr=127.54.32.1", root="/etc/ssl/certs/ca-certificates.crt").stderr
        assert "does not match host name" in sync(address.replace("db.", "other."), "&hostaddr=127.54.32.1").stderr
        assert not store.path.exists()
        done = sync(address, "&hostaddr=127.54.32.1")
        assert done.returncode == 0, done
        done = sync(address.replace("@db.example.net", "@127.54.32.2,db.example.net"), "&hostaddr=127.54.32.2,127.54.32.1&target_session_attrs=primary")
        assert done.returncode == 0 and "stored: 0" in done.stdout, done
        passwords.chmod(0o644)
        done = sync(address, "&hostaddr=127.54.32.1")
        assert "no password supplied" in done.stderr, done
    finally:
        server.stop()
        server.start()
