"""What a diagnosis costs: `scripts/lab --bare -- /usr/bin/python3 bench/check/measure.py [DOMAINS]`.

One healthy domain with two MX hosts on four addresses against the slowest single exchange in it; then many domains
from a file that share a policy host's address and a mail host, as a provider's customers do."""

import json
import os
import pathlib
import resource
import smtplib
import ssl
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))

from lab.domains import Domain, Mail, Web  # noqa: E402
from lab.lab import NGINX, Lab  # noqa: E402

ROUNDS = 11
RUA = "v=TLSRPTv1; rua=mailto:a@{}"


def one():
    name = "one.example"
    hosts = {f"mx{number}.{name}": Mail(also=(Mail(),)) for number in (1, 2)}
    words = "enforce " + " ".join(f"mx={host}" for host in hosts) + " max_age=1209600"
    return Domain(name, words, hosts, Web(), None, (f'_smtp._tls.{name}. TXT "{RUA.format(name)}"',))


def many(count):
    name = "many.example"
    records = []
    for number in range(count):
        own = f"d{number}.{name}"
        records += [f'_mta-sts.{own}. TXT "v=STSv1; id=1;"', f"mta-sts.{own}. A {NGINX}", f"{own}. MX 10 mx.{name}.",
                    f'_smtp._tls.{own}. TXT "{RUA.format(name)}"']
    return Domain(name, f"enforce mx=mx.{name} max_age=1209600", {f"mx.{name}": Mail()}, Web(), None, tuple(records))


def seconds_of(action):
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def check(*words):
    """Runs the command; gives its time and its greatest resident memory in MiB."""
    begin = time.monotonic()
    process = subprocess.Popen(["mta-sts", "check", *words], stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - begin, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, output


def smtp_session(address):
    """The same steps as the probe's: greeting, EHLO, STARTTLS, QUIT."""
    context = ssl._create_unverified_context()
    with smtplib.SMTP(address, 25, timeout=10) as session:
        session.ehlo()
        session.starttls(context=context)
        session.docmd("QUIT")


def measure_one(lab):
    wholes, slowest = [], []
    addresses = [address for host in lab.domains["one.example"].mail for address in lab.all_addresses[host]]
    for _ in range(ROUNDS):
        folder = pathlib.Path("/tmp/recorded")
        folder.mkdir(exist_ok=True)
        whole, _, _, _ = check("--record", str(folder), "--json", "one.example")
        facts = json.loads((folder / "one.example.json").read_text())
        https = max(fact["elapsed_ms"] for fact in facts["https"]["by_address"]) / 1000
        wholes.append(whole)
        slowest.append(max(https, *(seconds_of(lambda at=address: smtp_session(at)) for address in addresses)))
    print("| one domain, two MX hosts on four addresses | ms |\n| --- | ---: |")
    print(f"| the whole command | {statistics.median(wholes) * 1000:.0f} |")
    print(f"| the slowest single exchange | {statistics.median(slowest) * 1000:.0f} |")


def measure_many(count):
    print("| domains from a file | a second | processor seconds | greatest memory, MiB |\n| --- | ---: | ---: | ---: |")
    for part in (count // 10, count):
        listed = pathlib.Path("/tmp/listed")
        listed.write_text("".join(f"d{number}.many.example\n" for number in range(part)))
        whole, memory, processor, output = check("--json", "--from", str(listed))
        lines = output.decode().splitlines()
        assert len(lines) == part, len(lines)
        reached = sum(any(one["id"] == "C24" and one["result"] == "ok" for one in json.loads(line)["checks"]) for line in lines)
        assert reached == part, f"{reached} of {part} policies were had"
        print(f"| {part} | {part / whole:.0f} | {processor:.1f} | {memory:.0f} |")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    lab = Lab(parts=["web", "mail"], table=[many(count), one()])
    try:
        measure_one(lab)
        print()
        measure_many(count)
    finally:
        lab.close()


main()
