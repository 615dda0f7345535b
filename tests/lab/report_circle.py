"""The full circle of TLS reports: a mail server's sessions are told and counted, and a day later reported by mail and HTTPS to readers of the lab."""

import email
import email.policy
import gzip
import json
import sqlite3
import subprocess

from .domains import Domain, Mail, Web
from .own_reports import AS_UNIT, FROM, want_reports
from .processes import wait_until
from .resolver import CACHE
from .web import spool_of

# Who reads the reports: a mailbox, and the servers' own receivers. Their own TLS is in order; that of a reported domain is not.
READERS = {"receiver-nginx.example": "nginx", "receiver-apache.example": "apache"}
MAILBOX = "mx.receiver-nginx.example"
RUA = ",".join(["mailto:tls@receiver-nginx.example", *(f"https://mta-sts.{name}/tlsrpt" for name in READERS)])
_TYPES = {1: "tlsa", 2: "sts", 9: "no-policy-found"}


def readers():
    """The readers as domains of the lab."""
    return tuple(Domain(name, f"enforce mx=mx.{name}", {f"mx.{name}": Mail()}, Web((server,), reports=True)) for name, server in READERS.items())


def rows(query):
    """What the resolver's file of counts has."""
    with sqlite3.connect(f"file:{CACHE}/outcomes.sqlite?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


class Circle:
    """expected: domain -> policy-type, sessions that went well, that failed, result types with their counts."""

    def __init__(self, lab, expected):
        self.lab = lab
        self.expected = expected

    def check_counts(self):
        """Waits until all sessions are in the file, and compares them with what is expected."""
        sessions = sum(success + failure for _, success, failure, _ in self.expected.values())
        wait_until(lambda: rows("SELECT sum(success + failure) FROM session") == [(sessions,)], "all sessions in the file")
        assert self.counted() == {domain: tuple(counts[:3]) for domain, counts in self.expected.items()}

    @staticmethod
    def counted():
        """domain -> policy-type, success and failure of all days."""
        found = rows("SELECT session.domain, type, success, failure FROM session JOIN policy ON id = policy")
        return {domain: (_TYPES[kind], success, failure) for domain, kind, success, failure in found}

    def send(self, sendmail, *, program=("mta-sts",), user=None, rua=None):
        """Runs `tlsrpt send` on the next day and waits until all mails are there; gives what it says. rua: of domains with another one."""
        self.lab.resolver.program.kill()
        with sqlite3.connect(f"{CACHE}/outcomes.sqlite") as database:
            for table in ("day", "session", "failure"):
                database.execute(f"UPDATE {table} SET day = day - 1")
        database.close()
        self.lab.start_resolver()
        for domain in self.expected:
            want_reports(self.lab, domain, (rua or {}).get(domain, RUA))
        words = [*program, "tlsrpt", "send", "--from", FROM, "--sendmail", sendmail, "--dns", "127.0.0.1", "--organization", "The Lab", "--allow-own-host"]
        done = subprocess.run(list(map(str, words)), text=True, capture_output=True, check=False, timeout=300, cwd="/",
                              **(AS_UNIT if user is None else user))
        assert done.returncode == 0, done.stdout + done.stderr
        wait_until(lambda: len(self.mails()) == len(self.expected), "a mail for each domain")
        return done.stdout + done.stderr

    def mails(self, host=MAILBOX):
        """The reports that a mail host took."""
        return [event["text"] for event in self.lab.scripted_mail.events(host) if event["event"] == "message" and event["sender"] == FROM]

    def check_mails(self, folder):
        """Compares what came by mail with the deliveries; folder: an empty one."""
        bodies = [email.message_from_string(text, policy=email.policy.SMTP).get_payload(1).get_content() for text in self.mails()]
        self._check(map(read, bodies))
        for number, text in enumerate(self.mails()):
            (folder / f"{number}.eml").write_text(text)
        self._check_sums([folder])

    def check_posts(self, name):
        """Compares what came by HTTPS to a reader with the deliveries."""
        stored = list((spool_of(name) / "new").iterdir())
        self._check(read(path.read_bytes()) for path in stored)
        self._check_sums(stored)

    @staticmethod
    def check_that_reports_are_no_sessions(deliver, domain):
        """What is delivered after the reports is counted for the next ones, and they are not. deliver: sends a message to that domain."""
        deliver(domain)
        wait_until(lambda: rows("SELECT count(DISTINCT day) FROM session") == [(2,)], "a session of today")
        assert rows("SELECT DISTINCT domain FROM session WHERE day = (SELECT max(day) FROM session)") == [(domain,)]

    def _check(self, reports):
        found = dict(reports)
        assert found == self.expected, {domain: counts for domain, counts in found.items() if self.expected.get(domain) != counts}

    def _check_sums(self, places):
        done = subprocess.run(["mta-sts", "report", "--json", *map(str, places)], capture_output=True, text=True, check=False, timeout=60)
        summary = json.loads(done.stdout)["summary"]
        assert summary["reports"] == len(self.expected), done.stderr
        sums = [sum(counts[place] for counts in self.expected.values()) for place in (1, 2)]
        assert [summary["success"], summary["failure"]] == sums, summary


def read(report):
    """The domain of a report and what it says, as a reader of RFC 8460's words alone understands it."""
    parsed = json.loads(gzip.decompress(report))
    assert set(parsed) == {"organization-name", "date-range", "contact-info", "report-id", "policies"}
    (entry,) = parsed["policies"]
    policy, summary = entry["policy"], entry["summary"]
    assert policy["policy-type"] in _TYPES.values() and all(isinstance(line, str) for line in policy.get("policy-string", []))
    results = {}
    for detail in entry.get("failure-details", []):
        assert {"result-type", "failed-session-count"} <= set(detail)
        assert "\n" not in detail.get("receiving-mx-helo", "") and " " not in detail.get("receiving-mx-helo", "")
        results[detail["result-type"]] = results.get(detail["result-type"], 0) + detail["failed-session-count"]
    domain = parsed["report-id"].split("_")[-1] if "policy-domain" not in policy else policy["policy-domain"].removeprefix("mx.")
    return domain, (policy["policy-type"], summary["total-successful-session-count"], summary["total-failure-session-count"], results)
