"""What guides tell admins to run, taken as far as it goes: one process, every report of a folder, mbox or zip, gzip unpacked."""

import email
import gzip
import json
import mailbox
import os
import sys
import zipfile


def show(report):
    for policy in report.get("policies", []):
        ok = policy["summary"]["total-successful-session-count"]
        failed = policy["summary"]["total-failure-session-count"]
        rate = ok / (ok + failed) * 100 if ok + failed else 0
        print(f"Success rate: {rate:.2f}% ({ok} ok, {failed} failed)")
        for detail in policy.get("failure-details", []):
            host = detail.get("receiving-mx-hostname", "unknown")
            print(f"  FAILURE: {detail['result-type']} on {host} ({detail['failed-session-count']} sessions)")


def reports(path):
    if os.path.isdir(path):
        for entry in os.scandir(path):
            with gzip.open(entry.path) as file:
                yield json.load(file)
    elif path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield json.loads(gzip.decompress(archive.read(name)))
    else:
        for message in mailbox.mbox(path, factory=email.message_from_binary_file, create=False):
            for part in message.walk():
                if part.get_content_type() == "application/tlsrpt+gzip":
                    yield json.loads(gzip.decompress(part.get_payload(decode=True)))


for word in sys.argv[1:]:
    for report in reports(word):
        show(report)
