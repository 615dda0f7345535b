"""Sessions of yesterday, counted by the real resolver, and `mta-sts tlsrpt send` on them, as the user of its unit."""

import contextlib
import json
import socket
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from .namespace import command
from .processes import wait_until
from .resolver import USER

FROM = "tls-reports@sender.example"
AS_UNIT = {"user": USER, "group": USER, "extra_groups": [], "umask": 0o077}


def datagram(domain, failed=False):
    """A session in libtlsrpt's protocol."""
    failures = [{"c": 204, "n": f"mx.{domain}", "f": "certificate has expired"}] if failed else []
    policy = {"policy-type": 2, "policy-domain": domain, "policy-string": ["version: STSv1", "mode: testing"], "mx-host": [f"*.{domain}"],
              "failure-details": failures, "t": len(failures), "f": int(failed)}
    return json.dumps({"dpv": "1", "d": domain, "policies": [policy]}).encode()


class OwnReports:
    """A folder of the unit's user with the counts of yesterday and the queue."""

    def __init__(self, sendmail):
        self.folder = Path(tempfile.mkdtemp(prefix="own-reports-", dir="/run"))
        command("chown", f"{USER}:{USER}", self.folder)
        self.file = self.folder / "outcomes.sqlite"
        self.words = ["--queue", self.folder / "reports.sqlite", "--config", self.folder / "tlsrpt.conf"]
        (self.folder / "tlsrpt.conf").write_text(f"from = {FROM}\nsendmail = {sendmail}\noutcomes-file = {self.file}\ndns = 127.0.0.1\n")

    def count(self, *datagrams):
        """Has the resolver count these, and puts them on yesterday."""
        path = self.folder / "outcomes.sock"
        resolver = subprocess.Popen(["mta-sts", "resolver", "--socket", self.folder / "resolver.sock", "--cache", self.folder / "cache.sqlite",
                                     "--outcomes-socket", path, "--outcomes-file", self.file], **AS_UNIT)
        try:
            wait_until(path.exists, "the socket for datagrams")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                for one in datagrams:
                    sender.sendto(one, str(path))
            wait_until(lambda: self._counted() == len(datagrams), "all sessions in the file")
        finally:
            resolver.terminate()
            resolver.wait(60)
        with sqlite3.connect(self.file) as database:
            for table in ("day", "session", "failure"):
                database.execute(f"UPDATE {table} SET day = day - 1")
        database.close()

    def _counted(self):
        with contextlib.suppress(sqlite3.OperationalError):  # it is being made
            # Read alone: a file beside it that root made could not be written by the resolver.
            with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as database:
                return database.execute("SELECT sum(success) + sum(failure) FROM session").fetchone()[0]
        return None

    def run(self, name, *words, code=0):
        """Runs `mta-sts tlsrpt NAME` as the unit does; gives what it prints. code: that it exits with."""
        done = subprocess.run(["mta-sts", "tlsrpt", name, *self.words, *map(str, words)], text=True, capture_output=True, check=False,
                              timeout=120, cwd="/", **AS_UNIT)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


def want_reports(lab, domain, rua):
    """Publishes a TLSRPT record."""
    kept = [line for line in lab.dns.records(domain) if not line.startswith("_smtp._tls.")]
    lab.dns.change(domain, [*kept, f'_smtp._tls.{domain}. TXT "v=TLSRPTv1; rua={rua}"'])


def check_delivery(lab, sendmail, host="mx1.good.example", domain="good.example"):
    """Sends a report of five sessions to a domain through a mail server, and compares what the domain's host got."""
    want_reports(lab, domain, f"mailto:tls%2Breports@{domain}")
    reports = OwnReports(sendmail)
    reports.count(*[datagram(domain)] * 3, *[datagram(domain, failed=True)] * 2)
    before = len(lab.received(host))
    assert "1 reports made" in (said := reports.run("send")) and "1 sent" in said, said
    wait_until(lambda: len(lab.received(host)) > before, f"the report at {host}")
    assert "0 sent" in reports.run("send")
    event = [line for line in lab.scripted_mail.events(host) if line["event"] == "message"][-1]
    assert (event["sender"], event["recipients"]) == (FROM, [f"tls+reports@{domain}"])
    mail = reports.folder / "mail.eml"
    mail.write_bytes(event["text"].encode("latin-1"))
    read = json.loads(subprocess.run(["mta-sts", "report", "--json", mail], capture_output=True, text=True, check=False, timeout=60).stdout)
    (report,) = read["files"][0]["reports"]
    (sent,) = json.loads(reports.run("sent", "--json", "--reports"))["deliveries"]
    assert sent["state"] == "sent" and sent["report"]["report-id"] in event["subject"]
    assert report.get("warnings", []) == [], report
    assert (sent["successful_sessions"], sent["failed_sessions"]) == (3, 2)
    return event["text"], read
