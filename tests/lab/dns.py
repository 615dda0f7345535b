"""The lab's DNS: Knot answers for the root and every domain, Unbound is the resolver that everybody asks."""

import subprocess
from pathlib import Path

from .namespace import STATE, LabError, command
from .processes import Program

FOLDER = STATE / "dns"
RESOLVER = "127.0.0.1"
_ROOT_SERVER = "a.root.lab"
# Who may update the zones that take updates: algorithm, name, secret.
TSIG = ("hmac-sha256", "panel", "bGFiJ3Mgb3duIHNlY3JldCBmb3IgdXBkYXRlcy4uLi4=")

_KNOT = """
server:
  rundir: {folder}
  listen: {address}@53
  automatic-acl: off
log:
- target: stderr
  any: info
database:
  storage: {folder}/knot
control:
  listen: {folder}/knot.sock
key:
- id: {tsig[1]}
  algorithm: {tsig[0]}
  secret: {tsig[2]}
acl:
- id: update
  key: {tsig[1]}
  action: update
policy:
- id: lab
  manual: on
  algorithm: ecdsap256sha256
  single-type-signing: on
template:
- id: default
  storage: {folder}
  file: "%s.zone"
  zonefile-load: whole
  zonefile-sync: -1
  journal-content: none
- id: signed
  storage: {folder}
  file: "%s.zone"
  zonefile-load: whole
  zonefile-sync: -1
  journal-content: none
  dnssec-signing: on
  dnssec-policy: lab
- id: updated
  storage: {folder}
  file: "%s.zone"
  zonefile-load: whole
  zonefile-sync: -1
  journal-content: none
  acl: update
zone:
{zones}
"""

_UNBOUND = """
server:
  interface: {resolver}
  username: ""
  chroot: ""
  directory: {folder}
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  root-hints: {folder}/hints
  module-config: "validator iterator"
  trust-anchor-file: {folder}/anchor
  num-threads: 1
  msg-cache-size: 4m
  rrset-cache-size: 4m
  verbosity: 1
remote-control:
  control-enable: yes
  control-interface: {folder}/unbound.sock
  control-use-cert: no
"""

_HEAD = """$TTL 300
{zone} SOA {server}. hostmaster.root.lab. {serial} 3600 600 86400 60
{zone} NS {server}.
"""


class Dns:
    """The name servers. Zones are lists of record lines with full owner names, each ending in a dot."""

    def __init__(self, address, root_records, zones, broken=(), signed=(), bogus=(), updated=()):
        """Serves `zones` (domain -> record lines) below a signed root with root_records.

        Domains in `broken` get SERVFAIL; those in `signed` have DNSSEC, and in `bogus` one that does not validate; those in
        `updated` take updates with TSIG."""
        self._serial = 1
        self._zones = dict(zones)
        (FOLDER / "knot").mkdir(parents=True)
        delegated = [*zones, *broken]
        listed = [f"- domain: {name}\n" + "  template: signed\n" * (name in {".", *signed, *bogus})
                  + "  template: updated\n" * (name in updated)
                  for name in [".", *delegated]]
        (FOLDER / "knot.conf").write_text(_KNOT.format(folder=FOLDER, address=address, tsig=TSIG, zones="".join(listed)))
        root = [f"{_ROOT_SERVER}. A {address}", *root_records]
        root += [f"{name}. NS {_ROOT_SERVER}." for name in delegated]
        root += [self._key(f"{name}.") for name in signed]
        root += [self._key(f"{name}.")[:-4] + "beef" for name in bogus]
        (FOLDER / "anchor").write_text(self._key(".") + "\n")
        self._write(".", root)
        for name, records in zones.items():
            self._write(f"{name}.", records)
        (FOLDER / "hints").write_text(f". 3600 NS {_ROOT_SERVER}.\n{_ROOT_SERVER}. 3600 A {address}\n")
        (FOLDER / "unbound.conf").write_text(_UNBOUND.format(folder=FOLDER, resolver=RESOLVER))
        Path("/etc/resolv.conf").unlink(missing_ok=True)
        Path("/etc/resolv.conf").write_text(f"nameserver {RESOLVER}\noptions trust-ad timeout:2 attempts:2\n")
        self.knot = Program("knot", ["knotd", "-c", FOLDER / "knot.conf"], self._knot_ready)
        self.unbound = Program("unbound", ["unbound", "-d", "-c", FOLDER / "unbound.conf"], self._unbound_ready)

    def records(self, name):
        """The record lines of one domain's zone."""
        return list(self._zones[name])

    def change(self, name, records):
        """Replaces the records of a domain and returns when every server and cache has the new ones."""
        self._zones[name] = list(records)
        self._serial += 1
        self._write(f"{name}.", records)
        command("knotc", "-b", "-s", FOLDER / "knot.sock", "zone-reload", name)
        self.forget(name)

    def forget(self, name):
        """Empties the resolver's cache for a domain."""
        self._control("flush_zone", name)
        self._control("flush_infra", "all")

    def stop(self):
        """Ends both name servers."""
        self.unbound.stop()
        self.knot.stop()

    @staticmethod
    def _key(zone):
        """Makes a zone's key and returns its DS record with SHA-256."""
        command("keymgr", "-c", FOLDER / "knot.conf", zone, "generate", "algorithm=13", "ksk=yes", "zsk=yes")
        lines = command("keymgr", "-c", FOLDER / "knot.conf", zone, "ds").splitlines()
        return next(line for line in lines if line.split()[4] == "2")

    def _write(self, zone, records):
        stem = "" if zone == "." else zone[:-1]
        head = _HEAD.format(zone=zone, server=_ROOT_SERVER, serial=self._serial)
        (FOLDER / f"{stem}.zone").write_text(head + "".join(f"{record}\n" for record in records))

    @staticmethod
    def _knot_ready():
        words = ["knotc", "-s", str(FOLDER / "knot.sock"), "status"]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    @staticmethod
    def _control(*words):
        command("unbound-control", "-c", FOLDER / "unbound.conf", *words)

    def _unbound_ready(self):
        try:
            self._control("status")
        except LabError:
            return False
        return True
