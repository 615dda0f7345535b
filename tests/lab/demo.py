"""What scripts/demo shows: one path through everything. Every line is held against what really happened."""

import os
import re
import subprocess
import sys
import textwrap

from .lab import APACHE, NGINX, Lab
from .namespace import LabError, run_inside

_COLOURED = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
_NAME_WIDTH = 20
_LOG_WIDTH = 90
_CERTIFICATES = (
    ("wrong-name", "for another name", r"certificate verification failed\)$"),
    ("expired", "expired", "certificate invalid"),
    ("untrusted", "from an unknown authority", "certificate invalid"),
    ("cn-only", "without a DNS name, only a common name", "certificate-host-mismatch"),
)


def _paint(text, code):
    return f"\033[{code}m{text}\033[0m" if _COLOURED else text


class Report:
    """Prints the result lines and remembers whether each was as it should be."""

    def __init__(self):
        self.failed = 0
        self.lines = 0

    @staticmethod
    def head(text):
        """Begins a group of lines."""
        print(f"\n{_paint(text, '1')}")

    def line(self, name, text, *faults, log=""):
        """One result, with the log line behind it. faults: (condition that must hold, what to print when it does not)."""
        wrong = [evidence for holds, evidence in faults if not holds]
        self.lines += 1
        self.failed += bool(wrong)
        print(f"  {_paint('FAIL', '31') if wrong else _paint('ok', '32') + '  '} {name:{_NAME_WIDTH}} {text}", flush=True)
        for part in textwrap.wrap(log, _LOG_WIDTH):
            print(f"       {'':{_NAME_WIDTH}} {_paint(part, '2')}", flush=True)
        for evidence in wrong:
            print("       " + str(evidence).replace("\n", "\n       "))


