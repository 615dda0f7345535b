"""What the derived configuration costs: `scripts/lab --bare -- /usr/bin/python3 bench/exim/measure.py`.

Instructions of one Exim process (callgrind) that routes one address, with and without the blocks of `mta-sts exim-setup`,
and the time of exim-setup and exim-check on a configuration with 300 routers. Then instructions of the delivery of a message
and its processes, with and without `--outcomes`, and what the events of one session take."""

import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "tests" / folder) for folder in ("", "exim")]

from lab.domains import simple  # noqa: E402
from lab.exim import PLUGIN, Exim  # noqa: E402
from lab.lab import Lab  # noqa: E402
from scripted_resolver import ScriptedResolver, policy_line  # noqa: E402

DOMAIN = "enforce.example"
PROFILED = "/run/exim4-profiled"
OUTCOMES = "/run/mta-sts/outcomes.sock"
DELIVERIES = 5
SESSIONS = 2000
ROUTERS = 300
HEAD = """primary_hostname = sender.example
domainlist local_domains = @
local_interfaces = 127.0.0.1
keep_environment =
"""
ROUTER = """{name}:
  driver = dnslookup
  domains = {domains}
  transport = {transport}
  ignore_target_hosts = 0.0.0.0 : 127.0.0.0/8 : ::1
"""
TRANSPORT = "{name}:\n  driver = smtp\n  helo_data = sender.example\n"


def configuration(routers):
    """A configuration with that many routers for single domains, and one for all others."""
    names = [f"only_{i}" for i in range(routers)]
    return "".join([HEAD, "begin routers\n",
                    *(ROUTER.format(name=n, domains=f"{n}.example", transport=f"smtp_{n}") for n in names),
                    ROUTER.format(name="world", domains="! +local_domains", transport="remote_smtp"), "  no_more\nbegin transports\n",
                    *(TRANSPORT.format(name=f"smtp_{n}") for n in names), TRANSPORT.format(name="remote_smtp"),
                    "begin retry\n* * F,2h,15m\n"])


def with_blocks(name, plain):
    """The configuration with the blocks, and how long making them took."""
    begin = time.perf_counter()
    done = subprocess.run(["mta-sts", "exim-setup", "--whole", str(plain), "enforce"], check=True, capture_output=True, text=True)
    return Exim.trusted_config(name, done.stdout), time.perf_counter() - begin


def instructions(config):
    """The user instructions of one Exim that routes an address."""
    out = "/run/bench.callgrind"
    done = subprocess.run(["valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={out}", PROFILED, "-C", str(config),
                           "-bt", f"someone@{DOMAIN}"], check=True, capture_output=True, text=True)
    assert f"host mx.{DOMAIN}" in done.stdout, done.stdout
    with open(out, encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(("totals:", "summary:")))


@contextlib.contextmanager
def listener():
    """Takes datagrams as they come; gives the list of them."""
    taken, is_over = [], threading.Event()
    Path("/proc/sys/net/unix/max_dgram_qlen").write_text(f"{SESSIONS}\n")  # of this network namespace: nothing is lost
    place = Path(OUTCOMES)
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(OUTCOMES)
        place.chmod(0o666)
        told.settimeout(0.05)

        def listen():
            while True:
                try:
                    taken.append(told.recv(1 << 16))
                except TimeoutError:
                    if is_over.is_set():
                        return

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield taken
        finally:
            is_over.set()
            thread.join()


def delivery_instructions(exim, *words):
    """The user instructions of the delivery of one message, with those of the processes that it makes. words: for callgrind."""
    queued = exim.run("-odq", "-oi", "-f", "someone@sender.example", f"someone@{DOMAIN}", input="Subject: x\n\nHello.\n")
    assert queued.returncode == 0, queued.stderr
    message = exim.run("-bpru").stdout.split()[2]
    # Exim's processes give up their rights, and could not write a file that they began as root.
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *words, PROFILED, "-M", message],
                          check=False, capture_output=True, text=True)
    assert exim.run("-bpru").stdout == "", done.stderr + exim.log.read_text()
    return sum(map(int, re.findall(r"Collected : (\d+)", done.stderr)))


