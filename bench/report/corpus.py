"""Makes reports of real shape: two in three as Google sends them, one in three as Microsoft does, one in ten with failures."""

import base64
import datetime
import gzip
import json
import os
import random
import zipfile

POLICY = ["version: STSv1", "mode: enforce", "mx: mx1.{0}", "mx: mx2.{0}", "max_age: 604800"]
TYPES = ["certificate-expired", "starttls-not-supported", "validation-failure", "sts-policy-fetch-error"]


def policy(chance, domain, policy_type, ok, failed):
    text = [line.format(domain) for line in POLICY] if policy_type == "sts" else [f"3 1 1 {chance.randbytes(32).hex()}"]
    one = {
        "policy": {"policy-type": policy_type, "policy-string": text, "policy-domain": domain},
        "summary": {"total-successful-session-count": ok, "total-failure-session-count": failed},
    }
    if policy_type == "sts":
        one["policy"]["mx-host"] = [f"mx1.{domain}", f"mx2.{domain}"]
    if failed:
        one["failure-details"] = [{
            "result-type": chance.choice(TYPES), "sending-mta-ip": f"192.0.2.{chance.randrange(256)}",
            "receiving-mx-hostname": f"mx{chance.randrange(1, 3)}.{domain}", "receiving-ip": "198.51.100.7",
            "failed-session-count": failed,
        }]
    return one


def report(chance, number, day, domain):
    is_google = number % 3 != 0
    ok = chance.randrange(1, 5000)
    failed = chance.randrange(1, 20) if chance.random() < 0.1 else 0
    policies = [policy(chance, domain, "sts", ok, failed)]
    if not is_google and chance.random() < 0.2:
        policies.append(policy(chance, domain, "tlsa", ok, failed))
    return {
        "organization-name": "Google Inc." if is_google else "Microsoft Corporation",
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "contact-info": "smtp-tls-reporting@google.com" if is_google else "tlsrpt-noreply@microsoft.com",
        "report-id": f"{day}T00:00:00Z_{domain}" if is_google else f"{134232617934286362 + number}+{domain}",
        "policies": policies,
    }


def mail(number, name, domain, packed):
    sender = "google.com" if number % 3 != 0 else "microsoft.com"
    body = base64.encodebytes(packed).decode()
    return (f"From noreply@{sender} Tue Mar  3 04:12:09 2026\nReturn-Path: <noreply@{sender}>\n"
            f"Received: from mail.{sender} (mail.{sender} [192.0.2.1])\n\tby mx1.{domain} with ESMTPS id {number:08x}\n"
            f"\tfor <tls-reports@{domain}>; Tue, 3 Mar 2026 04:12:09 +0000\n"
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={sender}; s=20251104;\n"
            f"\th=to:from:subject:message-id; bh={'x' * 43}=;\n\tb={'y' * 64}\n\t {'z' * 64}\n"
            f"MIME-Version: 1.0\nDate: Tue, 3 Mar 2026 04:12:09 +0000\nTLS-Report-Domain: {domain}\n"
            f"TLS-Report-Submitter: {sender}\nMessage-ID: <{number}@{sender}>\n"
            f"Subject: Report Domain: {domain} Submitter: {sender} Report-ID: <{number}@{sender}>\n"
            f"From: noreply@{sender}\nTo: tls-reports@{domain}\n"
            f'Content-Type: multipart/report; boundary="b{number:012x}"; report-type=tlsrpt\n\n'
            f"--b{number:012x}\nContent-Type: text/plain; charset=\"UTF-8\"\n\nThis is an aggregate TLS report from {sender}\n\n"
            f'--b{number:012x}\nContent-Type: application/tlsrpt+gzip;\n\tname="{name}"\n'
            f'Content-Disposition: attachment;\n\tfilename="{name}"\nContent-Transfer-Encoding: base64\n\n{body}'
            f"--b{number:012x}--\n\n").encode()


def by_domain(archive, target):
    """Writes a zip of make() again, all reports of a domain before the next domain's."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as sorted_by_domain:
        for name in sorted(source.namelist(), key=lambda name: name.split("!")[1:3]):
            sorted_by_domain.writestr(name, source.read(name))


def make_zip(folder, count):
    """Writes FOLDER/all.zip alone, with reports of a year."""
    chance = random.Random(8460)
    last = datetime.datetime.now(datetime.timezone.utc).date()
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for number in range(count):
            day = last - datetime.timedelta(days=364 - 365 * number // count)
            packed = gzip.compress(json.dumps(report(chance, number, day, f"d{number * 7919 % 2740}.example")).encode(), 6)
            archive.writestr(f"{number:07}.json.gz", packed)


def make(folder, count, domains=1000):
    """Writes FOLDER/reports/ (single files), FOLDER/all.mbox and FOLDER/all.zip, the same reports in each."""
    chance = random.Random(8460)
    first = datetime.date(2025, 3, 1)
    os.makedirs(folder / "reports")
    with open(folder / "all.mbox", "wb") as mbox, zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for number in range(count):
            domain = f"d{number % domains:04}.example"
            day = first + datetime.timedelta(days=number // domains)
            packed = gzip.compress(json.dumps(report(chance, number, day, domain)).encode(), 6)
            start = int(datetime.datetime.combine(day, datetime.time(), datetime.timezone.utc).timestamp())
            name = f"sender.example!{domain}!{start}!{start + 86399}!{number:06}.json.gz"
            (folder / "reports" / name).write_bytes(packed)
            archive.writestr(name, packed)
            mbox.write(mail(number, name, domain, packed))
