"""Reports to test with, and the command under test."""

import os
import subprocess

MTA_STS = os.environ["MTA_STS"]


def mta_sts(*words, stdin=b""):
    done = subprocess.run([MTA_STS, *map(str, words)], input=stdin, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def detail(result_type="certificate-expired", host="mail2.example.com", count=3):
    return {
        "result-type": result_type,
        "sending-mta-ip": "198.51.100.42",
        "receiving-mx-hostname": host,
        "receiving-ip": "203.0.113.25",
        "failed-session-count": count,
        "additional-information": "Certificate expired 2026-03-28",
    }


def report(ok=10, failed=0, domain="example.com", day="2026-03-31", report_id=None, details=(), org="Google Inc."):
    return {
        "organization-name": org,
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "contact-info": "smtp-tls-reporting@google.com",
        "report-id": report_id or f"{day}T00:00:00Z_{domain}",
        "policies": [{
            "policy": {
                "policy-type": "sts",
                "policy-string": ["version: STSv1", "mode: enforce", "mx: mail.example.com", "mx: mail2.example.com",
                                  "max_age: 604800"],
                "policy-domain": domain,
                "mx-host": ["mail.example.com", "mail2.example.com"],
            },
            "summary": {"total-successful-session-count": ok, "total-failure-session-count": failed},
            "failure-details": list(details),
        }],
    }
