"""What other hosts have sent before a guide about TLS reports is read: reports, in all the places that docs/reports.md names."""

import datetime
import gzip
import io
import json
import zipfile

from .system import HERE, USER

_SPOOL = "/var/spool/mta-sts/reports"


def _report(day, successful, failed):
    details = [{"result-type": "certificate-expired", "sending-mta-ip": "198.51.100.42", "receiving-mx-hostname": "mail2.example.com",
                "failed-session-count": failed}] if failed else []
    return json.dumps({
        "organization-name": "Sender Ltd", "report-id": f"{day}-example.com", "contact-info": "tls@sender.example",
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "policies": [{"policy": {"policy-type": "sts", "policy-domain": "example.com"},
                      "summary": {"total-successful-session-count": successful, "total-failure-session-count": failed},
                      "failure-details": details}]}).encode()  # fmt: skip


def _mail(report):
    head = ("From: tls@sender.example\nTo: tls-reports@example.com\nSubject: Report Domain: example.com Submitter: sender.example\n"
            "TLS-Report-Domain: example.com\nTLS-Report-Submitter: sender.example\nMIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=tlsrpt; boundary=x\n\n--x\nContent-Type: text/plain\n\nA report.\n"
            "--x\nContent-Type: application/tlsrpt+json\n\n")  # fmt: skip
    return head.encode() + report + b"\n--x--\n"


def _zip(report):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("1.json", report)
    return packed.getvalue()


def send_reports(system):
    """Puts reports into the user's mailbox, working folder and archive, and into the spool of a receiver by HTTPS."""
    yesterday = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
    mail = _mail(_report(yesterday, 4521, 3))
    mailbox = f"/home/{USER}/Maildir"
    for name, content in {
        f"{HERE}/tls-report.json": _report(yesterday, 4521, 3),
        f"{mailbox}/new/1.host": mail,
        f"{mailbox}/new/2.host": b"From: somebody@sender.example\nSubject: Hello\n\nNo report.\n",
        f"{_SPOOL}/new/1.0123456789abcdef.gz": gzip.compress(_report(yesterday - datetime.timedelta(days=1), 99, 0)),
        f"{HERE}/archive/2025.zip": _zip(_report("2025-11-03", 20, 0)),
        f"{HERE}/archive/2026-01.mbox.gz": gzip.compress(b"From a@b.example Sat Jan  3 04:12:09 2026\n" + _mail(_report("2026-01-02", 5, 0))),
        f"{HERE}/archive/reports/1.json": _report("2026-02-02", 7, 0),
    }.items():  # fmt: skip
        system.path(name).parent.mkdir(parents=True, exist_ok=True)
        system.path(name).write_bytes(content)
    for name in (f"{mailbox}/cur", f"{mailbox}/tmp"):
        system.path(name).mkdir()
    system.as_root("chown", "-R", f"{USER}:{USER}", mailbox, f"{HERE}/archive", f"{HERE}/tls-report.json")