def measure_delivery(resolver):
    """What a delivery takes with and without telling of its session."""
    print(f"\n| one message delivered under a policy, medians of {DELIVERIES} | instructions | of them in mta_sts_event | ratio |\n| --- | ---: | ---: | ---: |")
    for mode in ("enforce", "testing"):
        resolver.answers[DOMAIN] = policy_line(mode, f"mx.{DOMAIN}")
        before = None
        for words in (("--outcomes", "off"), ("--outcomes", OUTCOMES)):
            exim = Exim.debian("enforce", setup=words)
            with listener() as taken:
                total = statistics.median(delivery_instructions(exim) for _ in range(DELIVERIES))
                own = delivery_instructions(exim, "--toggle-collect=mta_sts_event")
            assert len(taken) == (0 if words[1] == "off" else DELIVERIES + 1), taken
            before = before or total
            print(f"| {mode}, {'not told' if words[1] == 'off' else 'told'} | {total:,.0f} | {own:,.0f} | {total / before:.3f} |", flush=True)


def measure_events(exim):
    """The time of the five events of a session that goes well, the datagram among them."""
    facts = f"$tod_epoch\\n{DOMAIN}\\nmx.{DOMAIN}\\n11.22.33.20\\n11.22.33.5\\n{{}}\\n\\nno\\n0\\n\\nno\\nyes"
    verdict = policy_line("testing", f"mx.{DOMAIN}")
    events = [("tcp:connect", "", ""), ("smtp:connect", "", ""), ("smtp:ehlo", "250-mx hello\\n250 STARTTLS", ""), ("tls:cert", "0", ""),
              ("smtp:ehlo", "250 mx hello", "TLS1.3")]  # fmt: skip
    calls = "\n".join(f"${{dlfunc{{{PLUGIN}}}{{mta_sts_event}}{{socket={OUTCOMES}}}{{{name}}}{{{data}}}{{{facts.format(version)}}}{{{verdict}}}"
                    f"{{{f'1893456000{chr(92)}nmx.{DOMAIN}' if name == 'tls:cert' else ''}}}}}" for name, data, version in events)
    times = {}
    for kind, text in (("none", "\n".join("x" * len(events))), ("told", calls)):
        spent = []
        for _ in range(10):
            with listener() as taken:
                begin = os.times()
                done = exim.run("-be", input=f"{text}\n" * SESSIONS)
                end = os.times()
            assert "outcomes-untold" not in done.stdout + done.stderr
            assert done.returncode == 0 and "Failed" not in done.stdout, done.stdout[:300] + done.stderr[:300]
            spent.append(end.children_user + end.children_system - begin.children_user - begin.children_system)
        times[kind] = statistics.median(spent)
        assert len(taken) == (0 if kind == "none" else SESSIONS), (kind, len(taken), done.stdout[:300])
    print(f"\nThe events of a session and its datagram take {(times['told'] - times['none']) / SESSIONS * 1e3:.4f} ms of CPU time.")


def main():
    """Measures and prints the tables."""
    lab = Lab(parts=["mail"], table=(simple(DOMAIN),))
    resolver = ScriptedResolver()
    shutil.copyfile("/usr/sbin/exim4", PROFILED)  # valgrind takes no setuid program
    os.chmod(PROFILED, 0o755)
    plain = Exim.trusted_config("bench.conf", configuration(0))
    derived, _ = with_blocks("bench-with.conf", plain)
    before = instructions(plain)
    print(f"| one address routed by a fresh Exim | instructions | ratio |\n| --- | --- | --- |\n| without the blocks | {before:,} | 1 |")
    for mode in ("none", "testing", "enforce"):
        resolver.answers[DOMAIN] = "mode=none source=none" if mode == "none" else policy_line(mode, f"mx.{DOMAIN}")
        spent = instructions(derived)
        print(f"| with them, a policy of mode {mode} | {spent:,} | {spent / before:.2f} |")
    many = Exim.trusted_config("bench-many.conf", configuration(ROUTERS))
    whole, spent = with_blocks("bench-many-with.conf", many)
    print(f"\n| {ROUTERS + 1} routers and transports | seconds |\n| --- | --- |\n| `exim-setup` | {spent:.2f} |")
    begin = time.perf_counter()
    subprocess.run(["mta-sts", "exim-check", "--config", str(whole), "--domain", DOMAIN], check=True, capture_output=True)
    print(f"| `exim-check --domain` | {time.perf_counter() - begin:.2f} |")
    measure_delivery(resolver)
    measure_events(Exim.debian("enforce"))
    lab.close()


if __name__ == "__main__":
    main()