class Demo:
    """The demonstration in a running lab."""

    def __init__(self, lab):
        self._lab = lab
        self._report = Report()
        self._waiting = {}

    def run(self):
        """Shows everything; returns how many lines were not as they should be."""
        report = self._report
        report.head("A policy is published by one line of configuration")
        self._show_policies()
        report.head("Exim with mta_sts.so: a domain that enforces gets mail over verified TLS or not at all")
        self._show_delivery("good.example", "enforce", verified=True)
        self._show_deferral("stripped.example", "mx.stripped.example", "did not offer TLS support", "somebody strips STARTTLS")
        for kind, fault, reason in _CERTIFICATES:
            self._show_deferral(f"{kind}.example", f"mx.{kind}.example", reason, f"the host's certificate is {fault}")
        self._show_deferral("outside.example", "mx.elsewhere.example", "sts-mx-mismatch", "DNS names an MX host that the policy does not, it is never contacted", contacts=0)
        self._show_delivery("testing.example", "testing", verified=False)
        report.head("The same message from an Exim without the plugin, and when the attack ends")
        self._show_contrast()
        self._show_recovery()
        print(f"\n{report.lines - report.failed} of {report.lines} lines as they should be")
        return report.failed

    def _fetch(self, address):
        url = "https://mta-sts.good.example/.well-known/mta-sts.txt"
        done = subprocess.run(["curl", "-sS", "-i", "--http1.1", "--connect-to", f"::{address}:443", url],
                              capture_output=True, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
        return status.split(" ")[1] if " " in status else done.stderr.decode(), headers, body

    def _show_policies(self):
        domain = self._lab.domains["good.example"]
        expected = self._lab.policy(domain)
        record = self._lab.record(domain)
        match = re.search(r"id=([0-9A-Za-z]{1,32})", record)
        identity = match[1] if match else ""
        for name, address, same in (("nginx", NGINX, ""), ("Apache", APACHE, ", the same ones")):
            status, headers, body = self._fetch(address)
            kind, etag = headers.get("content-type"), headers.get("etag", "")
            self._report.line(
                f"{name} serves", f"status {status}, {kind}, id {etag.strip(chr(34))}, {len(body)} bytes{same}",
                (status == "200", f"status: {status}"), (kind == "text/plain", f"type: {kind}"),
                (etag == f'"{identity}"', f"ETag {etag}, but `mta-sts record` says {identity}"),
                (body == expected, f"not the bytes of `mta-sts render`: {body!r}, expected {expected!r}"))
        asked = subprocess.run(["kdig", "+short", "TXT", "_mta-sts.good.example"], capture_output=True, text=True,
                               check=False).stdout.strip()
        self._report.line("DNS says", f"_mta-sts.good.example TXT {asked}",
                          (asked and record.endswith(f"TXT {asked}"), f"`mta-sts record` printed: {record}"))

    def _send(self, domain, host, exim=None):
        before = len(self._lab.received(host))
        delivery = (exim or self._lab.exim).send(f"someone@{domain}", subject="The same message")
        return delivery, self._lab.received(host)[before:]

    def _show_delivery(self, domain, mode, verified):
        (host,) = self._lab.domains[domain].mail
        delivery, received = self._send(domain, host)
        tls = received[0].tls if received else None
        trust = "certificate verified" if verified else "certificate for another name (mode testing delivers)"
        self._report.line(
            domain, f"delivered to {host}, {tls}, {trust}",
            (delivery.outcome == "delivered", "\n".join(delivery.lines)),
            (len(received) == 1 and delivery.message_id in received[0].message_id, f"{host} received {received}"),
            (tls is not None, f"{host} saw no TLS"),
            (f" T=mta_sts_{mode}_remote_smtp " in delivery.line, f"another transport: {delivery.line}"),
            (f" CV={'yes' if verified else 'no'} " in delivery.line, f"certificate: {delivery.line}"))

    def _contacts(self, host):
        return [event for event in self._lab.scripted_mail.events(host) if event["event"] == "connection"]

    def _show_deferral(self, domain, host, reason, what, contacts=None):
        before = len(self._contacts(host))
        delivery, received = self._send(domain, host)
        self._waiting[domain] = delivery
        text = self._reason(delivery)
        faults = [(delivery.outcome == "deferred", "\n".join(delivery.lines)),
                  (re.search(reason, text), f"another reason: {text}"),
                  (not received, f"{host} received {received}")]
        if contacts is not None:
            connections = self._contacts(host)[before:]
            faults.append((len(connections) == contacts, f"{host} was contacted: {connections}"))
        self._report.line(domain, f"deferred: {what}", *faults, log=f"Exim's log: {text}")

    @staticmethod
    def _reason(delivery):
        """What Exim's log gives as the reason, without the time, the id and the addresses before it."""
        lines = [line for line in delivery.lines if "event-action" in line] or [delivery.line]
        text = lines[0].partition(f"{delivery.message_id} ")[2]
        return re.sub(r"^== \S+ .*?defer \(-?\d+\)(?: H=\S+ \[[^]]+\])?(?: DT=\S+)?:? ?|^\[[^]]*\] ", "", text)

    def _show_contrast(self):
        delivery, received = self._send("stripped.example", "mx.stripped.example", self._lab.exim_plain)
        self._report.line(
            "stripped.example", "delivered in plaintext, for everybody on the way to read",
            (delivery.outcome == "delivered", "\n".join(delivery.lines)),
            (len(received) == 1 and received[0].tls is None, f"mx.stripped.example received {received}"),
            (delivery.message_id in received[0].message_id if received else False, "another message"))

    def _show_recovery(self):
        host = "mx.stripped.example"
        waiting = self._waiting["stripped.example"]
        if waiting.outcome != "deferred":
            self._report.line("stripped.example", "no message waits", (False, waiting.line))
            return
        queue = self._lab.exim.run("-bpc").stdout.strip()
        self._lab.scripted_mail.change(host, starttls="yes")
        before = len(self._lab.received(host))
        delivery = self._lab.exim.retry(waiting)
        received = self._lab.received(host)[before:]
        self._report.line(
            "stripped.example", f"the waiting message is delivered over {received[0].tls if received else None}: "
            f"nothing was lost, {queue} waited",
            (queue == str(len(self._waiting)), f"{queue} messages in the queue, {len(self._waiting)} deferred"),
            (delivery.outcome == "delivered", "\n".join(delivery.lines)),
            (len(received) == 1 and received[0].tls is not None, f"{host} received {received}"))
        self._lab.scripted_mail.change(host, starttls="no")


def _work(build, keep):
    lab = Lab(build)
    try:
        failed = Demo(lab).run()
        if keep:
            lab.introduce()
            subprocess.run([os.environ.get("SHELL", "/bin/bash")], check=False)
    finally:
        lab.close()
    return 1 if failed else 0


def main():
    """`python3 -m lab.demo BUILD [--keep]`"""
    try:
        return run_inside(lambda: _work(sys.argv[1], "--keep" in sys.argv[2:]))
    except LabError as error:
        print(error, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
